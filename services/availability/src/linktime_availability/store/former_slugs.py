"""The `former_slugs` table: slugs that event types had before a change."""

from uuid import UUID

from linktime_common.postgres import Connection

ADD = """
    INSERT INTO former_slugs (host_id, slug, event_type_id)
    VALUES ($1, $2, $3)
    ON CONFLICT (host_id, slug) DO UPDATE
       SET event_type_id = excluded.event_type_id, replaced_at = excluded.replaced_at
"""

IS_FORMER = """
    SELECT EXISTS (
        SELECT FROM former_slugs WHERE host_id = $1 AND slug = $2 AND event_type_id = $3
    )
"""


async def add(connection: Connection, *, host_id: UUID, slug: str, event_type_id: UUID) -> None:
    """Store that the event type had this slug, and no longer another one."""
    await connection.execute(ADD, host_id, slug, event_type_id)


async def is_former(
    connection: Connection, *, host_id: UUID, slug: str, event_type_id: UUID
) -> bool:
    """Return whether the event type was the last one to have this slug before a change."""
    return bool(await connection.fetchval(IS_FORMER, host_id, slug, event_type_id))
