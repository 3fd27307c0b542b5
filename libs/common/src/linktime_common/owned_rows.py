"""Deletes a user's rows in batches: by an index, or block by block if the table has none.

No statement is long, and none waits for another process for long. Names and conditions of SQL are
constants of the caller.
"""

from typing import Any
from uuid import UUID

from linktime_common.contracts.events.scim import UserDeleted
from linktime_common.idempotency import user_scope
from linktime_common.postgres import Database

BATCH = 500
BLOCKS = 200
"""Of 8 kB each."""

OF_OWNER = "owner_id = $1"

COUNT_BLOCKS = """
    SELECT pg_relation_size($1::text::regclass) / current_setting('block_size')::bigint
"""

IN_BLOCKS = "ctid >= $2::text::tid AND ctid < $3::text::tid"
"""For a statement that reads a part of a table without an index; see `block_ranges`."""

OF_EVENT = "position($1::bytea IN envelope) > 0"

IS_UNPUBLISHED = f"""
    SELECT EXISTS (SELECT FROM outbox WHERE published_at IS NULL AND {OF_EVENT})
"""  # noqa: S608 - the condition is a constant


async def delete_rows(
    database: Database, table: str, owner: Any, condition: str = OF_OWNER
) -> None:
    """Delete the rows that meet the condition on `$1`, for which the table has an index."""
    statement = f"""
        DELETE FROM {table}
         WHERE ctid = ANY (ARRAY (SELECT ctid FROM {table} WHERE {condition} LIMIT {BATCH}))
    """  # noqa: S608 - constants of the caller
    deleted = "DELETE 1"
    while deleted != "DELETE 0":
        async with database.connection() as connection:
            deleted = await connection.execute(statement, owner)


async def delete_unindexed(
    database: Database, table: str, owner: Any, condition: str = OF_OWNER
) -> None:
    """As `delete_rows`, for a condition without an index.

    A row that is updated meanwhile may be missed: the next run deletes it.
    """
    statement = f"DELETE FROM {table} WHERE {IN_BLOCKS} AND {condition}"  # noqa: S608 - as above
    for first, end in await block_ranges(database, table):
        async with database.connection() as connection:
            await connection.execute(statement, owner, first, end)


async def block_ranges(database: Database, table: str) -> list[tuple[str, str]]:
    """Return the values of `IN_BLOCKS` that together cover the table."""
    async with database.connection() as connection:
        blocks = await connection.fetchval(COUNT_BLOCKS, table)
    return [(f"({first},0)", f"({first + BLOCKS},0)") for first in range(0, blocks, BLOCKS)]


async def delete_copies(database: Database, user_id: UUID) -> bool:
    """Delete the user's published events, parked messages and stored answers.

    An event that is not published yet stays, because its consumers need it, and so does a parked
    request to delete the user. Returns whether every event was published.
    """
    of_user = f'"ownerid":"{user_id}"'.encode()
    async with database.connection() as connection:
        # First: one that is published from now on may be missed below.
        is_unpublished = await connection.fetchval(IS_UNPUBLISHED, of_user)
    published = f"published_at IS NOT NULL AND {OF_EVENT}"
    await delete_unindexed(database, "outbox", of_user, published)
    parked = f"routing_key <> '{UserDeleted.routing_key()}' AND position($1::bytea IN body) > 0"
    await delete_unindexed(database, "parked_messages", of_user, parked)
    await delete_rows(database, "idempotency_records", user_scope(user_id), "scope = $1")
    return not is_unpublished
