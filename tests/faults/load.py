"""Bookings of many hosts, and the check that each had every effect once."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from uuid import UUID

import aiohttp
from tests.faults.truth import Write, booking, new_email
from tests.hosts import Host, make_host, rows
from tests.receiver import Receiver

from linktime_local.testing.waiting import eventually
from linktime_operator.stack.stack import Stack

LIVE = """
    SELECT status, count(*) FROM reservations
     WHERE host_id = ANY ($1) AND status <> 'freed' GROUP BY 1
"""
RECEIVED = """
    SELECT count(*) FROM booking_versions JOIN reservations r ON r.id = reservation_id
     WHERE r.host_id = ANY ($1)
"""
MEETINGS = """
    SELECT c.email, count(*) FROM contacts c JOIN meetings m ON m.contact_id = c.id
     WHERE c.owner_id = ANY ($1) GROUP BY 1
"""
PARKED = "SELECT count(*) FROM parked_messages"

PER_INVITEE = 10
WIDTH = 12


class Load:
    """Bookings to make, `each` for every host; `made` counts the responses."""

    def __init__(self, hosts: list[Host], each: int) -> None:
        self.hosts = hosts
        self.total = len(hosts) * each
        self.made: Counter[int] = Counter()
        self.invitees: Counter[str] = Counter()
        self._each = each

    async def book_all(self) -> None:
        """Make them with limited concurrency, each repeated under its key until it succeeds."""
        writes = iter([write for host in self.hosts for write in await self._writes(host)])
        async with asyncio.TaskGroup() as group:
            for _ in range(WIDTH):
                group.create_task(self._book(writes))

    async def reached(self, share: float) -> None:
        """Return when that share of them is made; in a task group with `book_all`."""
        wanted = share * self.total
        await eventually(lambda: self.made.total() >= wanted, within=300, what="the bookings")

    async def _writes(self, host: Host) -> list[Write]:
        emails = [new_email() for _ in range(self._each // PER_INVITEE)] * PER_INVITEE
        self.invitees.update(emails)
        free = await host.slots()
        return [
            booking(host, start, email=email)
            for start, email in zip(free[: self._each], emails, strict=True)
        ]

    async def _book(self, writes: Iterator[Write]) -> None:
        for write in writes:
            answer = await write.until_answered(within=60)
            self.made[answer.status] += 1


async def make_load(
    stack: Stack, http: aiohttp.ClientSession, receiver: Receiver, *, hosts: int, each: int
) -> Load:
    """Create hosts whose bookings are delivered to the receiver."""
    made = [await make_host(stack, http) for _ in range(hosts)]
    for host in made:
        await host.subscribe(receiver.url, "booking.created")
    return Load(made, each)


async def every_effect(stack: Stack, receiver: Receiver, load: Load, *, within: float) -> None:
    """Return when each booking has one reservation, meeting and webhook."""
    owners: list[UUID] = [host.id for host in load.hosts]
    assert load.made == {201: load.total}

    async def there() -> bool:
        assert len(receiver.read()) == load.total
        assert await rows(stack, "availability", LIVE, owners) == [("confirmed", load.total)]
        assert await rows(stack, "availability", RECEIVED, owners) == [(load.total,)]
        assert dict(await rows(stack, "contacts", MEETINGS, owners)) == load.invitees
        return True

    await eventually(there, within=within, every=0.5, what="every effect")
    assert len({body["data"]["id"] for body in receiver.read()}) == load.total
    for service in ("availability", "contacts", "webhooks"):
        assert await rows(stack, service, PARKED) == [(0,)]
