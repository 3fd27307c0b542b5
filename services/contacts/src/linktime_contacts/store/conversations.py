"""SQL of the table `conversations`."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from asyncpg import Record

from linktime_common.columns import Columns
from linktime_common.postgres import Connection
from linktime_contacts.domain.message import Channel, Conversation, Thread

THREAD = Columns("channel", "contact_address", "our_address")

OPEN_OR_LOCK = f"""
    INSERT INTO conversations AS known (first_message_at, last_message_at, id, owner_id, {THREAD})
    VALUES ($1, $1, $2, $3, {THREAD.placeholders(first=4)})
    ON CONFLICT (owner_id, contact_address, channel, our_address) DO UPDATE
       SET first_message_at = least(known.first_message_at, excluded.first_message_at),
           last_message_at = greatest(known.last_message_at, excluded.last_message_at)
    RETURNING id
"""  # noqa: S608 - the columns are a constant

LOCK = "SELECT id FROM conversations WHERE owner_id = $1 AND id = $2 FOR NO KEY UPDATE"

RECOMPUTE_TIMES = """
    UPDATE conversations
       SET first_message_at = (SELECT min(sent_at) FROM messages WHERE conversation_id = $2),
           last_message_at = (SELECT max(sent_at) FROM messages WHERE conversation_id = $2)
     WHERE owner_id = $1
       AND id = $2
"""

# A thread matches when one of its messages is in [$2, $3). The times of its first and last message
# usually decide; messages are read only when both are outside.
_WANTED = """
           owner_id = $1
       AND last_message_at >= coalesce($2::timestamptz, '-infinity')
       AND first_message_at < coalesce($3::timestamptz, 'infinity')
       AND (last_message_at < coalesce($3::timestamptz, 'infinity')
            OR first_message_at >= coalesce($2::timestamptz, '-infinity')
            OR EXISTS (SELECT FROM messages
                        WHERE conversation_id = conversations.id
                          AND sent_at >= $2
                          AND sent_at < $3))
"""

COUNT = f"SELECT count(*) FROM conversations WHERE {_WANTED}"  # noqa: S608 - a constant

COUNT_OF_ADDRESS = f"{COUNT} AND contact_address = $4"

PAGE = f"""
    SELECT page.id, channel, contact_address, last_message_at,
           contact.id AS contact_id, contact.name AS contact_name
      FROM conversations AS page
      LEFT JOIN LATERAL (
           (SELECT id, name
              FROM contacts
             WHERE owner_id = $1
               AND phone = contact_address
             ORDER BY created_at, id
             LIMIT 1)
           UNION ALL
           SELECT kept.id, kept.name
             FROM contact_aliases
             JOIN contacts AS kept ON kept.id = contact_id
            WHERE contact_aliases.owner_id = $1
              AND kind = 'phone'
              AND key = contact_address
           LIMIT 1
           ) AS contact ON true
     WHERE owner_id = $1
       AND page.id IN (
           SELECT id
             FROM conversations
            WHERE {_WANTED}
            ORDER BY last_message_at DESC, id
            LIMIT $4
           OFFSET $5
           )
     ORDER BY last_message_at DESC, page.id
"""  # noqa: S608 - a constant

PAGE_OF_ADDRESS = PAGE.replace(_WANTED, f"{_WANTED} AND contact_address = $6")


class ListedConversations(NamedTuple):
    """One page of threads and the total number."""

    conversations: list[Conversation]
    total: int


async def open_or_lock(
    connection: Connection, thread: Thread, *, owner_id: UUID, new_id: UUID, sent_at: datetime
) -> UUID:
    """Create or lock the thread for a new message of that time, and return its id.

    `new_id` is the id of a created thread.
    """
    values = THREAD.values(thread)
    found: UUID = await connection.fetchval(OPEN_OR_LOCK, sent_at, new_id, owner_id, *values)
    return found


async def lock(connection: Connection, owner_id: UUID, conversation_id: UUID) -> None:
    """Lock the thread against new and moved messages."""
    await connection.execute(LOCK, owner_id, conversation_id)


async def recompute_times(connection: Connection, owner_id: UUID, conversation_id: UUID) -> None:
    """Recompute the times of the first and last message of a locked thread."""
    await connection.execute(RECOMPUTE_TIMES, owner_id, conversation_id)


async def page(
    connection: Connection,
    owner_id: UUID,
    *,
    address: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    offset: int,
) -> ListedConversations:
    """Return a page of the owner's threads with a message in [since, until), newest first, then by
    id."""
    if address is None:
        rows = await connection.fetch(PAGE, owner_id, since, until, limit, offset)
        total = await connection.fetchval(COUNT, owner_id, since, until)
    else:
        rows = await connection.fetch(
            PAGE_OF_ADDRESS, owner_id, since, until, limit, offset, address
        )
        total = await connection.fetchval(COUNT_OF_ADDRESS, owner_id, since, until, address)
    return ListedConversations([_conversation(row) for row in rows], total)


def _conversation(row: Record) -> Conversation:
    return Conversation(**{**row, "channel": Channel(row["channel"])})
