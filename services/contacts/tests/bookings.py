"""Booking states for events."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from linktime_common.contracts.events.bookings import (
    BookedEventType,
    BookedHost,
    BookingState,
    BookingStatus,
)
from linktime_common.ids import new_id

NOW = datetime(2026, 3, 1, 14, 0, tzinfo=UTC)
INTRO = BookedEventType(id=new_id(), name="Intro", slug="intro", duration_minutes=30)


def a_booking(host_id: UUID, *, start: datetime = NOW, **fields: Any) -> BookingState:
    """Return a confirmed booking of half an hour with Zoë; any field can be overridden."""
    return BookingState(
        **{
            "id": new_id(),
            "status": BookingStatus.CONFIRMED,
            "start_time": start,
            "end_time": start + timedelta(minutes=30),
            "buffer_before": 0,
            "buffer_after": 0,
            "invitee_name": "Zoë",
            "invitee_email": "zoe@example.com",
            "invitee_timezone": "Europe/Berlin",
            "invitee_phone": None,
            "notes": None,
            "answers": [],
            "event_type": INTRO,
            "host": BookedHost(id=host_id, name="Ann", email="ann@example.com", username="ann"),
            "location": None,
            "source": "api",
            "sequence": 0,
            "reservation_id": new_id(),
            "created_at": NOW,
            "updated_at": NOW,
            "cancelled_at": None,
            "cancellation_reason": None,
            **fields,
        }
    )
