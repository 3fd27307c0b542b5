"""Between a row of `bookings` and a booking."""

from typing import Any

import asyncpg

from linktime_bookings.domain.booking import Booking, Invitee
from linktime_common.contracts.events.bookings import (
    Answer,
    BookedEventType,
    BookedHost,
    BookingStatus,
)

COLUMNS = """
    id, host_id, version, sequence, status, starts_at, ends_at, buffer_before, buffer_after,
    invitee_name, invitee_email, invitee_timezone, invitee_phone, notes, answers,
    event_type_id, event_type_name, event_type_slug, event_type_minutes,
    host_name, host_email, host_username, host_timezone, location, source, reservation_id,
    created_at, updated_at, cancelled_at, cancellation_reason
"""


def values_of(booking: Booking) -> tuple[Any, ...]:
    """The booking's values in the order of COLUMNS."""
    invitee, event_type, host = booking.invitee, booking.event_type, booking.host
    return (
        booking.id,
        host.id,
        booking.version,
        booking.sequence,
        booking.status,
        booking.starts_at,
        booking.ends_at,
        booking.buffer_before,
        booking.buffer_after,
        invitee.name,
        invitee.email,
        invitee.timezone,
        invitee.phone,
        invitee.notes,
        [answer.model_dump(mode="json") for answer in booking.answers],
        event_type.id,
        event_type.name,
        event_type.slug,
        event_type.duration_minutes,
        host.name,
        host.email,
        host.username,
        host.timezone,
        booking.location,
        booking.source,
        booking.reservation_id,
        booking.created_at,
        booking.updated_at,
        booking.cancelled_at,
        booking.cancellation_reason,
    )


def booking_of(row: asyncpg.Record) -> Booking:
    """The booking in a row that has COLUMNS."""
    return Booking(
        id=row["id"],
        version=row["version"],
        sequence=row["sequence"],
        status=BookingStatus(row["status"]),
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        buffer_before=row["buffer_before"],
        buffer_after=row["buffer_after"],
        invitee=Invitee(
            name=row["invitee_name"],
            email=row["invitee_email"],
            timezone=row["invitee_timezone"],
            phone=row["invitee_phone"],
            notes=row["notes"],
        ),
        answers=[Answer.model_validate(answer) for answer in row["answers"]],
        event_type=BookedEventType(
            id=row["event_type_id"],
            name=row["event_type_name"],
            slug=row["event_type_slug"],
            duration_minutes=row["event_type_minutes"],
        ),
        host=BookedHost(
            id=row["host_id"],
            name=row["host_name"],
            email=row["host_email"],
            username=row["host_username"],
            timezone=row["host_timezone"],
        ),
        location=row["location"],
        source=row["source"],
        reservation_id=row["reservation_id"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        cancelled_at=row["cancelled_at"],
        cancellation_reason=row["cancellation_reason"],
    )
