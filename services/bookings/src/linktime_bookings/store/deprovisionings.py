"""The `deprovisionings` table: hosts whose future bookings are to be cancelled."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from linktime_bookings.domain.booking import Booking
from linktime_bookings.store.rows import COLUMNS, booking_of
from linktime_common.columns import Columns
from linktime_common.contracts.events.bookings import BookingStatus
from linktime_common.postgres import Connection

# No meeting is longer than a day, so this bounds the index range of unended bookings.
LONGEST_MEETING = timedelta(days=1)

JOB = Columns("membership_id", "host_id", "created_before")

ADD = f"""
    INSERT INTO deprovisionings ({JOB})
    VALUES ({JOB.placeholders()})
    ON CONFLICT (membership_id) DO NOTHING
"""  # noqa: S608 - the columns are a constant

WAITING = f"""
    SELECT {JOB}
      FROM deprovisionings
     ORDER BY created_before, membership_id
     LIMIT $1
"""  # noqa: S608 - the columns are a constant

LOCK_NEXT = f"""
    SELECT {COLUMNS}
      FROM bookings
     WHERE host_id = $1
       AND status = $2
       AND created_at < $3
       AND ends_at > $4
       AND starts_at > $5
     ORDER BY starts_at, id
     LIMIT 1
       FOR UPDATE
"""  # noqa: S608 - the columns are a constant

# A booking may have been committed since `lock_next` returned None.
FINISH = """
    DELETE FROM deprovisionings AS done
     WHERE membership_id = $1
       AND created_before < $2
       AND NOT EXISTS (
           SELECT
             FROM bookings
            WHERE host_id = done.host_id
              AND status = $3
              AND created_at < done.created_before
              AND ends_at > $4
              AND starts_at > $5
           )
"""


@dataclass(frozen=True)
class Deprovisioning:
    """A job: cancel the host's bookings created before an instant that have not ended."""

    membership_id: UUID
    host_id: UUID
    created_before: datetime


async def add(connection: Connection, job: Deprovisioning) -> None:
    """Store the job unless it is stored already."""
    await connection.execute(ADD, *JOB.values(job))


async def waiting(connection: Connection, *, limit: int) -> list[Deprovisioning]:
    """Return up to `limit` unfinished jobs, oldest first."""
    return [Deprovisioning(**row) for row in await connection.fetch(WAITING, limit)]


async def lock_next(
    connection: Connection, job: Deprovisioning, *, now: datetime
) -> Booking | None:
    """Return the earliest booking to cancel, its row locked, or None."""
    row = await connection.fetchrow(
        LOCK_NEXT,
        job.host_id,
        BookingStatus.CONFIRMED,
        job.created_before,
        now,
        now - LONGEST_MEETING,
    )
    return booking_of(row) if row else None


async def finish(
    connection: Connection, job: Deprovisioning, *, now: datetime, settled_before: datetime
) -> None:
    """Delete the job if it is older than `settled_before` and has no bookings left."""
    await connection.execute(
        FINISH,
        job.membership_id,
        settled_before,
        BookingStatus.CONFIRMED,
        now,
        now - LONGEST_MEETING,
    )
