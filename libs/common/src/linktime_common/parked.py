"""Messages a consumer gave up on, kept with the reason until an operator replays or drops them."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from aio_pika import DeliveryMode, Message

from linktime_common.broker import BROKER_LOST, BrokerLink, close_channel
from linktime_common.errors import Unavailable
from linktime_common.ids import new_id
from linktime_common.postgres import Connection, Database

BATCH = 100
PUBLISH_SECONDS = 5.0
WAIT_SECONDS = 5.0  # for a broker that is away
_NAMESPACE = UUID("5f1c0d3e-6f0a-4b0e-9a55-0a2f6c1f6f41")

# The same message parked twice (a crash between this and its acknowledgement) stays one row.
STORE = """
    INSERT INTO parked_messages
           (id, consumer, routing_key, message_id, body, headers, reason, stack, parked_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp())
    ON CONFLICT (id) DO UPDATE
       SET headers = excluded.headers, reason = excluded.reason, stack = excluded.stack,
           parked_at = excluded.parked_at
"""

_FIELDS = "id, consumer, routing_key, message_id, body, headers, reason, stack, parked_at"

LIST = f"""
    SELECT {_FIELDS}
      FROM parked_messages
     WHERE $2::uuid IS NULL
        OR (parked_at, id) > (SELECT parked_at, id FROM parked_messages WHERE id = $2)
     ORDER BY parked_at, id
     LIMIT $1
"""  # noqa: S608 - the fields are a constant

CHOOSE = f"""
    SELECT {_FIELDS}
      FROM parked_messages
     WHERE ($1::uuid[] IS NULL OR id = ANY ($1))
       AND parked_at <= $2
       AND ($3::uuid IS NULL OR id > $3)
     ORDER BY id
     LIMIT $4
"""  # noqa: S608 - the fields are a constant

# Parked again since it was read: that one is kept.
REMOVE = "DELETE FROM parked_messages WHERE id = $1 AND parked_at = $2"

DROP = "DELETE FROM parked_messages WHERE $1::uuid[] IS NULL OR id = ANY ($1)"


@dataclass(frozen=True)
class ParkedMessage:
    """One message given up on; `stack` is the last failure's, if it failed."""

    id: UUID
    consumer: str
    routing_key: str
    message_id: str | None
    body: bytes
    headers: dict[str, Any]
    reason: str
    stack: str | None
    parked_at: datetime


async def store(
    connection: Connection,
    *,
    consumer: str,
    routing_key: str,
    message_id: str | None,
    body: bytes,
    headers: dict[str, Any],
    reason: str,
    stack: str | None,
) -> None:
    """Keep a message."""
    identity = uuid5(_NAMESPACE, f"{consumer} {message_id}") if message_id else new_id()
    await connection.execute(
        STORE, identity, consumer, routing_key, message_id, body, headers, reason, stack
    )


async def list_parked(
    connection: Connection, limit: int, after: UUID | None = None
) -> list[ParkedMessage]:
    """Up to `limit`, oldest first, those behind the message `after`."""
    return [ParkedMessage(**row) for row in await connection.fetch(LIST, limit, after)]


async def replay(database: Database, link: BrokerLink, ids: list[UUID] | None) -> int:
    """Send these (all, when None) to their consumers again, with a new set of attempts.

    Returns how many were sent. Raises `Unavailable` when the broker or database is away; what was
    sent until then stays sent.
    """
    raise NotImplementedError


async def drop(database: Database, ids: list[UUID] | None) -> int:
    """Forget these (all, when None); returns how many there were."""
    async with database.connection() as connection:
        status = await connection.execute(DROP, ids)
    return int(status.rsplit(" ", 1)[1])
