"""Delete old messages and calls."""

from datetime import timedelta

from linktime_contacts.deps import Deps
from linktime_contacts.store import retention

MOST_AT_ONCE = 500


async def retain(deps: Deps) -> None:
    """Delete what has a retention. Any number of processes may run it concurrently."""
    if deps.message_retention is not None:
        await _delete_messages(deps, deps.message_retention)
    if deps.call_retention is not None:
        await _delete_calls(deps, deps.call_retention)


async def _delete_messages(deps: Deps, older_than: timedelta) -> None:
    deleted = MOST_AT_ONCE
    while deleted == MOST_AT_ONCE:
        async with deps.database.connection() as connection:
            deleted = await retention.delete_messages(
                connection, older_than=older_than, limit=MOST_AT_ONCE
            )
    async with deps.database.connection() as connection:
        await retention.tidy_threads(connection, older_than=older_than)


async def _delete_calls(deps: Deps, older_than: timedelta) -> None:
    deleted = MOST_AT_ONCE
    while deleted == MOST_AT_ONCE:
        async with deps.database.connection() as connection:
            deleted = await retention.delete_calls(
                connection, older_than=older_than, limit=MOST_AT_ONCE
            )
