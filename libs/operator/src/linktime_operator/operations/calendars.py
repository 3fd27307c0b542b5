"""Calendar accounts of hosts."""

import asyncio
import time
from typing import Any
from uuid import UUID

from linktime_common.contracts.error_codes import ErrorCode
from linktime_common.contracts.internal_api.bookings import MadeCalendarFeed, RevokedCalendarFeed
from linktime_operator.clients import Clients
from linktime_operator.errors import OperatorError
from linktime_operator.operations import hosts, users

ASK_SECONDS = 15.0
"""Longer than availability asks the calendar server."""

POLL_SECONDS = 0.2

AccountDocument = dict[str, Any]


async def connect(clients: Clients, email: str, given: dict[str, Any]) -> AccountDocument:
    """Connect an account; availability tests the credentials."""
    return await _call(clients, email, "POST", "", given)


async def list_of(clients: Clients, email: str) -> list[AccountDocument]:
    """Return the host's accounts with their calendars."""
    found: list[AccountDocument] = (await _call(clients, email, "GET", ""))["data"]
    return found


async def change(
    clients: Clients, email: str, account_id: str, given: dict[str, Any]
) -> AccountDocument:
    """Give an account new credentials."""
    return await _call(clients, email, "PATCH", f"/{account_id}", given)


async def sync(clients: Clients, email: str, account_id: UUID) -> AccountDocument:
    """Test an account, and let its calendars be read next."""
    return await _call(clients, email, "POST", f"/{account_id}/sync")


async def disconnect(clients: Clients, email: str, account_id: UUID) -> None:
    """Delete an account with all that was read from it."""
    await _call(clients, email, "DELETE", f"/{account_id}")


async def wait_until_read(clients: Clients, email: str, *, within: float) -> None:
    """Return when no calendar of the host is dead, so that slots are offered.

    Raises OperatorError after `within` seconds.
    """
    until = time.monotonic() + within
    while (await _call(clients, email, "GET", ""))["calendarFreshness"] == "dead":
        if time.monotonic() > until:
            raise OperatorError(f"The calendar was not read within {within:.0f} seconds")
        await asyncio.sleep(POLL_SECONDS)


async def create_feed(clients: Clients, email: str) -> MadeCalendarFeed:
    """Make the address of a host's bookings; an earlier one ends."""
    path = f"/internal/hosts/{await users.find_id(clients, email)}/calendar-feed"
    return await clients.call("bookings", "POST", path, MadeCalendarFeed)


async def revoke_feed(clients: Clients, email: str) -> None:
    """End the address of a host's bookings; raises OperatorError when there is none."""
    path = f"/internal/hosts/{await users.find_id(clients, email)}/calendar-feed"
    if not (await clients.call("bookings", "DELETE", path, RevokedCalendarFeed)).revoked:
        raise OperatorError(
            f"{email} has no calendar feed: there is nothing to revoke.",
            code=ErrorCode.CALENDAR_FEED_NOT_FOUND,
        )


async def _call(
    clients: Clients, email: str, method: str, path: str, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    return await hosts.call(
        clients,
        email,
        "availability",
        method,
        f"/calendar-accounts{path}",
        body=body,
        seconds=ASK_SECONDS,
    )
