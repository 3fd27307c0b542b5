"""The deletion of a user: a service stores the request, and a job deletes the rows in batches.

A consumer only stores the request: a host can have 100,000 bookings. The stored request stays and
contains no personal data: by it a service recognises events of the user that arrive later.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from linktime_common.contracts.events import Event
from linktime_common.contracts.events.scim import UserDeleted
from linktime_common.contracts.internal_api.user_deletions import DeletionState
from linktime_common.messaging.applying import Handler
from linktime_common.owned_rows import delete_copies
from linktime_common.postgres import Connection, Database

DELETION_SECONDS = 1.0
WORK_SECONDS = 60.0
LEASE = timedelta(minutes=2)
"""Longer than `WORK_SECONDS`: one process at a time works on a user."""
WAIT = timedelta(seconds=5)
LAST_RUN_AFTER = timedelta(minutes=10)
"""By then the requests that were in progress at the first run have ended."""

ADD = "INSERT INTO user_deletions (user_id) VALUES ($1) ON CONFLICT DO NOTHING"

IS_DELETED = "SELECT EXISTS (SELECT FROM user_deletions WHERE user_id = $1)"

RUNS = "SELECT runs FROM user_deletions WHERE user_id = $1"

# Of all users.
LEASE_DUE = """
    UPDATE user_deletions
       SET due_at = now() + $1::interval
     WHERE user_id IN (
           SELECT user_id
             FROM user_deletions
            WHERE due_at <= now()
            ORDER BY due_at, user_id
            LIMIT 1
              FOR UPDATE SKIP LOCKED
           )
    RETURNING user_id
"""

POSTPONE = "UPDATE user_deletions SET due_at = now() + $2::interval WHERE user_id = $1"

# The second run is the last one.
END_RUN = """
    UPDATE user_deletions
       SET runs = runs + 1,
           due_at = CASE WHEN runs = 0 THEN now() + $2::interval ELSE 'infinity' END
     WHERE user_id = $1
"""

DeleteOwn = Callable[[UUID], Awaitable[bool]]
"""Delete the user's rows from the service's own tables; return False if some must wait.

A run may be interrupted at any time, and is then repeated from its beginning.
"""


async def request_deletion(connection: Connection, user_id: UUID) -> None:
    """Store that the user is deleted; runs in the caller's transaction."""
    await connection.execute(ADD, user_id)


async def on_user_deleted(connection: Connection, event: UserDeleted) -> None:
    """Store the request of an event; the job does the rest."""
    await request_deletion(connection, event.owner_id)


async def is_deleted(connection: Connection, user_id: UUID) -> bool:
    """Return whether the user is or will be deleted: nothing of the user may be stored."""
    return bool(await connection.fetchval(IS_DELETED, user_id))


def unless_deleted(handle: Handler) -> Handler:
    """Return a handler that ignores events of deleted users."""

    async def handle_living(connection: Connection, event: Event) -> None:
        if not await is_deleted(connection, event.owner_id):
            await handle(connection, event)

    return handle_living


async def find_state(connection: Connection, user_id: UUID) -> DeletionState:
    """Return how far the deletion is."""
    runs = await connection.fetchval(RUNS, user_id)
    if runs is None:
        return "waiting"
    return "done" if runs else "running"


async def delete_users(database: Database, delete_own: DeleteOwn) -> None:
    """Delete the rows of all users that are due. Any number of processes may run it concurrently.

    The second run deletes what requests in progress have written during the first one.
    """
    while (user_id := await _run(database, LEASE_DUE, LEASE)) is not None:
        is_done = await _delete(database, user_id, delete_own)
        if is_done:
            await _run(database, END_RUN, user_id, LAST_RUN_AFTER)
        else:
            await _run(database, POSTPONE, user_id, WAIT)


async def _delete(database: Database, user_id: UUID, delete_own: DeleteOwn) -> bool:
    try:
        async with asyncio.timeout(WORK_SECONDS) as limit:
            return await delete_own(user_id) and await delete_copies(database, user_id)
    except TimeoutError:
        if limit.expired():
            return False
        raise


async def _run(database: Database, statement: str, *values: Any) -> Any:
    async with database.connection() as connection:
        return await connection.fetchval(statement, *values)
