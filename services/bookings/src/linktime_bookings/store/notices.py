"""The `notices` table: what users shall be told of, kept for the mail."""

from linktime_common.contracts.events.webhooks import NoticeRequested
from linktime_common.postgres import Connection

ADD = """
    INSERT INTO notices (event_id, user_id, notice, url, requested_at)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (event_id) DO NOTHING
"""


async def add(connection: Connection, event: NoticeRequested) -> None:
    """Keep it; once, however often the event comes."""
    await connection.execute(
        ADD, event.event_id, event.owner_id, event.notice, event.url, event.occurred_at
    )
