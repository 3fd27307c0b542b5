"""Rows of services by kind: listed, looked up, and removed when their owner lacks them."""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from linktime_common.contracts.internal_api.inventory import (
    MOST_ROWS,
    InventoryIds,
    InventoryPage,
    InventoryRow,
    RemovedRows,
    RowsToRemove,
    RowToRemove,
)
from linktime_operator.clients import LONG_CALL_SECONDS, Clients

T = TypeVar("T")


@dataclass(frozen=True)
class RowKind:
    """Rows of one kind of one service."""

    service: str
    name: str

    @property
    def path(self) -> str:
        """Return the path of the internal operations."""
        return f"/internal/inventory/{self.name}"


BOOKINGS = RowKind("bookings", "bookings")
USERS = RowKind("scim", "users")
ORGANIZATIONS = RowKind("scim", "organizations")
ACCOUNTS = RowKind("gateway", "accounts")
SCIM_TOKENS = RowKind("gateway", "scim-tokens")
HOSTS = RowKind("availability", "hosts")
RESERVATIONS = RowKind("availability", "reservations")
CONFIRMED_RESERVATIONS = RowKind("availability", "confirmed-reservations")
OVERDUE_HOLDS = RowKind("availability", "overdue-holds")
BOOKING_VERSIONS = RowKind("availability", "booking-versions")
EVENT_LINKS = RowKind("availability", "event-links")
MEETINGS = RowKind("contacts", "meetings")
MAILS = RowKind("bookings", "mails")
BOOKED_HOSTS = RowKind("bookings", "hosts")
CONTACT_OWNERS = RowKind("contacts", "owners")
REMINDERS = RowKind("bookings", "reminders")
WEBHOOK_OWNERS = RowKind("webhooks", "owners")
ENDING_API_KEYS = RowKind("gateway", "ending-api-keys")

SERVICES = ("availability", "bookings", "contacts", "gateway", "scim", "webhooks")
OLD_EVENTS = tuple(RowKind(service, "old-events") for service in SERVICES)
PARKED_MESSAGES = tuple(RowKind(service, "parked-messages") for service in SERVICES)


async def pages(clients: Clients, kind: RowKind) -> AsyncIterator[list[InventoryRow]]:
    """Yield all rows in pages, by id."""
    query = {"limit": str(MOST_ROWS)}
    while True:
        page = await clients.call(
            kind.service, "GET", kind.path, InventoryPage, query=query, seconds=LONG_CALL_SECONDS
        )
        yield page.data
        if page.next_after is None:
            return
        query["after"] = str(page.next_after)


async def is_empty(clients: Clients, kind: RowKind) -> bool:
    """Return whether there is no row of the kind."""
    page = await clients.call(kind.service, "GET", kind.path, InventoryPage, query={"limit": "1"})
    return not page.data


async def look_up(
    clients: Clients, kind: RowKind, ids: Iterable[UUID | None]
) -> dict[UUID, InventoryRow]:
    """Return those of at most MOST_ROWS rows that exist, by id."""
    wanted = sorted({one for one in ids if one is not None})
    if not wanted:
        return {}
    found = await clients.call(
        kind.service,
        "POST",
        f"{kind.path}/lookup",
        InventoryPage,
        body=InventoryIds(ids=wanted),
        seconds=LONG_CALL_SECONDS,
        reads=True,
    )
    return {row.id: row for row in found.data}


async def remove(clients: Clients, kind: RowKind, rows: Sequence[RowToRemove]) -> int:
    """Remove at most MOST_ROWS rows by the use case of their service; return how many."""
    if not rows:
        return 0
    done = await clients.call(
        kind.service,
        "POST",
        f"{kind.path}/remove",
        RemovedRows,
        body=RowsToRemove(rows=list(rows)),
        seconds=LONG_CALL_SECONDS,
    )
    return done.count


def in_calls(rows: Sequence[T], most: int = MOST_ROWS) -> Iterator[Sequence[T]]:
    """Split rows into as many as one call takes."""
    for start in range(0, len(rows), most):
        yield rows[start : start + most]
