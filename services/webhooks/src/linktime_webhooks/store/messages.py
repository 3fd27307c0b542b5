"""What is sent, and to which endpoints: both decided at the moment the event is taken in."""

from datetime import datetime, timedelta
from uuid import UUID

from linktime_common.ids import new_id
from linktime_common.postgres import Connection

SUBSCRIBED = """
    SELECT id
      FROM endpoints
     WHERE owner_id = $1
       AND $2 = ANY (events)
     ORDER BY id
"""

INSERT = """
    INSERT INTO messages (id, owner_id, type, body, occurred_at)
    VALUES ($1, $2, $3, $4, $5)
"""

FAN_OUT = """
    INSERT INTO deliveries (id, message_id, endpoint_id)
    SELECT delivery_id, $1, endpoint_id
      FROM unnest($2::uuid[], $3::uuid[]) AS fan (delivery_id, endpoint_id)
"""

# With its deliveries and attempts. One that is still being tried stays until that has ended.
DELETE_OLD = """
    DELETE FROM messages
     WHERE id IN (
           SELECT m.id
             FROM messages m
            WHERE m.created_at < now() - $1::interval
              AND NOT EXISTS (
                  SELECT FROM deliveries d WHERE d.message_id = m.id AND d.state = 'pending'
                  )
            ORDER BY m.created_at
            LIMIT $2
           )
"""


async def subscribed(connection: Connection, *, owner_id: UUID, event_type: str) -> list[UUID]:
    """The owner's endpoints that chose this event."""
    rows = await connection.fetch(SUBSCRIBED, owner_id, event_type)
    return [row["id"] for row in rows]


async def insert(
    connection: Connection,
    *,
    event_id: UUID,
    owner_id: UUID,
    event_type: str,
    body: bytes,
    occurred_at: datetime,
    endpoint_ids: list[UUID],
) -> None:
    """One message and one pending delivery for each endpoint."""
    await connection.execute(INSERT, event_id, owner_id, event_type, body, occurred_at)
    await connection.execute(FAN_OUT, event_id, [new_id() for _ in endpoint_ids], endpoint_ids)


async def delete_old(connection: Connection, *, older_than: timedelta, limit: int) -> int:
    """Delete up to `limit` messages with all that came of them; returns how many."""
    status = await connection.execute(DELETE_OLD, older_than, limit)
    return int(status.rsplit(" ", 1)[1])
