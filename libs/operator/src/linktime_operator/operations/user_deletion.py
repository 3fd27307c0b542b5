"""Deletion of an account with all that belongs to it, in all services."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from linktime_common.contracts.error_codes import ErrorCode
from linktime_common.contracts.events.bookings import BookingStatus
from linktime_common.contracts.events.scim import UserDeleted
from linktime_common.contracts.internal_api.user_deletions import UserDeletion
from linktime_operator.clients import Clients
from linktime_operator.errors import OperatorError, ServiceUnavailable
from linktime_operator.operations import hosts, users

SERVICES = tuple(sorted({UserDeleted.publisher, *UserDeleted.consumers}))
WAIT_SECONDS = 30.0
WAIT_EVERY_SECONDS = 0.5
LONGEST_MEETING = timedelta(days=1)


async def delete(clients: Clients, email: str, *, cancel_bookings: bool) -> dict[str, Any]:
    """Delete the account; return how far it is after some seconds at most.

    Raises OperatorError if a booking has not ended, unless they are to be cancelled.
    """
    clients.require(*SERVICES)
    user_id = await users.find_id(clients, email)
    if not cancel_bookings and await _has_unended(clients, email):
        raise OperatorError(
            f"{email} has bookings that have not ended: add --cancel-bookings to cancel them, with "
            "mails to their invitees."
        )
    await clients.call("scim", "DELETE", f"/internal/users/{user_id}", UserDeletion)
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        waiting_for = await _waiting_for(clients, user_id)
        if not waiting_for or time.monotonic() > deadline:
            return _shown(user_id, waiting_for)
        await asyncio.sleep(WAIT_EVERY_SECONDS)


async def find(clients: Clients, user_id: UUID) -> dict[str, Any]:
    """Return how far a deletion is; raises OperatorError if the user was not deleted."""
    clients.require(*SERVICES)
    if await _state(clients, UserDeleted.publisher, user_id) == "waiting":
        raise OperatorError(
            f"No user with the id {user_id} was deleted.", code=ErrorCode.USER_NOT_FOUND
        )
    return _shown(user_id, await _waiting_for(clients, user_id))


async def _has_unended(clients: Clients, email: str) -> bool:
    """Of the host's bookings the one with the latest start is the first, and ends last."""
    now = datetime.now(UTC)
    query: dict[str, str | int | datetime | None] = {
        "status": BookingStatus.CONFIRMED,
        "from": now - LONGEST_MEETING,
        "limit": 1,
    }
    page = await hosts.call(clients, email, "bookings", "GET", "/bookings", query=query)
    return any(datetime.fromisoformat(one["endTime"]) > now for one in page["data"])


async def _waiting_for(clients: Clients, user_id: UUID) -> list[str]:
    return [one for one in SERVICES if not await _is_done(clients, one, user_id)]


async def _is_done(clients: Clients, service: str, user_id: UUID) -> bool:
    try:
        return await _state(clients, service, user_id) == "done"
    except ServiceUnavailable:
        return False


async def _state(clients: Clients, service: str, user_id: UUID) -> str:
    path = f"/internal/user-deletions/{user_id}"
    return (await clients.call(service, "GET", path, UserDeletion)).state


def _shown(user_id: UUID, waiting_for: list[str]) -> dict[str, Any]:
    state = "running" if waiting_for else "done"
    return {"id": str(user_id), "state": state, "waitingFor": waiting_for}
