"""Notices for users are stored until there is mail."""

from datetime import UTC, datetime

from services.bookings.tests.rows import rows

from linktime_bookings.consumers import HANDLERS
from linktime_bookings.deps import Deps
from linktime_common.contracts.events.webhooks import NoticeRequested, WebhookNotice
from linktime_common.ids import new_id

KEPT = "SELECT user_id, notice, url FROM notices"


async def test_notice_is_stored_once(deps: Deps) -> None:
    """However often its event is processed."""
    user_id = new_id()
    event = NoticeRequested(
        occurred_at=datetime(2026, 3, 1, tzinfo=UTC),
        owner_id=user_id,
        aggregate_id=new_id(),
        aggregate_version=1,
        notice=WebhookNotice.FAILING_24H,
        url="https://example.com/hook",
    )
    for _ in range(2):
        async with deps.database.transaction() as connection:
            await HANDLERS[NoticeRequested](connection, event)
    assert await rows(deps.database, KEPT) == [
        (user_id, "webhook.failing.24h", "https://example.com/hook")
    ]
