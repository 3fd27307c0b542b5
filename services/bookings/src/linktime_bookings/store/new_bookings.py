"""Insert a booking, its fate, history, event, mails and reminders by one statement."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from linktime_bookings.domain.booking import Booking, HistoryLine
from linktime_bookings.domain.emails import Email
from linktime_bookings.domain.errors import HoldReleased, SlotTaken
from linktime_bookings.domain.reminders import Reminder
from linktime_bookings.store import emails as mails
from linktime_bookings.store import reminders as reminding
from linktime_bookings.store.bookings import HOST_TIME, INSERT
from linktime_bookings.store.rows import COLUMNS, values_of
from linktime_common.contracts.events.bookings import BookingCreated
from linktime_common.messaging import outbox
from linktime_common.postgres import Connection

FATE_DECIDED = "reservation_fates_pkey"

_LAST = len(COLUMNS)
_EMAILS = _LAST + 5 + len(outbox.COLUMNS)
_REMINDERS = _EMAILS + len(mails.EMAIL)

# Inserts nothing when the time is taken, and is rolled back when the fate is decided already. Both
# checks wait for a concurrent transaction that is deciding.
RECORD = f"""
    WITH booked AS (
        {INSERT}
        RETURNING id, version, reservation_id
    ),
    used AS (
        INSERT INTO reservation_fates (reservation_id, fate)
        SELECT reservation_id, 'used' FROM booked
    ),
    history AS (
        INSERT INTO booking_history (booking_id, version, type, at, by, ignored_rules)
        SELECT id, version, ${_LAST + 1}::text, ${_LAST + 2}::timestamptz, ${_LAST + 3}::text,
               ${_LAST + 4}::boolean
          FROM booked
    ),
    event AS (
        INSERT INTO outbox ({outbox.COLUMNS})
        SELECT {outbox.COLUMNS.typed_placeholders(outbox.TYPES, first=_LAST + 5)} FROM booked
    ),
    mails AS (
        INSERT INTO email_messages ({mails.EMAIL})
        SELECT mail.* FROM booked, unnest({mails.EMAIL.arrays(first=_EMAILS)}) AS mail
    ),
    reminding AS (
        INSERT INTO reminders ({reminding.REMINDER})
        SELECT reminder.*
          FROM booked, unnest({reminding.REMINDER.arrays(first=_REMINDERS)}) AS reminder
    )
    SELECT true FROM booked
"""  # noqa: S608 - the parts are constants


@dataclass(frozen=True, kw_only=True)
class NewBooking:
    """A booking with everything that is written with it."""

    booking: Booking
    line: HistoryLine
    event: BookingCreated
    emails: Sequence[Email]
    reminders: Sequence[Reminder]


async def record(connection: Connection, new: NewBooking) -> None:
    """Insert the booking, its reservation's fate, its history, event, mails and reminders.

    Raises SlotTaken, HoldReleased.
    """
    booking, line = new.booking, new.line
    try:
        is_booked = await connection.fetchval(
            RECORD,
            *values_of(booking),
            line.type,
            line.at,
            line.by,
            line.ignored_rules,
            *outbox.values_of(new.event),
            *mails.arrays_of(new.emails),
            *reminding.arrays_of(new.reminders),
        )
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != FATE_DECIDED:
            raise
        raise HoldReleased(str(booking.reservation_id)) from error
    if not is_booked:
        raise SlotTaken(rule=HOST_TIME, starts_at=booking.starts_at)
