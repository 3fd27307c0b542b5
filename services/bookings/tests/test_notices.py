"""Notices become mails to the host."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from services.bookings.tests.calls import Caller, slot
from services.bookings.tests.rows import rows

from linktime_bookings.consumers import HANDLERS
from linktime_bookings.deps import Deps
from linktime_bookings.use_cases.queue_notices import queue_notices
from linktime_common.contracts.events.availability import (
    CalendarDisconnected,
    CalendarEventChange,
    CalendarEventChanged,
    DisconnectionReason,
)
from linktime_common.contracts.events.webhooks import NoticeRequested, WebhookNotice
from linktime_common.ids import new_id
from linktime_common.postgres import Database

AT = datetime(2026, 3, 1, tzinfo=UTC)
URL = "https://example.com/hook"
QUEUED = """
    SELECT owner_id, kind, recipient, facts ->> 'subject', facts ->> 'detail', status, expires_at
      FROM email_messages
"""
CHANGED = """
    SELECT owner_id, booking_id, facts -> 'booking' ->> 'id', status,
           facts ->> 'calendarChange', facts ->> 'calendarStartTime', facts ->> 'calendarEndTime'
      FROM email_messages
     WHERE kind = 'calendar_event_changed'
"""
LOST = """
    SELECT facts ->> 'subject', facts ->> 'detail', (facts ->> 'stopsBooking')::boolean
      FROM email_messages
     WHERE kind = 'calendar_disconnected'
"""
STORE = """
    INSERT INTO notices (event_id, user_id, notice, url, requested_at) VALUES ($1, $2, $3, $4, $5)
"""


def mail(user_id: UUID, kind: str, notice: str) -> tuple[object, ...]:
    """Return the row of QUEUED; the address is looked up when the mail is sent."""
    return (user_id, kind, None, URL, notice, "QUEUED", AT + timedelta(days=7))


@pytest.mark.parametrize(
    ("notice", "kind"),
    [
        (WebhookNotice.FAILING_24H, "webhook_failing"),
        (WebhookNotice.FAILING_72H, "webhook_failing"),
        (WebhookNotice.DISABLED_FAILING, "webhook_disabled"),
        (WebhookNotice.DISABLED_GONE, "webhook_disabled"),
    ],
)
async def test_notice_is_one_mail(deps: Deps, notice: WebhookNotice, kind: str) -> None:
    """However often its event is processed."""
    user_id = new_id()
    event = NoticeRequested(
        occurred_at=AT,
        owner_id=user_id,
        aggregate_id=new_id(),
        aggregate_version=1,
        notice=notice,
        url=URL,
    )
    for _ in range(2):
        async with deps.database.transaction() as connection:
            await HANDLERS[NoticeRequested](connection, event)
    assert await rows(deps.database, QUEUED) == [mail(user_id, kind, notice)]


async def test_stored_notices_become_mails(deps: Deps) -> None:
    """Those that an earlier version has stored."""
    user_id = new_id()
    async with deps.database.connection() as connection:
        await connection.execute(STORE, new_id(), user_id, "webhook.disabled.gone", URL, AT)
    await queue_notices(deps)
    await queue_notices(deps)
    expected = mail(user_id, "webhook_disabled", "webhook.disabled.gone")
    assert await rows(deps.database, QUEUED) == [expected]
    assert await rows(deps.database, "SELECT FROM notices") == []


@pytest.mark.parametrize(("stops", "stored"), [(True, True), (False, False), (None, False)])
async def test_a_lost_calendar_is_one_mail(
    deps: Deps, database: Database, *, stops: bool | None, stored: bool
) -> None:
    """With whether nobody can book meanwhile; events of an earlier version do not say it."""
    event = CalendarDisconnected(
        occurred_at=AT,
        owner_id=new_id(),
        aggregate_id=new_id(),
        aggregate_version=1,
        subject="Work",
        reason=DisconnectionReason.UNREACHABLE,
        stops_booking=stops,
    )
    for _ in range(2):
        async with deps.database.transaction() as connection:
            await HANDLERS[CalendarDisconnected](connection, event)
    assert await rows(database, LOST) == [("Work", "calendar.unreachable", stored)]


@pytest.mark.parametrize("is_cancelled", [False, True])
async def test_a_changed_event_is_one_mail(
    host: Caller, deps: Deps, database: Database, *, is_cancelled: bool
) -> None:
    """With the booking as it is and what happened, unless it was cancelled meanwhile."""
    booking_id = await host.booked(slot(0))
    if is_cancelled:
        assert (await host.post(f"/{booking_id}/cancel", {})).status == 200
    event = CalendarEventChanged(
        occurred_at=AT,
        owner_id=host.host_id,
        aggregate_id=UUID(booking_id),
        aggregate_version=1,
        booking_id=UUID(booking_id),
        change=CalendarEventChange.MOVED,
        new_start_time=AT,
        new_end_time=AT + timedelta(hours=1),
    )
    for _ in range(2):
        async with deps.database.transaction() as connection:
            await HANDLERS[CalendarEventChanged](connection, event)
    found = await rows(database, CHANGED)
    what = ("calendar_event.moved", "2026-03-01T00:00:00.000Z", "2026-03-01T01:00:00.000Z")
    about = (host.host_id, UUID(booking_id), booking_id, "QUEUED")
    assert found == ([] if is_cancelled else [(*about, *what)])
