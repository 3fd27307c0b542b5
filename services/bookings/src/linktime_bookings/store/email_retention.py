"""What is removed from `email_messages` when its retention ends; a line for the log stays."""

from datetime import timedelta

from linktime_common.postgres import Connection

# The server's answer may quote the address. A mail that is still waiting is not sent any more.
EMPTY = """
    UPDATE email_messages
       SET recipient = left(recipient, 1) || '…' || substring(recipient FROM '@[^@]*$'),
           recipient_name = NULL,
           facts = NULL,
           content = NULL,
           error = CASE WHEN error LIKE '%@%' THEN NULL ELSE error END,
           status = CASE WHEN status IN ('QUEUED', 'SENDING', 'DEFERRED')
                         THEN 'SUPPRESSED' ELSE status END
     WHERE id IN (
           SELECT id
             FROM email_messages
            WHERE facts IS NOT NULL
              AND created_at < now() - $1::interval
            ORDER BY created_at
            LIMIT $2
              FOR UPDATE SKIP LOCKED
           )
"""


async def empty(connection: Connection, *, older_than: timedelta, limit: int) -> int:
    """Remove address, facts and content of up to `limit` mails; return of how many."""
    status = await connection.execute(EMPTY, older_than, limit)
    return int(status.rsplit(" ", 1)[1])
