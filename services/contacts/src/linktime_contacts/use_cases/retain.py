"""Delete old messages and calls."""

from collections.abc import Awaitable
from datetime import timedelta
from typing import Protocol

from linktime_common.postgres import Connection
from linktime_contacts.deps import Deps
from linktime_contacts.store import retention

MOST_AT_ONCE = 500


class _Step(Protocol):
    """A statement that changes up to `limit` rows and returns how many."""

    def __call__(
        self, connection: Connection, *, older_than: timedelta, limit: int
    ) -> Awaitable[int]: ...


async def retain(deps: Deps) -> None:
    """Delete what has a retention. Any number of processes may run it concurrently."""
    if deps.message_retention is not None:
        for step in (
            retention.delete_messages,
            retention.delete_threads,
            retention.recompute_first,
        ):
            await _repeat(deps, step, deps.message_retention)
    if deps.call_retention is not None:
        await _repeat(deps, retention.delete_calls, deps.call_retention)


async def _repeat(deps: Deps, step: _Step, older_than: timedelta) -> None:
    done = MOST_AT_ONCE
    while done == MOST_AT_ONCE:
        async with deps.database.connection() as connection:
            done = await step(connection, older_than=older_than, limit=MOST_AT_ONCE)
