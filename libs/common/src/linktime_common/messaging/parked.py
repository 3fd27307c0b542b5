"""Dead-lettered messages, kept with the reason until an operator replays or drops them."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

from linktime_common import logs
from linktime_common.errors import Unavailable
from linktime_common.ids import new_id
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.publisher import NotPublished, Publisher
from linktime_common.postgres import Connection, Database
from linktime_common.texts import storable

BATCH = 100
PUBLISH_SECONDS = 5.0
KEY_CHARACTERS = 255
REASON_CHARACTERS = 500
STACK_CHARACTERS = 20_000
HEADERS = 100
HEADER_CHARACTERS = 1000
_NAMESPACE = UUID("5f1c0d3e-6f0a-4b0e-9a55-0a2f6c1f6f41")

# The same message parked twice (after a crash before its acknowledgement) stays one row.
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
       AND ($2::uuid IS NULL OR id > $2)
     ORDER BY id
     LIMIT $3
"""  # noqa: S608 - the fields are a constant

COUNT = "SELECT count(*) FROM parked_messages"

# A row that was parked again after it was read is kept.
REMOVE = "DELETE FROM parked_messages WHERE id = $1 AND parked_at = $2"

DROP = "DELETE FROM parked_messages WHERE $1::uuid[] IS NULL OR id = ANY ($1)"


@dataclass(frozen=True)
class ParkedRow:
    """One dead-lettered message; `stack` is that of the last failure, if any."""

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
    """Store a message, without what PostgreSQL cannot store, and the end of the stack."""
    message_id = storable(message_id or "")[:KEY_CHARACTERS] or None
    # Includes the body: a foreign sender may use one id for several messages.
    name = f"{consumer} {message_id} {sha256(body).hexdigest()}"
    await connection.execute(
        STORE,
        uuid5(_NAMESPACE, name) if message_id else new_id(),
        consumer,
        storable(routing_key)[:KEY_CHARACTERS],
        message_id,
        body,
        {
            storable(name)[:KEY_CHARACTERS]: _storable_header(headers[name])
            for name in list(headers)[:HEADERS]
        },
        storable(reason)[:REASON_CHARACTERS],
        storable(stack)[-STACK_CHARACTERS:] if stack else None,
    )


def _storable_header(value: Any) -> int | float | str | None:
    """Return numbers and None unchanged, anything else as text."""
    if value is None or isinstance(value, (int, float)):
        return value
    if isinstance(value, (bytes, bytearray)):
        value = value.decode(errors="replace")
    return storable(str(value))[:HEADER_CHARACTERS]


async def list_parked(
    connection: Connection, limit: int, after: UUID | None = None
) -> list[ParkedRow]:
    """Return up to `limit` messages after the id `after`, oldest first."""
    return [ParkedRow(**row) for row in await connection.fetch(LIST, limit, after)]


async def count(connection: Connection) -> int:
    """Return how many messages are kept."""
    return int(await connection.fetchval(COUNT))


async def replay(database: Database, link: BrokerLink, ids: list[UUID] | None) -> int:
    """Send these (all, when None) to their consumers again, with attempts reset.

    Returns how many were sent. Raises `Unavailable` when the broker or database is; messages sent
    before that stay sent.
    """
    sent, after = 0, None
    publisher = Publisher(link, timeout_seconds=PUBLISH_SECONDS)
    try:
        while True:
            async with database.connection() as connection:
                rows = await connection.fetch(CHOOSE, ids, after, BATCH)
            if not rows:
                return sent
            for row in rows:
                await _send_again(database, link, publisher, ParkedRow(**row))
                sent += 1
            after = rows[-1]["id"]
    finally:
        await publisher.close()


async def _send_again(
    database: Database, link: BrokerLink, publisher: Publisher, message: ParkedRow
) -> None:
    kept = {"traceparent": message.headers.get("traceparent")}
    try:
        await publisher.publish(
            link.topology.queues_exchange,
            link.topology.queue(message.consumer),
            message.body,
            message_id=message.message_id or str(message.id),
            headers={name: value for name, value in kept.items() if logs.is_traceparent(value)},
        )
    except NotPublished as error:
        raise Unavailable("the broker did not accept the message") from error
    async with database.connection() as connection:
        await connection.execute(REMOVE, message.id, message.parked_at)


async def drop(database: Database, ids: list[UUID] | None) -> int:
    """Delete these (all, when None); returns how many."""
    async with database.connection() as connection:
        status = await connection.execute(DROP, ids)
    return int(status.rsplit(" ", 1)[1])
