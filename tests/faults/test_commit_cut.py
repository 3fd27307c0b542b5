"""A connection lost in COMMIT: the outcome is unknown, and the state stays consistent."""

from collections.abc import AsyncIterator

import pytest
from tests.faults.harm import holds_expire
from tests.faults.proxy import Cut, Proxy
from tests.faults.truth import booked_times, booking, events, live, settled
from tests.hosts import Host

from linktime_local.testing.waiting import eventually
from linktime_operator.stack.stack import Stack

DSN = "BOOKINGS_POSTGRES_DSN"


@pytest.fixture(scope="module")
async def proxy(stack: Stack) -> AsyncIterator[Proxy]:
    """Connect bookings to its database through this proxy."""
    direct = stack.file.postgres.databases["bookings"].dsn
    async with Proxy(direct) as proxy:
        await stack.restart("bookings", {DSN: proxy.dsn})
        yield proxy
        await stack.restart("bookings", {DSN: direct})


@pytest.mark.parametrize("repeats", [True, False], ids=["repeated", "given up"])
@pytest.mark.parametrize("cut", [Cut.LOST, Cut.UNANSWERED])
async def test_a_booking_whose_commit_was_cut(
    host: Host, proxy: Proxy, cut: Cut, *, repeats: bool
) -> None:
    """503; a repeat books once, and a committed booking is never freed."""
    free = await host.slots()
    write = booking(host, free[0])
    proxy.arm(cut, marker=write.body["inviteeEmail"])
    answer = await write.send()
    assert proxy.has_cut.is_set()
    assert answer is not None
    assert answer.status == 503
    if repeats:
        booked = await write.until_answered()
        assert booked.status == 201
        assert (await write.until_answered()).body == booked.body
    await holds_expire(host)
    await settled(host)

    held = [free[0]] if repeats or cut is Cut.UNANSWERED else []
    assert await booked_times(host) == held
    assert await live(host) == [("confirmed", start) for start in held]
    assert await events(host) == ({"booking.created": 1} if held else {})
    assert await host.slots() == [start for start in free if start not in held]


async def test_a_commit_that_arrives_after_the_hold_has_expired(host: Host, proxy: Proxy) -> None:
    """The sweeper waits for the undecided transaction; the slot is never free in between."""
    free = await host.slots()
    write = booking(host, free[0])
    proxy.arm(Cut.LATE, marker=write.body["inviteeEmail"])
    answer = await write.send()
    assert proxy.has_cut.is_set()
    assert answer is not None
    assert answer.status == 503

    await holds_expire(host)
    other = await booking(host, free[0]).until_answered()
    assert other.status == 409
    assert await live(host) == [("held", free[0])]
    proxy.release()

    async def is_booked() -> bool:
        return await booked_times(host) == [free[0]]

    await eventually(is_booked, what="the late commit")
    await settled(host)
    assert await live(host) == [("confirmed", free[0])]
    assert (await write.until_answered()).status == 201
    assert await events(host) == {"booking.created": 1}
    assert await booked_times(host) == [free[0]]
