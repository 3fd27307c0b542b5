"""What is sent, and to which endpoints: both decided at the moment the event is taken in."""

from datetime import datetime
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
