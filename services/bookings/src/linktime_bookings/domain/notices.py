"""Notices to a host: about webhooks and calendars."""

from datetime import datetime, timedelta
from uuid import UUID

from linktime_bookings.domain.booking import Booking
from linktime_bookings.domain.emails import (
    BookingFacts,
    Email,
    Kind,
    NoticeFacts,
    email_about,
    email_to_user,
)
from linktime_bookings.domain.events import state_of
from linktime_common.contracts.events.availability import CalendarDisconnected, CalendarEventChanged
from linktime_common.contracts.events.webhooks import WebhookNotice

USEFUL_FOR = timedelta(days=7)

KINDS = {
    WebhookNotice.FAILING_24H: Kind.WEBHOOK_FAILING,
    WebhookNotice.FAILING_72H: Kind.WEBHOOK_FAILING,
    WebhookNotice.DISABLED_FAILING: Kind.WEBHOOK_DISABLED,
    WebhookNotice.DISABLED_GONE: Kind.WEBHOOK_DISABLED,
}


def webhook_email(
    *, event_id: UUID, user_id: UUID, notice: WebhookNotice, url: str, at: datetime
) -> Email:
    """Return the mail about a webhook endpoint."""
    facts = NoticeFacts(subject=url, detail=notice)
    return _email(KINDS[notice], facts, event_id=event_id, user_id=user_id, at=at)


def calendar_email(event: CalendarDisconnected) -> Email:
    """Return the mail about a calendar that cannot be read any more."""
    facts = NoticeFacts(
        subject=event.subject, detail=event.reason, stops_booking=bool(event.stops_booking)
    )
    return _email(
        Kind.CALENDAR_DISCONNECTED,
        facts,
        event_id=event.event_id,
        user_id=event.owner_id,
        at=event.occurred_at,
    )


def calendar_event_email(booking: Booking, event: CalendarEventChanged) -> Email:
    """Return the mail about a booking whose event was changed in the host's calendar."""
    facts = BookingFacts(
        booking=state_of(booking),
        manage_url="",  # a mail to a host has no invitee's link
        calendar_change=event.change,
        calendar_start_time=event.new_start_time,
        calendar_end_time=event.new_end_time,
    )
    return email_about(booking, Kind.CALENDAR_EVENT_CHANGED, facts, fact=event.event_id)


def _email(kind: Kind, facts: NoticeFacts, *, event_id: UUID, user_id: UUID, at: datetime) -> Email:
    written = facts.model_dump(mode="json")
    return email_to_user(
        kind, written, event_id=event_id, user_id=user_id, expires_at=at + USEFUL_FOR
    )
