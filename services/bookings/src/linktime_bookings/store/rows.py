"""Conversions between rows of `bookings` and bookings."""

from typing import Any

import asyncpg

from linktime_bookings.domain.booking import Booking, Invitee
from linktime_common.columns import Columns
from linktime_common.contracts.events.bookings import (
    Answer,
    BookedEventType,
    BookedHost,
    BookingStatus,
)

OWN = Columns(
    "id",
    "version",
    "sequence",
    "status",
    "starts_at",
    "ends_at",
    "buffer_before",
    "buffer_after",
    "location",
    "source",
    "reservation_id",
    "created_at",
    "updated_at",
    "cancelled_at",
    "cancellation_reason",
    "change_notice_minutes",
    "reminder_minutes",
    "reminders_wanted",
)
INVITEE = Columns(
    "notes",
    name="invitee_name",
    email="invitee_email",
    timezone="invitee_timezone",
    phone="invitee_phone",
    locale="invitee_locale",
)
EVENT_TYPE = Columns(
    id="event_type_id",
    name="event_type_name",
    slug="event_type_slug",
    duration_minutes="event_type_minutes",
)
HOST = Columns(
    id="host_id",
    name="host_name",
    email="host_email",
    username="host_username",
    timezone="host_timezone",
    locale="host_locale",
)
COLUMNS = OWN + INVITEE + EVENT_TYPE + HOST + Columns("answers")


def values_of(booking: Booking) -> list[Any]:
    """Return the booking's values in the order of COLUMNS."""
    return [
        *OWN.values(booking),
        *INVITEE.values(booking.invitee),
        *EVENT_TYPE.values(booking.event_type),
        *HOST.values(booking.host),
        [answer.model_dump(mode="json") for answer in booking.answers],
    ]


def booking_of(row: asyncpg.Record) -> Booking:
    """Return the booking of a row that has COLUMNS."""
    own = OWN.fields(row)
    return Booking(
        **{**own, "status": BookingStatus(own["status"])},
        invitee=Invitee(**INVITEE.fields(row)),
        event_type=BookedEventType(**EVENT_TYPE.fields(row)),
        host=BookedHost(**HOST.fields(row)),
        answers=[Answer.model_validate(answer) for answer in row["answers"]],
    )
