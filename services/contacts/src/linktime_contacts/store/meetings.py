"""SQL of the table `meetings`, a projection of bookings."""

from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from linktime_common.columns import Columns
from linktime_common.contracts.events.bookings import BookedEventType, BookingStatus
from linktime_common.postgres import Connection
from linktime_contacts.domain.meeting import Meeting

OWN = Columns("starts_at", "ends_at", "status")
EVENT_TYPE = Columns(
    id="event_type_id",
    name="event_type_name",
    slug="event_type_slug",
    duration_minutes="event_type_minutes",
)
MEETING = OWN + EVENT_TYPE
BOOKED_AT = Columns("booked_at")

INSERT = f"""
    INSERT INTO meetings (owner_id, booking_id, version, {MEETING}, booked_at)
    SELECT $1, $2, $3, {(MEETING + BOOKED_AT).placeholders(first=4)}
     WHERE NOT EXISTS (SELECT FROM user_deletions WHERE user_id = $1)
    ON CONFLICT (booking_id) DO NOTHING
    RETURNING true
"""  # noqa: S608 - the columns are a constant

LINK = "UPDATE meetings SET contact_id = $3 WHERE owner_id = $1 AND booking_id = $2"

# A meeting without a contact was erased and must not be restored.
UPDATE = f"""
    UPDATE meetings
       SET version = $3, {MEETING.assignments(first=4)}
     WHERE owner_id = $1
       AND booking_id = $2
       AND contact_id IS NOT NULL
       AND version < $3
    RETURNING true
"""  # noqa: S608 - the columns are a constant

MOVE = "UPDATE meetings SET contact_id = $3 WHERE owner_id = $1 AND contact_id = $2"

# Of one that an earlier version has recorded, only the contact says when it was booked.
ERASE = f"""
    UPDATE meetings
       SET contact_id = NULL, {(MEETING + BOOKED_AT).assignments_of("NULL")}
     WHERE owner_id = $1
       AND contact_id = $2
       AND ($3::timestamptz IS NULL
            OR coalesce(booked_at,
                        (SELECT created_at FROM contacts WHERE owner_id = $1 AND id = $2)) <= $3)
    RETURNING booking_id
"""  # noqa: S608 - the columns are a constant

BOOKINGS_OF = "SELECT booking_id FROM meetings WHERE owner_id = $1 AND contact_id = $2"

HAS_ANY = "SELECT EXISTS (SELECT FROM meetings WHERE owner_id = $1 AND contact_id = $2)"

UPCOMING = f"""
    SELECT booking_id, {MEETING}
      FROM meetings
     WHERE owner_id = $1
       AND contact_id = $2
       AND starts_at > $3
       AND status = 'CONFIRMED'
     ORDER BY starts_at, booking_id
     LIMIT $4
"""  # noqa: S608 - the columns are a constant

PAST = f"""
    SELECT booking_id, {MEETING}
      FROM meetings
     WHERE owner_id = $1
       AND contact_id = $2
       AND starts_at <= $3
     ORDER BY starts_at DESC, booking_id DESC
     LIMIT $4
"""  # noqa: S608 - the columns are a constant


async def insert(
    connection: Connection, meeting: Meeting, *, owner_id: UUID, version: int, booked_at: datetime
) -> bool:
    """Return False if the booking is already recorded, or its host is or will be deleted.

    A new row has no contact yet.
    """
    values = [*_values(meeting, owner_id, version), booked_at]
    return bool(await connection.fetchval(INSERT, *values))


async def update(connection: Connection, meeting: Meeting, *, owner_id: UUID, version: int) -> bool:
    """Return False, without a change, when the stored version is not older or the meeting was
    erased."""
    return bool(await connection.fetchval(UPDATE, *_values(meeting, owner_id, version)))


async def link(
    connection: Connection, *, owner_id: UUID, booking_id: UUID, contact_id: UUID
) -> None:
    """Set the contact of a meeting."""
    await connection.execute(LINK, owner_id, booking_id, contact_id)


async def move(connection: Connection, *, owner_id: UUID, from_id: UUID, to_id: UUID) -> None:
    """Link the meetings of one locked contact to another one."""
    await connection.execute(MOVE, owner_id, from_id, to_id)


async def erase(
    connection: Connection, *, owner_id: UUID, contact_id: UUID, until: datetime | None = None
) -> list[UUID]:
    """Clear the meetings of a locked contact, or those booked up to `until`; return their bookings.

    The rows stay, so that bookings remain recorded.
    """
    rows = await connection.fetch(ERASE, owner_id, contact_id, until)
    return [row["booking_id"] for row in rows]


async def has_any(connection: Connection, owner_id: UUID, contact_id: UUID) -> bool:
    """Return whether the contact has a meeting that is not erased."""
    return bool(await connection.fetchval(HAS_ANY, owner_id, contact_id))


async def bookings_of(connection: Connection, owner_id: UUID, contact_id: UUID) -> list[UUID]:
    """Return the ids of all bookings of the contact."""
    rows = await connection.fetch(BOOKINGS_OF, owner_id, contact_id)
    return [row["booking_id"] for row in rows]


async def upcoming(
    connection: Connection, owner_id: UUID, contact_id: UUID, *, now: datetime, limit: int
) -> list[Meeting]:
    """Return confirmed meetings that have not started, soonest first."""
    rows = await connection.fetch(UPCOMING, owner_id, contact_id, now, limit)
    return [_meeting(row) for row in rows]


async def past(
    connection: Connection, owner_id: UUID, contact_id: UUID, *, now: datetime, limit: int
) -> list[Meeting]:
    """Return meetings that have started, including cancelled ones, latest first."""
    rows = await connection.fetch(PAST, owner_id, contact_id, now, limit)
    return [_meeting(row) for row in rows]


def _values(meeting: Meeting, owner_id: UUID, version: int) -> list[Any]:
    identity = [owner_id, meeting.booking_id, version]
    return identity + OWN.values(meeting) + EVENT_TYPE.values(meeting.event_type)


def _meeting(row: Record) -> Meeting:
    own = OWN.fields(row)
    return Meeting(
        **{**own, "status": BookingStatus(own["status"])},
        booking_id=row["booking_id"],
        event_type=BookedEventType(**EVENT_TYPE.fields(row)),
    )
