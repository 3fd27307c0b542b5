"""The table of messages."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from linktime_common.postgres import Connection
from linktime_contacts.domain.direction import Direction
from linktime_contacts.domain.message import Message, MessageStatus, StoredMessage

TAKE_TURN = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"

FIND = """
    SELECT id, conversation_id, source, external_id, direction, content, media, sent_at, status
      FROM messages
     WHERE owner_id = $1
       AND source = $2
       AND external_id = $3
"""

INSERT = """
    INSERT INTO messages (id, conversation_id, owner_id, source, external_id, direction, content,
                          media, sent_at, status)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""

SAVE = """
    UPDATE messages
       SET content = $3, media = $4, sent_at = $5, status = $6
     WHERE owner_id = $1
       AND id = $2
"""

NEWEST = """
    SELECT wanted.id AS conversation_id,
           newest.id, source, external_id, direction, content, media, sent_at, status
      FROM unnest($2::uuid[]) AS wanted (id)
     CROSS JOIN LATERAL (
           SELECT id, source, external_id, direction, content, media, sent_at, status
             FROM messages
            WHERE owner_id = $1
              AND conversation_id = wanted.id
              AND sent_at >= coalesce($3::timestamptz, '-infinity')
              AND sent_at < coalesce($4::timestamptz, 'infinity')
            ORDER BY sent_at DESC, id DESC
            LIMIT $5
           ) AS newest
     ORDER BY sent_at, newest.id
"""


async def take_turn(connection: Connection, owner_id: UUID, message: Message) -> None:
    """Whoever else is told of this message waits until the transaction ends; also when it is not
    there yet, so that the first two words about it do not meet."""
    name = "\n".join([str(owner_id), message.source, message.external_id])
    await connection.execute(TAKE_TURN, name)


async def find(connection: Connection, owner_id: UUID, message: Message) -> StoredMessage | None:
    """What is known of the message with this source and external id."""
    row = await connection.fetchrow(FIND, owner_id, message.source, message.external_id)
    return _stored(row) if row else None


async def insert(connection: Connection, owner_id: UUID, stored: StoredMessage) -> None:
    """Add one that is not there; the turn must have been taken."""
    message = stored.message
    await connection.execute(
        INSERT,
        stored.id,
        stored.conversation_id,
        owner_id,
        message.source,
        message.external_id,
        message.direction,
        message.content,
        message.media,
        message.sent_at,
        message.status,
    )


async def save(connection: Connection, owner_id: UUID, stored: StoredMessage) -> None:
    """Write what `Message.merged` may have changed."""
    message = stored.message
    await connection.execute(
        SAVE, owner_id, stored.id, message.content, message.media, message.sent_at, message.status
    )


async def newest(
    connection: Connection,
    owner_id: UUID,
    conversation_ids: Sequence[UUID],
    *,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> Mapping[UUID, list[StoredMessage]]:
    """By thread the newest of its messages in [since, until), up to `limit`, oldest first."""
    rows = await connection.fetch(NEWEST, owner_id, conversation_ids, since, until, limit)
    found: dict[UUID, list[StoredMessage]] = defaultdict(list)
    for row in rows:
        found[row["conversation_id"]].append(_stored(row))
    return found


def _stored(row: Record) -> StoredMessage:
    message = Message(
        source=row["source"],
        external_id=row["external_id"],
        direction=Direction(row["direction"]),
        content=row["content"],
        media=row["media"],
        sent_at=row["sent_at"],
        status=MessageStatus(row["status"]) if row["status"] else None,
    )
    return StoredMessage(row["id"], row["conversation_id"], message)
