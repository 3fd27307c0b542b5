"""Updates a projection from the services that own the data."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

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


@dataclass
class Progressed:
    """Progress of a resync."""

    read: int = 0
    applied: int = 0


async def resync(clients: Clients, service: str) -> AsyncIterator[Progressed]:
    """Send the owners' lists through the service's own handlers, safe while events flow.

    Yields the totals after each page. Raises OperatorError for a service without a projection.
    """
    if service not in NEEDS:
        raise OperatorError(WITHOUT[service])
    total = Progressed()
    for kind in NEEDS[service]:
        pages = _users(clients) if kind == "users" else _bookings(clients)
        async for page in pages:
            answer = await clients.call(
                service, "POST", "/internal/resync", Resynced, body=page, seconds=LONG_CALL_SECONDS
            )
            total.read += len(page.users) + len(page.bookings)
            total.applied += answer.applied
            yield total


async def _users(clients: Clients) -> AsyncIterator[Resync]:
    async for page in users.everyone(clients):
        yield Resync(users=page)


async def _bookings(clients: Clients) -> AsyncIterator[Resync]:
    async for page in _booking_pages(clients):
        for part in _parts(page):
            yield Resync(bookings=part)


def _parts(page: list[VersionedBooking]) -> Iterator[list[VersionedBooking]]:
    """Split the page into bodies within the size limit."""
    part: list[VersionedBooking] = []
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
