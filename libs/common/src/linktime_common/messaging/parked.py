"""Messages a consumer gave up on, kept with the reason until an operator replays or drops them."""

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
       AND ($2::uuid IS NULL OR id > $2)
     ORDER BY id
     LIMIT $3
"""  # noqa: S608 - the fields are a constant

# Parked again since it was read: that one is kept.
REMOVE = "DELETE FROM parked_messages WHERE id = $1 AND parked_at = $2"

DROP = "DELETE FROM parked_messages WHERE $1::uuid[] IS NULL OR id = ANY ($1)"


@dataclass(frozen=True)
class ParkedRow:
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
    """Keep a message; of its texts, what PostgreSQL can hold, the end of the stack."""
    message_id = storable(message_id or "")[:KEY_CHARACTERS] or None
    # With the body: a sender that is not ours may give several messages one id.
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
    """A number or none as it is; everything else, tables and lists too, as a text."""
    if value is None or isinstance(value, (int, float)):
        return value
    if isinstance(value, (bytes, bytearray)):
        value = value.decode(errors="replace")
    return storable(str(value))[:HEADER_CHARACTERS]


async def list_parked(
    connection: Connection, limit: int, after: UUID | None = None
) -> list[ParkedRow]:
    """Up to `limit`, oldest first, those behind the message `after`."""
    return [ParkedRow(**row) for row in await connection.fetch(LIST, limit, after)]


async def replay(database: Database, link: BrokerLink, ids: list[UUID] | None) -> int:
    """Send these (all, when None) to their consumers again, with a new set of attempts.

    Returns how many were sent. Raises `Unavailable` when the broker or database is away; what was
    sent until then stays sent.
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
        raise Unavailable("the broker did not take the message") from error
    async with database.connection() as connection:
        await connection.execute(REMOVE, message.id, message.parked_at)


async def drop(database: Database, ids: list[UUID] | None) -> int:
    """Forget these (all, when None); returns how many there were."""
    async with database.connection() as connection:
        status = await connection.execute(DROP, ids)
    return int(status.rsplit(" ", 1)[1])
