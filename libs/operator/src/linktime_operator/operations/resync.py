"""Bringing a projection up to date from those who own its facts."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from linktime_common.contracts.internal_api.resync import (
    BookingPage,
    Resync,
    Resynced,
    VersionedBooking,
)
from linktime_operator.clients import LONG_CALL_SECONDS, Clients
from linktime_operator.errors import OperatorError
from linktime_operator.operations import users

PAGE = 500
NEEDS = {
    "availability": ("users", "bookings"),
    "contacts": ("bookings",),
    "gateway": ("users",),
}
"""What each projection is made of; users first, for bookings belong to them."""

WITHOUT = {
    "webhooks": "webhooks keeps no projection: there is nothing to rebuild.",
    "bookings": "bookings owns its facts: there is nothing to rebuild from.",
    "scim": "scim owns its facts: there is nothing to rebuild from.",
}


@dataclass
class Progressed:
    """How far a resync has come."""

    read: int = 0
    applied: int = 0


async def resync(clients: Clients, service: str) -> AsyncIterator[Progressed]:
    """Walk the owners' lists through the service's own handlers, safe while events flow.

    Gives the totals so far after each page. Raises OperatorError for a service without a
    projection.
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
        yield Resync(bookings=page)


async def _booking_pages(clients: Clients) -> AsyncIterator[list[VersionedBooking]]:
    query = {"limit": str(PAGE)}
    while True:
        page = await clients.call("bookings", "GET", "/internal/bookings", BookingPage, query=query)
        yield page.data
        if page.next_after is None:
            return
        query["after"] = str(page.next_after)
