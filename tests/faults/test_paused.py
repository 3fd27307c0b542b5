"""A process that is stopped while others decide, and then continued."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.faults.harm import arm, holds_expire, is_obeyed
from tests.faults.truth import Write, booked_times, booking, events, live, settled
from tests.hosts import Answer, Host

from linktime_local.testing.waiting import eventually
from linktime_operator.stack.stack import Stack
from linktime_operator.stack.units import ServiceProcess


@pytest.fixture
async def pair(stack: Stack) -> AsyncIterator[list[int]]:
    """Run two processes of bookings; returns their ids."""
    (first,) = stack._processes.of("bookings")
    second = ServiceProcess("bookings", 1, first.environment, stack.state)
    await second.start()
    assert first.pid is not None
    assert second.pid is not None
    try:
        # Both listen on one port, so only the log shows whether this one does.
        log = stack.state / "logs" / f"{second.name}.log"
        await eventually(lambda: '"started"' in log.read_text(), what="a second process")
        yield [first.pid, second.pid]
    finally:
        await second.stop()


def stopped(pids: list[int]) -> list[int]:
    """Return which of these are stopped."""
    states = {pid: Path(f"/proc/{pid}/stat").read_text() for pid in pids}
    return [pid for pid, state in states.items() if state.rpartition(")")[2].split()[0] == "T"]


async def impatiently(write: Write) -> tuple[Answer, list["asyncio.Task[Answer | None]"]]:
    """Return the first response of repeated attempts that is not 503, and the pending ones.

    About every second attempt reaches the stopped process.
    """
    tries: list[asyncio.Task[Answer | None]] = []

    async def answered() -> Answer | None:
        tries.append(asyncio.create_task(write.send()))
        await asyncio.wait(tries[-1:], timeout=0.3)
        answers = [one.result() for one in tries if one.done()]
        return next((one for one in answers if one is not None and one.status != 503), None)

    answer = await eventually(answered, within=30, what="an answer")
    return answer, [one for one in tries if not one.done()]


@pytest.mark.parametrize(
    "point",
    ["booking.reserved", pytest.param("booking.committing", marks=pytest.mark.soak)],
)
async def test_a_process_stopped_beyond_the_hold_does_not_book_twice(
    stack: Stack, host: Host, pair: list[int], point: str
) -> None:
    """Another invitee books the slot that the other process's sweeper frees.

    The first process fails when it continues. In `booking.committing` it also holds a transaction
    open, which its database ends after 10 s.
    """
    free = await host.slots()
    slot = free[3]
    arm(stack, "bookings", point, "SIGSTOP")
    late = booking(host, slot)
    first_try = asyncio.create_task(late.send())
    await is_obeyed(stack, "bookings")
    (paused,) = await eventually(lambda: stopped(pair), what="the stop")
    try:
        assert await live(host) == [("held", slot)]
        await holds_expire(host)

        async def nothing_held() -> bool:
            return await live(host) == []

        await eventually(nothing_held, within=20, every=0.2, what="the sweep")
        other, tries = await impatiently(booking(host, slot))
        assert other.status == 201
    finally:
        os.kill(paused, signal.SIGCONT)
    first_answer = await first_try
    assert all(one is None or one.status in {201, 503} for one in await asyncio.gather(*tries))

    # If still in time, it starts over with a new reservation, and finds the slot taken.
    assert first_answer is None or first_answer.status in {409, 503}
    assert (await late.until_answered()).status == 409
    await settled(host)
    assert await booked_times(host) == [slot]
    assert await live(host) == [("confirmed", slot)]
    assert await events(host) == {"booking.created": 1}
    assert await host.slots() == [start for start in free if start != slot]
    detail = await host.call("GET", f"/api/v1/bookings/{other.body['bookingId']}")
    assert detail.body["status"] == "CONFIRMED"
