"""Bookings of hosts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from linktime_common.contracts.wire import format_instant
from linktime_operator.clients import Clients
from linktime_operator.operations import hosts

BOOKINGS = "bookings"


async def list_of(
    clients: Clients, email: str, query: dict[str, str | int | datetime | None]
) -> dict[str, Any]:
    """Return a page of the host's bookings, newest start first."""
    return await hosts.call(clients, email, BOOKINGS, "GET", "/bookings", query=query)


async def find(clients: Clients, email: str, booking_id: UUID) -> dict[str, Any]:
    """Return a booking with its contact, mails and history."""
    return await hosts.call(clients, email, BOOKINGS, "GET", f"/bookings/{booking_id}")


async def cancel(clients: Clients, email: str, booking_id: UUID, reason: str | None) -> None:
    """Cancel a booking in the host's name."""
    path = f"/bookings/{booking_id}/cancel"
    await hosts.call(clients, email, BOOKINGS, "POST", path, body={"reason": reason})


async def move(
    clients: Clients, email: str, booking_id: UUID, *, start: datetime, reason: str | None
) -> None:
    """Move a booking to another start in the host's name."""
    path = f"/bookings/{booking_id}/reschedule"
    body = {"newStartTime": format_instant(start), "reason": reason}
    await hosts.call(clients, email, BOOKINGS, "POST", path, body=body)
