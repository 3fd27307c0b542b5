"""Messages and calls that are deleted when their retention ends, of all hosts."""

from datetime import timedelta

from linktime_common.postgres import Connection

SECONDS = 60.0

DELETE_MESSAGES = """
    DELETE FROM messages
     WHERE id IN (
           SELECT id
             FROM messages
            WHERE sent_at < now() - $1::interval
            LIMIT $2
              FOR UPDATE SKIP LOCKED
           )
"""

# The foreign key refuses to delete a thread that gets a message at this moment.
DELETE_THREADS = """
    DELETE FROM conversations
     WHERE last_message_at < now() - $1::interval
       AND NOT EXISTS (SELECT FROM messages WHERE conversation_id = conversations.id)
"""

RECOMPUTE_FIRST = """
    UPDATE conversations
       SET first_message_at = (SELECT min(sent_at)
                                 FROM messages
                                WHERE conversation_id = conversations.id)
     WHERE first_message_at < now() - $1::interval
       AND EXISTS (SELECT FROM messages WHERE conversation_id = conversations.id)
"""

DELETE_CALLS = """
    DELETE FROM calls
     WHERE id IN (
           SELECT id
             FROM calls
            WHERE coalesce(ended_at, started_at) < now() - $1::interval
            LIMIT $2
              FOR UPDATE SKIP LOCKED
           )
"""


async def delete_messages(connection: Connection, *, older_than: timedelta, limit: int) -> int:
    """Delete up to `limit` messages sent longer ago than that; return how many."""
    status = await connection.execute(DELETE_MESSAGES, older_than, limit, timeout=SECONDS)
    return int(status.rsplit(" ", 1)[1])


async def tidy_threads(connection: Connection, *, older_than: timedelta) -> None:
    """Delete threads whose messages are deleted, and correct the first time of the others."""
    await connection.execute(DELETE_THREADS, older_than, timeout=SECONDS)
    await connection.execute(RECOMPUTE_FIRST, older_than, timeout=SECONDS)


async def delete_calls(connection: Connection, *, older_than: timedelta, limit: int) -> int:
    """Delete up to `limit` calls that ended longer ago than that; return how many."""
    status = await connection.execute(DELETE_CALLS, older_than, limit, timeout=SECONDS)
    return int(status.rsplit(" ", 1)[1])
