"""The table of meetings: bookings as far as this service has heard of them."""

from datetime import datetime
from uuid import UUID

from asyncpg import Record

from linktime_common.contracts.events.bookings import BookedEventType, BookingStatus
from linktime_common.postgres import Connection
from linktime_contacts.domain.meeting import Meeting

INSERT = """
    INSERT INTO meetings (booking_id, owner_id, version, starts_at, ends_at, status,
                          event_type_id, event_type_name, event_type_slug, event_type_minutes)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT (booking_id) DO NOTHING
    RETURNING true
"""

LINK = "UPDATE meetings SET contact_id = $3 WHERE owner_id = $1 AND booking_id = $2"

# One without a contact was erased with it, and stays so.
UPDATE = """
    UPDATE meetings
       SET version = $3, starts_at = $4, ends_at = $5, status = $6,
           event_type_id = $7, event_type_name = $8, event_type_slug = $9, event_type_minutes = $10
     WHERE booking_id = $1
       AND owner_id = $2
       AND contact_id IS NOT NULL
       AND version < $3
    RETURNING true
"""

ERASE = """
    UPDATE meetings
       SET contact_id = NULL, starts_at = NULL, ends_at = NULL, status = NULL,
           event_type_id = NULL, event_type_name = NULL, event_type_slug = NULL,
           event_type_minutes = NULL
     WHERE owner_id = $1
       AND contact_id = $2
"""

UPCOMING = """
    SELECT booking_id, starts_at, ends_at, status,
           event_type_id, event_type_name, event_type_slug, event_type_minutes
      FROM meetings
     WHERE owner_id = $1
       AND contact_id = $2
       AND starts_at > $3
       AND status = 'CONFIRMED'
     ORDER BY starts_at, booking_id
     LIMIT $4
"""

PAST = """
    SELECT booking_id, starts_at, ends_at, status,
           event_type_id, event_type_name, event_type_slug, event_type_minutes
      FROM meetings
     WHERE owner_id = $1
       AND contact_id = $2
       AND starts_at <= $3
     ORDER BY starts_at DESC, booking_id DESC
     LIMIT $4
"""


async def insert(connection: Connection, meeting: Meeting, *, owner_id: UUID, version: int) -> bool:
    """False when the booking has been heard of before; the row has no contact yet."""
    return bool(await connection.fetchval(INSERT, *values_of(meeting, owner_id, version)))


async def update(connection: Connection, meeting: Meeting, *, owner_id: UUID, version: int) -> bool:
    """False, and no change, when what is known is as new or newer, or was erased."""
    return bool(await connection.fetchval(UPDATE, *values_of(meeting, owner_id, version)))


async def link(
    connection: Connection, *, owner_id: UUID, booking_id: UUID, contact_id: UUID
) -> None:
    """Say whose meeting it is."""
    await connection.execute(LINK, owner_id, booking_id, contact_id)


async def erase(connection: Connection, *, owner_id: UUID, contact_id: UUID) -> None:
    """Forget the meetings of a locked contact; that their bookings were heard of stays known."""
    await connection.execute(ERASE, owner_id, contact_id)


async def upcoming(
    connection: Connection, owner_id: UUID, contact_id: UUID, *, now: datetime, limit: int
) -> list[Meeting]:
    """Confirmed meetings that have not begun, soonest first."""
    rows = await connection.fetch(UPCOMING, owner_id, contact_id, now, limit)
    return [_meeting(row) for row in rows]


async def past(
    connection: Connection, owner_id: UUID, contact_id: UUID, *, now: datetime, limit: int
) -> list[Meeting]:
    """Meetings whose start has passed, cancelled ones too, latest first."""
    rows = await connection.fetch(PAST, owner_id, contact_id, now, limit)
    return [_meeting(row) for row in rows]


def values_of(meeting: Meeting, owner_id: UUID, version: int) -> tuple[object, ...]:
    """What INSERT writes."""
    return (
        meeting.booking_id,
        owner_id,
        version,
        meeting.starts_at,
        meeting.ends_at,
        meeting.status,
        meeting.event_type.id,
        meeting.event_type.name,
        meeting.event_type.slug,
        meeting.event_type.duration_minutes,
    )


def _meeting(row: Record) -> Meeting:
    return Meeting(
        booking_id=row["booking_id"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        status=BookingStatus(row["status"]),
        event_type=BookedEventType(
            id=row["event_type_id"],
            name=row["event_type_name"],
            slug=row["event_type_slug"],
            duration_minutes=row["event_type_minutes"],
        ),
    )
