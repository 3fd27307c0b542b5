"""Updates a projection from the services that own the data."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from linktime_common.contracts.internal_api.inventory import RowToRemove
from linktime_common.contracts.internal_api.resync import (
    BookingPage,
    Resync,
    Resynced,
    VersionedBooking,
)
from linktime_common.http.bodies import MOST_BYTES
from linktime_operator.clients import LONG_CALL_SECONDS, Clients
from linktime_operator.errors import OperatorError
from linktime_operator.operations import users
from linktime_operator.operations.inventory import (
    ACCOUNTS,
    BOOKING_VERSIONS,
    HOSTS,
    MEETINGS,
    look_up,
    remove,
)
from linktime_operator.operations.orphans import PROJECTED

BookingT = TypeVar("BookingT", bound=VersionedBooking)

PAGE = 500
MARGIN_BYTES = 1024
NEEDS = {
    "availability": ("users", "bookings"),
    "contacts": ("bookings",),
    "gateway": ("users",),
}
"""The sources of each projection; users first, because bookings refer to them."""

WITHOUT = {
    "webhooks": "webhooks keeps no projection: there is nothing to rebuild.",
    "bookings": "bookings owns its facts: there is nothing to rebuild from.",
    "scim": "scim owns its facts: there is nothing to rebuild from.",
}

COPIED_KINDS = {
    "availability": (HOSTS, BOOKING_VERSIONS),
    "contacts": (MEETINGS,),
    "gateway": (ACCOUNTS,),
}
"""The kinds of rows that a resync adds or changes; ids are those of users and bookings."""


@dataclass
class Progressed:
    """Progress of a resync; `applied` is the sum of `added` and `changed`."""

    read: int = 0
    applied: int = 0
    added: int = 0
    removed: int = 0

    @property
    def changed(self) -> int:
        """Return how many rows were older than their owner's."""
        return max(self.applied - self.added, 0)


async def resync(clients: Clients, service: str) -> AsyncIterator[Progressed]:
    """Send the owners' lists through the service's own handlers, safe while events flow.

    Then remove what the owners do not know. Yields the totals after each page. Raises OperatorError
    for a service without a projection, and if an owner has no rows at all.
    """
    if service not in NEEDS:
        raise OperatorError(WITHOUT[service])
    for owner in sorted({one.owner.service for one in PROJECTED[service]}):
        clients.require(owner)
    total = Progressed()
    for kind in NEEDS[service]:
        pages = _users(clients) if kind == "users" else _bookings(clients)
        async for page in pages:
            await _apply(clients, service, page, total)
            yield total
    for ownership in PROJECTED[service]:
        await ownership.refuse_empty(clients)
        async for _read, orphans in ownership.walk(clients):
            rows = [RowToRemove(id=one.id, version=one.version) for one in orphans]
            total.removed += await remove(clients, ownership.kind, rows)
            yield total


async def _apply(clients: Clients, service: str, page: Resync, total: Progressed) -> None:
    before = await _known(clients, service, page)
    answer = await clients.call(
        service, "POST", "/internal/resync", Resynced, body=page, seconds=LONG_CALL_SECONDS
    )
    total.read += len(page.users) + len(page.bookings)
    total.applied += answer.applied
    if answer.applied:
        total.added += len(await _known(clients, service, page) - before)


async def _known(clients: Clients, service: str, page: Resync) -> set[UUID]:
    """Return which users and bookings of the page the service has."""
    ids = [entry.user.id for entry in page.users] + [entry.booking.id for entry in page.bookings]
    return {one for kind in COPIED_KINDS[service] for one in await look_up(clients, kind, ids)}


async def _users(clients: Clients) -> AsyncIterator[Resync]:
    async for page in users.everyone(clients):
        yield Resync(users=page)


async def _bookings(clients: Clients) -> AsyncIterator[Resync]:
    async for page in _booking_pages(clients):
        for part in parts(page):
            yield Resync(bookings=part)


def parts(page: Sequence[BookingT]) -> Iterator[list[BookingT]]:
    """Split the page into bodies within the size limit."""
    part: list[BookingT] = []
    size = 0
    for booking in page:
        more = len(booking.model_dump_json().encode())
        if part and size + more > MOST_BYTES - MARGIN_BYTES:
            yield part
            part, size = [], 0
        part.append(booking)
        size += more + 1
    if part:
        yield part


async def _booking_pages(clients: Clients) -> AsyncIterator[list[VersionedBooking]]:
    query = {"limit": str(PAGE)}
    while True:
        page = await clients.call("bookings", "GET", "/internal/bookings", BookingPage, query=query)
        yield page.data
        if page.next_after is None:
            return
        query["after"] = str(page.next_after)
