"""Rows that the operator compares between services, by kind."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from linktime_common.contracts.internal_api.inventory import InventoryRow, RowToRemove
from linktime_common.postgres import Connection, Database
from linktime_common.user_deletion import request_deletion

Remove = Callable[[Connection, RowToRemove], Awaitable[bool]]
"""Removes one row, or returns False if it does not exist or has another version than is given."""


@dataclass(frozen=True)
class InventoryKind:
    """`rows` is a SELECT of the columns `id`, `about`, `version` and `state`."""

    rows: str
    remove: Remove | None = None

    async def list_after(
        self, connection: Connection, *, after: UUID | None, limit: int
    ) -> list[InventoryRow]:
        """Return rows by id, those behind `after`."""
        found = await connection.fetch(
            f"SELECT * FROM ({self.rows}) r WHERE id > $1 ORDER BY id LIMIT $2",  # noqa: S608 - constants
            after or UUID(int=0),
            limit,
        )
        return [InventoryRow(**row) for row in found]

    async def find(self, connection: Connection, ids: Sequence[UUID]) -> list[InventoryRow]:
        """Return those of the rows that exist."""
        found = await connection.fetch(
            f"SELECT * FROM ({self.rows}) r WHERE id = ANY ($1)",  # noqa: S608 - constants
            list(ids),
        )
        return [InventoryRow(**row) for row in found]


# Of every service. The relay publishes an event within a second.
OLD_EVENTS = """
    SELECT event_id AS id, NULL::uuid AS about, NULL::bigint AS version, routing_key AS state
      FROM outbox
     WHERE published_at IS NULL
       AND created_at < now() - interval '1 minute'
"""

PARKED_MESSAGES = """
    SELECT id, NULL::uuid AS about, NULL::bigint AS version, routing_key AS state
      FROM parked_messages
"""

MESSAGING_KINDS: Mapping[str, InventoryKind] = {
    "old-events": InventoryKind(OLD_EVENTS),
    "parked-messages": InventoryKind(PARKED_MESSAGES),
}


def removes(statement: str) -> Remove:
    """Return the removal by a statement with an id as its only parameter."""

    async def remove(connection: Connection, row: RowToRemove) -> bool:
        return not (await connection.execute(statement, row.id)).endswith(" 0")

    return remove


def removes_version(statement: str) -> Remove:
    """Return the removal by a statement with an id and the version, None for any."""

    async def remove(connection: Connection, row: RowToRemove) -> bool:
        return not (await connection.execute(statement, row.id, row.version)).endswith(" 0")

    return remove


async def removes_user(connection: Connection, row: RowToRemove) -> bool:
    """Let the service's job delete all rows of a user, as after `user.deleted`."""
    await request_deletion(connection, row.id)
    return True


async def remove_rows(database: Database, remove: Remove, rows: Sequence[RowToRemove]) -> int:
    """Remove them, each in a transaction of its own; return how many were removed."""
    removed = 0
    for row in rows:
        async with database.transaction() as connection:
            removed += await remove(connection, row)
    return removed
