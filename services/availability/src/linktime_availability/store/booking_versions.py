"""The last event taken in of each booking. Read and written under the host's lock,
but for a booking's first event, which `reservations.confirm_first` takes in."""

from dataclasses import dataclass
from uuid import UUID

from linktime_common.postgres import Connection

FIND = "SELECT version, reservation_id FROM booking_versions WHERE booking_id = $1"

SAVE = """
    INSERT INTO booking_versions (booking_id, version, reservation_id)
    VALUES ($1, $2, $3)
    ON CONFLICT (booking_id) DO UPDATE
       SET version = excluded.version, reservation_id = excluded.reservation_id
     WHERE booking_versions.version < excluded.version
"""


@dataclass(frozen=True, slots=True)
class KnownBooking:
    version: int
    reservation_id: UUID


async def find(connection: Connection, booking_id: UUID) -> KnownBooking | None:
    row = await connection.fetchrow(FIND, booking_id)
    return KnownBooking(**row) if row else None


async def save(connection: Connection, booking_id: UUID, booking: KnownBooking) -> None:
    """Remember it unless something newer is known."""
    await connection.execute(SAVE, booking_id, booking.version, booking.reservation_id)
