"""Rows of services by kind: listed, looked up, and removed when their owner lacks them."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Kind:
    """Rows of one kind of one service."""

    service: str
    name: str

    @property
    def path(self) -> str:
        """Return the path of the internal operations."""
        return f"/internal/inventory/{self.name}"


BOOKINGS = Kind("bookings", "bookings")
USERS = Kind("scim", "users")
ACCOUNTS = Kind("gateway", "accounts")
HOSTS = Kind("availability", "hosts")
RESERVATIONS = Kind("availability", "reservations")
CONFIRMED_RESERVATIONS = Kind("availability", "confirmed-reservations")
OVERDUE_HOLDS = Kind("availability", "overdue-holds")
BOOKING_VERSIONS = Kind("availability", "booking-versions")
EVENT_LINKS = Kind("availability", "event-links")
MEETINGS = Kind("contacts", "meetings")
MAILS = Kind("bookings", "mails")
REMINDERS = Kind("bookings", "reminders")
WEBHOOK_OWNERS = Kind("webhooks", "owners")
ENDING_API_KEYS = Kind("gateway", "ending-api-keys")

SERVICES = ("availability", "bookings", "contacts", "gateway", "scim", "webhooks")
OLD_EVENTS = tuple(Kind(service, "old-events") for service in SERVICES)
PARKED_MESSAGES = tuple(Kind(service, "parked-messages") for service in SERVICES)


async def pages(clients: Clients, kind: Kind) -> AsyncIterator[list[InventoryRow]]:
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


async def is_empty(clients: Clients, kind: Kind) -> bool:
    """Return whether there is no row of the kind."""
    page = await clients.call(kind.service, "GET", kind.path, InventoryPage, query={"limit": "1"})
    return not page.data


async def look_up(
    clients: Clients, kind: Kind, ids: Iterable[UUID | None]
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
    )
    return {row.id: row for row in found.data}


async def remove(clients: Clients, kind: Kind, rows: Sequence[RowToRemove]) -> int:
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
