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
     WHERE id IN (
           SELECT id
             FROM conversations
            WHERE last_message_at < now() - $1::interval
              AND NOT EXISTS (SELECT FROM messages WHERE conversation_id = conversations.id)
            LIMIT $2
              FOR UPDATE SKIP LOCKED
           )
"""

RECOMPUTE_FIRST = """
    UPDATE conversations
       SET first_message_at = (SELECT min(sent_at)
                                 FROM messages
                                WHERE conversation_id = conversations.id)
     WHERE id IN (
           SELECT id
             FROM conversations
            WHERE first_message_at < now() - $1::interval
              AND EXISTS (SELECT FROM messages WHERE conversation_id = conversations.id)
            LIMIT $2
              FOR NO KEY UPDATE SKIP LOCKED
           )
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
    return await _run(connection, DELETE_MESSAGES, older_than, limit)


async def delete_threads(connection: Connection, *, older_than: timedelta, limit: int) -> int:
    """Delete up to `limit` threads whose messages are deleted; return how many."""
    return await _run(connection, DELETE_THREADS, older_than, limit)


async def recompute_first(connection: Connection, *, older_than: timedelta, limit: int) -> int:
    """Correct the first time of up to `limit` threads with deleted messages; return how many."""
    return await _run(connection, RECOMPUTE_FIRST, older_than, limit)


async def delete_calls(connection: Connection, *, older_than: timedelta, limit: int) -> int:
    """Delete up to `limit` calls that ended longer ago than that; return how many."""
    return await _run(connection, DELETE_CALLS, older_than, limit)


async def _run(connection: Connection, statement: str, older_than: timedelta, limit: int) -> int:
    status = await connection.execute(statement, older_than, limit, timeout=SECONDS)
    return int(status.rsplit(" ", 1)[1])
