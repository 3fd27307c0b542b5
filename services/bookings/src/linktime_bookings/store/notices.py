"""The `notices` table: notices for users, stored until there is mail."""

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
    """Store the notice once per event."""
    await connection.execute(ADD, *NOTICE.values(event))
