"""A process that stands still while others decide without it, and then goes on."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest
from tests.conftest import temporary_stack
from tests.faults.harm import arm, holds_expire, is_obeyed, pids
from tests.faults.truth import booked_times, booking, events, live, settled
from tests.hosts import make_host

from linktime_common.testing.waiting import eventually
from linktime_operator.stack.stack import Stack


@pytest.fixture(scope="module")
async def two_bookings(stack_folder: Callable[[], Path]) -> AsyncIterator[Stack]:
    """A stack in which two processes of bookings share the work."""
    async with temporary_stack(
        stack_folder(), name="linktime_pairs", replicas={"bookings": 2}
    ) as running:
        yield running


def stopped(stack: Stack, service: str) -> list[int]:
    """Which of its processes stand still."""
    states = {pid: Path(f"/proc/{pid}/stat").read_text() for pid in pids(stack, service)}
    return [pid for pid, state in states.items() if state.rpartition(")")[2].split()[0] == "T"]


@pytest.mark.parametrize(
    "point",
    ["booking.reserved", pytest.param("booking.committing", marks=pytest.mark.soak)],
)
async def test_a_process_stopped_beyond_the_hold_takes_nothing_given_away(
    two_bookings: Stack, http: aiohttp.ClientSession, point: str
) -> None:
    """The sweeper of the other process gives the slot back, another invitee books it, and the
    first, going on, does not get it too.

    In `booking.committing` it also holds a transaction open, which its database ends after 10 s.
    """
    host = await make_host(two_bookings, http)
    free = await host.slots()
    slot = free[3]
    arm(two_bookings, "bookings", point, "SIGSTOP")
    late = booking(host, slot)
    sending = asyncio.create_task(late.send())
    await is_obeyed(two_bookings, "bookings")
    (paused,) = await eventually(lambda: stopped(two_bookings, "bookings"), what="the stop")
    try:
        assert await live(host) == [("held", slot)]
        await holds_expire(host)

        async def nothing_held() -> bool:
            return await live(host) == []

        await eventually(nothing_held, within=20, every=0.2, what="the sweep")
        first_answer = await sending
        other = await booking(host, slot).until_answered(within=40)
        assert other.status == 201
    finally:
        os.kill(paused, signal.SIGCONT)
    await two_bookings.wait_ready("bookings")

    assert first_answer is None or first_answer.status == 503
    assert (await late.until_answered()).status == 409
    await settled(host)
    assert await booked_times(host) == [slot]
    assert await live(host) == [("confirmed", slot)]
    assert await events(host) == {"booking.created": 1}
    assert await host.slots() == [start for start in free if start != slot]
    detail = await host.call("GET", f"/api/v1/bookings/{other.body['bookingId']}")
    assert detail.body["status"] == "CONFIRMED"
