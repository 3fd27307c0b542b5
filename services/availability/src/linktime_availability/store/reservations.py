"""The `reservations` table. Times never change, and freed reservations are never
revived, except by the operator (`forget_freed`)."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg

from linktime_availability.domain.errors import ReservationIdTaken, TimeTaken
from linktime_availability.domain.event_type import Offer
from linktime_availability.domain.moves import BookedTime
from linktime_availability.store import host_lock
from linktime_common.columns import Columns
from linktime_common.contracts.internal_api.availability import ExpiredReservation, Reservation
from linktime_common.postgres import Connection

OWN = Columns(
    "booking_id",
    "buffer_before",
    "buffer_after",
    reservation_id="id",
    start_time="starts_at",
    end_time="ends_at",
)
COLUMNS = OWN + Columns("host_id", "event_type_id", "snapshot")

INSERT_HELD = f"""
    INSERT INTO reservations (status, expires_at, {COLUMNS})
    VALUES ('held', now() + make_interval(secs => $1), {COLUMNS.placeholders(first=2)})
"""  # noqa: S608 - the columns are a constant

INSERT_CONFIRMED = f"""
    INSERT INTO reservations (status, {COLUMNS})
    VALUES ('confirmed', {COLUMNS.placeholders()})
"""  # noqa: S608 - the columns are a constant

# Defined in the migration `0002_hold_as_seen.sql`.
HOLD_AS_SEEN = f"""
    SELECT hold_as_seen(
           lock_key => $1, seen => $2, since => $3, until => $4, hold_seconds => $5,
           {COLUMNS.arguments(first=6)})
"""

# Skips bookings that are known already, and reservations that were freed or do not exist: these
# are processed one by one.
CONFIRM_FIRST = """
    WITH given AS (
        SELECT *
          FROM unnest($1::uuid[], $2::bigint[], $3::uuid[])
            AS g (booking_id, version, reservation_id)
    ),
    kept AS (
        UPDATE reservations r
           SET status = 'confirmed', expires_at = NULL
          FROM given g
         WHERE r.id = g.reservation_id
           AND r.booking_id = g.booking_id
           AND r.status <> 'freed'
           AND NOT EXISTS (SELECT FROM booking_versions v WHERE v.booking_id = g.booking_id)
        RETURNING g.booking_id, g.version, g.reservation_id
    )
    INSERT INTO booking_versions (booking_id, version, reservation_id)
    SELECT booking_id, version, reservation_id FROM kept ORDER BY booking_id
    ON CONFLICT DO NOTHING
    RETURNING booking_id
"""

FIND = f"""
    SELECT status = 'freed' AS freed, {COLUMNS.without("buffer_before", "buffer_after")}
      FROM reservations
     WHERE id = $1
"""  # noqa: S608 - the columns are a constant

BOOKED = Columns("booking_id", "event_type_id", "starts_at", "ends_at")

# A booking that is being moved has two live reservations, of the same length. The parts have an
# index each.
FIND_BOOKED = f"""
    SELECT *
      FROM (SELECT {BOOKED}, false AS freed
              FROM reservations
             WHERE host_id = $1
               AND booking_id = $2
               AND status <> 'freed'
             UNION ALL
            SELECT {BOOKED}, true AS freed
              FROM reservations
             WHERE host_id = $1
               AND booking_id = $2
               AND status = 'freed') found
     ORDER BY freed, ends_at DESC
     LIMIT 1
"""  # noqa: S608 - the columns are a constant

# The parts have an index each.
LIST_OWN = """
    SELECT booking_id
      FROM reservations
     WHERE host_id = $1
       AND booking_id = ANY ($2)
       AND status <> 'freed'
     UNION
    SELECT booking_id
      FROM reservations
     WHERE host_id = $1
       AND booking_id = ANY ($2)
       AND status = 'freed'
"""

CONFIRM = """
    UPDATE reservations
       SET status = 'confirmed', expires_at = NULL
     WHERE id = $1
       AND status = 'held'
"""

FREE = """
    INSERT INTO reservations (id, status)
    VALUES ($1, 'freed')
    ON CONFLICT (id) DO UPDATE
       SET status = 'freed', expires_at = NULL
     WHERE reservations.status <> 'freed'
"""

FORGET_FREED = "DELETE FROM reservations WHERE id = $1 AND status = 'freed'"

FREE_OF_BOOKING = """
    UPDATE reservations
       SET status = 'freed', expires_at = NULL
     WHERE booking_id = $1
       AND status <> 'freed'
"""

LIST_EXPIRED = """
    SELECT id AS reservation_id, booking_id
      FROM reservations
     WHERE status = 'held'
       AND expires_at < now()
     ORDER BY expires_at, id
     LIMIT $1
"""

OVERDUE = """
    SELECT count(*) AS holds,
           coalesce(extract(epoch FROM now() - min(expires_at)), 0)::float8 AS oldest_seconds
      FROM reservations
     WHERE status = 'held'
       AND expires_at < now()
"""


@dataclass(frozen=True, slots=True)
class KnownReservation:
    """A stored reservation; a tombstone has `id` and `freed` only."""

    id: UUID
    freed: bool
    booking_id: UUID | None
    host_id: UUID | None
    event_type_id: UUID | None
    starts_at: datetime | None
    ends_at: datetime | None
    snapshot: dict[str, Any] | None


async def insert_held(
    connection: Connection, reservation: Reservation, *, hold_seconds: int
) -> None:
    """Raises TimeTaken when another booking has the time, ReservationIdTaken for a used id."""
    await _insert(connection, INSERT_HELD, reservation, float(hold_seconds), *_values(reservation))


async def hold_as_seen(
    connection: Connection, reservation: Reservation, offer: Offer, *, hold_seconds: int
) -> bool:
    """Lock the host and hold the time; False if the reservations differ from those of `offer`.

    Call it in autocommit mode. Raises as `insert_held`, and TimeoutError after WAIT_SECONDS for
    the lock.
    """
    key = host_lock.key_of(reservation.host.id)
    since, until = (datetime.fromtimestamp(one, UTC) for one in offer.span)
    with _refused(reservation):
        return bool(
            await connection.fetchval(
                HOLD_AS_SEEN,
                key,
                offer.reservation_ids,
                since,
                until,
                float(hold_seconds),
                *_values(reservation),
                timeout=host_lock.WAIT_SECONDS,
            )
        )


async def insert_confirmed(connection: Connection, reservation: Reservation) -> None:
    """Raises TimeTaken when another booking has the time, ReservationIdTaken for a used id."""
    await _insert(connection, INSERT_CONFIRMED, reservation, *_values(reservation))


def _values(reservation: Reservation) -> list[Any]:
    return [
        *OWN.values(reservation),
        reservation.host.id,
        reservation.event_type.id,
        reservation.model_dump(mode="json"),
    ]


async def _insert(
    connection: Connection, statement: str, reservation: Reservation, *values: Any
) -> None:
    with _refused(reservation):
        await connection.execute(statement, *values)


@contextmanager
def _refused(reservation: Reservation) -> Iterator[None]:
    try:
        yield
    except asyncpg.ExclusionViolationError as error:
        raise TimeTaken(reservation=str(reservation.reservation_id)) from error
    except asyncpg.UniqueViolationError as error:
        raise ReservationIdTaken(reservation=str(reservation.reservation_id)) from error


async def confirm_first(
    connection: Connection, bookings: Sequence[tuple[UUID, int, UUID]]
) -> set[UUID]:
    """Confirm the reservations of new bookings, given as (booking, version, reservation).

    Returns the ids of the bookings that need no further processing.
    """
    rows = await connection.fetch(CONFIRM_FIRST, *map(list, zip(*bookings, strict=True)))
    return {row["booking_id"] for row in rows}


async def find(connection: Connection, reservation_id: UUID) -> KnownReservation | None:
    row = await connection.fetchrow(FIND, reservation_id)
    return KnownReservation(**row) if row else None


async def find_booked(
    connection: Connection, *, host_id: UUID, booking_id: UUID
) -> BookedTime | None:
    """Return the latest live reservation of the host's booking, or else a freed one, or None."""
    row = await connection.fetchrow(FIND_BOOKED, host_id, booking_id)
    return BookedTime(**row) if row else None


async def list_own(
    connection: Connection, *, host_id: UUID, booking_ids: Collection[UUID]
) -> set[UUID]:
    """Return which of the bookings are or were the host's, moved and cancelled ones included."""
    rows = await connection.fetch(LIST_OWN, host_id, list(booking_ids))
    return {row["booking_id"] for row in rows}


async def confirm(connection: Connection, reservation_id: UUID) -> bool:
    """Set held to confirmed; False when it was not held."""
    return _changed(await connection.execute(CONFIRM, reservation_id))


async def free(connection: Connection, reservation_id: UUID) -> None:
    """Free the reservation for good; an unknown id becomes a tombstone."""
    await connection.execute(FREE, reservation_id)


async def forget_freed(connection: Connection, reservation_id: UUID) -> None:
    """Delete a freed reservation, so that it can be restored; the caller locks the host."""
    await connection.execute(FORGET_FREED, reservation_id)


async def free_of_booking(connection: Connection, booking_id: UUID) -> None:
    await connection.execute(FREE_OF_BOOKING, booking_id)


async def list_expired(connection: Connection, *, limit: int) -> list[ExpiredReservation]:
    """Return holds that have expired by the database's clock, oldest first."""
    rows = await connection.fetch(LIST_EXPIRED, limit)
    return [ExpiredReservation(**row) for row in rows]


async def find_overdue(connection: Connection) -> tuple[int, float]:
    """Return how many holds have expired, and how many seconds ago the first of them did."""
    row: Any = await connection.fetchrow(OVERDUE)
    return row["holds"], row["oldest_seconds"]


def _changed(status: str) -> bool:
    return status.rsplit(" ", 1)[1] != "0"
