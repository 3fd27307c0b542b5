"""SIGKILL between any two steps of a write: no effect is doubled, lost or leaked."""

from dataclasses import dataclass

import aiohttp
import pytest
from tests.faults.harm import holds_expire, killed_at, leases_end
from tests.faults.truth import (
    Write,
    booked_times,
    booking,
    events,
    live,
    meetings_are,
    sent_once,
    settled,
)
from tests.hosts import Host, make_host
from tests.receiver import Receiver

from linktime_local.testing.waiting import eventually
from linktime_operator.stack.stack import Stack

POINTS = [
    ("book", "bookings", "booking.recorded"),
    ("book", "bookings", "booking.reserved"),
    ("book", "bookings", "booking.committing"),
    ("book", "bookings", "booking.committed"),
    ("book", "availability", "reserve.seen"),
    ("book", "availability", "reserve.committed"),
    ("move", "bookings", "reschedule.reserved"),
    ("move", "bookings", "reschedule.committed"),
    ("move", "availability", "reserve.committed"),
    ("move", "availability", "free.committed"),
    ("cancel", "bookings", "cancel.committed"),
    ("cancel", "availability", "free.committed"),
]
EVENT = {"book": "booking.created", "move": "booking.rescheduled", "cancel": "booking.cancelled"}


@dataclass
class Change:
    """A write, and the host's held times before and after it."""

    what: str
    write: Write
    free: list[str]
    before: list[str]
    after: list[str]
    email: str

    @property
    def host(self) -> Host:
        return self.write.host

    def events(self, *, happened: bool) -> dict[str, int]:
        """Return the expected events, with or without the write."""
        expected = {} if self.what == "book" else {"booking.created": 1}
        return expected | ({EVENT[self.what]: 1} if happened else {})

    def slots(self, held: list[str]) -> list[str]:
        """Return the free slots if only those are held."""
        return [start for start in self.free if start not in held]


async def prepared(host: Host, what: str) -> Change:
    """Prepare nothing, or one booking to reschedule or cancel."""
    free = await host.slots()
    first, second = free[0], free[5]
    write = booking(host, first)
    email = write.body["inviteeEmail"]
    if what == "book":
        return Change(what, write, free, [], [first], email)
    booked = await write.until_answered()
    assert booked.status == 201
    await settled(host)
    path = f"/api/v1/bookings/{booked.body['bookingId']}"
    if what == "move":
        write = Write(host, f"{path}/reschedule", {"newStartTime": second}, "move")
        return Change(what, write, free, [first], [second], email)
    return Change(what, Write(host, f"{path}/cancel", {}, "cancel"), free, [first], [], email)


async def in_truth(change: Change, held: list[str], *, happened: bool) -> None:
    """Check that bookings, reservations, events and free slots are consistent."""
    host = change.host
    await settled(host)
    assert await booked_times(host) == held
    assert await live(host) == [("confirmed", start) for start in held]
    assert await events(host) == change.events(happened=happened)
    assert await host.slots() == change.slots(held)


@pytest.mark.parametrize("case", POINTS, ids=" ".join)
async def test_a_repeat_after_a_kill_has_its_effect_once(
    stack: Stack, host: Host, receiver: Receiver, case: tuple[str, str, str]
) -> None:
    """The same key until success: one booking, event, reservation, webhook and meeting."""
    what, service, point = case
    await host.subscribe(receiver.url, *EVENT.values())
    change = await prepared(host, what)
    async with killed_at(stack, service, point):
        answer = await change.write.send()
        assert answer is None or answer.status in {200, 201, 503}, answer
    await leases_end(host)

    answered = await change.write.until_answered()
    assert answered.status == (201 if what == "book" else 200), answered
    assert (await change.write.until_answered()).body == answered.body
    await holds_expire(host)
    await in_truth(change, change.after, happened=True)

    wanted = change.events(happened=True)
    await eventually(lambda: len(receiver.read()) >= sum(wanted.values()), what="the webhooks")
    sent_once(receiver)
    assert {kind: len(receiver.read(kind)) for kind in wanted} == wanted
    await meetings_are(host, change.email, len(change.after))


@pytest.mark.parametrize("case", POINTS, ids=" ".join)
async def test_without_a_repeat_a_kill_leaves_all_or_nothing(
    stack: Stack, host: Host, case: tuple[str, str, str]
) -> None:
    """After the holds expire, the write and its event happened, or neither."""
    what, service, point = case
    change = await prepared(host, what)
    change.write.key = None
    async with killed_at(stack, service, point):
        answer = await change.write.send()
    await leases_end(host)
    happened = await events(host) == change.events(happened=True)
    assert happened or answer is None or answer.status == 503, answer
    await holds_expire(host)
    await in_truth(change, change.after if happened else change.before, happened=happened)


async def test_a_sweeper_killed_between_decision_and_deed(
    stack: Stack, http: aiohttp.ClientSession, host: Host
) -> None:
    """The stored fate is final; the next sweep applies it, and a late repeat books again."""
    change = await prepared(host, "book")
    async with killed_at(stack, "bookings", "booking.reserved"):
        await change.write.send()
    assert await live(host) == [("held", change.after[0])]
    async with killed_at(stack, "bookings", "sweeper.fated"):
        await holds_expire(host)
    await in_truth(change, [], happened=False)

    other = booking(host, change.free[20])
    assert (await other.until_answered()).status == 201
    stranger = await make_host(stack, http)
    assert await live(stranger) == []
    await leases_end(host)
    assert (await change.write.until_answered()).status == 201
    assert await booked_times(host) == [change.after[0], change.free[20]]
