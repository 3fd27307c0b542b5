"""The `notices` table: what users shall be told of, kept for the mail."""

from linktime_common.columns import Columns
from linktime_common.contracts.events.webhooks import NoticeRequested
from linktime_common.postgres import Connection

NOTICE = Columns("event_id", "notice", "url", owner_id="user_id", occurred_at="requested_at")

ADD = f"""
    INSERT INTO notices ({NOTICE})
    VALUES ({NOTICE.placeholders()})
    ON CONFLICT (event_id) DO NOTHING
"""  # noqa: S608 - the columns are a constant


async def add(connection: Connection, event: NoticeRequested) -> None:
    """Keep it; once, however often the event comes."""
    await connection.execute(ADD, *NOTICE.values(event))
