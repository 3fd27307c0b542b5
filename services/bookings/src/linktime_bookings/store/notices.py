"""The `notices` table: notices stored by versions without mail, which become mails.

Nothing writes to it; it is kept while processes of those versions can run.
"""

from linktime_bookings.domain.emails import Email
from linktime_bookings.domain.notices import webhook_email
from linktime_common.contracts.events.webhooks import WebhookNotice
from linktime_common.postgres import Connection

TAKE = """
    DELETE FROM notices
     WHERE event_id IN (
           SELECT event_id
             FROM notices
            ORDER BY requested_at, event_id
            LIMIT $1
              FOR UPDATE SKIP LOCKED
           )
    RETURNING event_id, user_id, notice, url, requested_at
"""


async def take(connection: Connection, *, limit: int) -> list[Email]:
    """Delete up to `limit` notices, and return their mails."""
    return [
        webhook_email(
            event_id=row["event_id"],
            user_id=row["user_id"],
            notice=WebhookNotice(row["notice"]),
            url=row["url"],
            at=row["requested_at"],
        )
        for row in await connection.fetch(TAKE, limit)
    ]
