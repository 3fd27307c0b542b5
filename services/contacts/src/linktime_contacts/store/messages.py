"""SQL of the table `messages`."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from linktime_common.columns import Columns
from linktime_common.postgres import Connection
from linktime_common.redaction import with_hash
from linktime_contacts.domain.direction import Direction
from linktime_contacts.domain.message import Message, MessageStatus, StoredMessage

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"

MESSAGE = Columns("source", "external_id", "direction", "content", "media", "sent_at", "status")
MERGED = MESSAGE.without("source", "external_id", "direction")

FIND = f"""
    SELECT id, conversation_id, {MESSAGE}
      FROM messages
     WHERE owner_id = $1
       AND source = ANY ($2)
       AND external_id = ANY ($3)
"""  # noqa: S608 - the columns are a constant

INSERT = f"""
    INSERT INTO messages (owner_id, id, conversation_id, {MESSAGE})
    VALUES ($1, $2, $3, {MESSAGE.placeholders(first=4)})
"""  # noqa: S608 - the columns are a constant

SAVE = f"""
    UPDATE messages
       SET {MERGED.assignments(first=3)}
     WHERE owner_id = $1
       AND id = $2
"""  # noqa: S608 - the columns are a constant

NEWEST = f"""
    SELECT wanted.id AS conversation_id, newest.id, {MESSAGE}
      FROM unnest($2::uuid[]) AS wanted (id)
     CROSS JOIN LATERAL (
           SELECT id, {MESSAGE}
             FROM messages
            WHERE owner_id = $1
              AND conversation_id = wanted.id
              AND sent_at >= coalesce($3::timestamptz, '-infinity')
              AND sent_at < coalesce($4::timestamptz, 'infinity')
            ORDER BY sent_at DESC, id DESC
            LIMIT $5
           ) AS newest
     ORDER BY sent_at, newest.id
"""  # noqa: S608 - the columns are a constant


async def lock(connection: Connection, owner_id: UUID, message: Message) -> None:
    """Lock the message's source and external id until the transaction ends.

    An advisory lock, because two first reports of a message have no row to lock.
    """
    name = "\n".join([str(owner_id), message.source, message.external_id])
    await connection.execute(LOCK, name)


async def find(connection: Connection, owner_id: UUID, message: Message) -> StoredMessage | None:
    """Return the message with this source and external id, or None."""
    names = with_hash(message.source), with_hash(message.external_id)
    row = await connection.fetchrow(FIND, owner_id, *names)
    return _stored(row) if row else None


async def insert(connection: Connection, owner_id: UUID, stored: StoredMessage) -> None:
    """Insert a new message; `lock` must have been called."""
    values = MESSAGE.values(stored.message)
    await connection.execute(INSERT, owner_id, stored.id, stored.conversation_id, *values)


async def save(connection: Connection, owner_id: UUID, stored: StoredMessage) -> None:
    """Write the fields that `Message.merged` may change."""
    await connection.execute(SAVE, owner_id, stored.id, *MERGED.values(stored.message))


async def newest(
    connection: Connection,
    owner_id: UUID,
    conversation_ids: Sequence[UUID],
    *,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> Mapping[UUID, list[StoredMessage]]:
    """Return up to `limit` newest messages of each thread in [since, until), oldest first."""
    rows = await connection.fetch(NEWEST, owner_id, conversation_ids, since, until, limit)
    found: dict[UUID, list[StoredMessage]] = defaultdict(list)
    for row in rows:
        found[row["conversation_id"]].append(_stored(row))
    return found


def _stored(row: Record) -> StoredMessage:
    fields = MESSAGE.fields(row)
    fields["direction"] = Direction(fields["direction"])
    fields["status"] = MessageStatus(fields["status"]) if fields["status"] else None
    message = Message(**fields)
    return StoredMessage(row["id"], row["conversation_id"], message)
