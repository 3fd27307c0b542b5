"""The `deprovisionings` table: hosts whose coming bookings are still to be cancelled."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from linktime_bookings.domain.booking import Booking
from linktime_bookings.store.rows import COLUMNS, booking_of
from linktime_common.columns import Columns
from linktime_common.contracts.events.bookings import BookingStatus
from linktime_common.postgres import Connection

# No meeting is longer than a day: one that starts earlier has ended.
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

# A booking may have come since the last look.
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
    """A host's bookings made before that instant are cancelled if they are still to come."""

    membership_id: UUID
    host_id: UUID
    created_before: datetime


async def add(connection: Connection, job: Deprovisioning) -> None:
    """Keep it until it is finished; one that is kept already stays as it is."""
    await connection.execute(ADD, *JOB.values(job))


async def waiting(connection: Connection, *, limit: int) -> list[Deprovisioning]:
    """Up to `limit` of those not finished, oldest first."""
    return [Deprovisioning(**row) for row in await connection.fetch(WAITING, limit)]


async def lock_next(
    connection: Connection, job: Deprovisioning, *, now: datetime
) -> Booking | None:
    """The soonest booking to be cancelled, nobody else's to change until the transaction ends."""
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
    """Forget the job if it began before `settled_before` and none of its bookings is left."""
    await connection.execute(
        FINISH,
        job.membership_id,
        settled_before,
        BookingStatus.CONFIRMED,
        now,
        now - LONGEST_MEETING,
    )
