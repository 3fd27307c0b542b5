"""The latest known version of each booking. Read and written under the host's lock, except for
a booking's first event, which `reservations.confirm_first` applies."""

from dataclasses import dataclass
from uuid import UUID

from linktime_common.columns import Columns
from linktime_common.postgres import Connection

KNOWN = Columns("version", "reservation_id")

FIND = f"SELECT {KNOWN} FROM booking_versions WHERE booking_id = $1"  # noqa: S608 - the columns are a constant

SAVE = f"""
    INSERT INTO booking_versions (booking_id, {KNOWN})
    VALUES ($1, {KNOWN.placeholders(first=2)})
    ON CONFLICT (booking_id) DO UPDATE
       SET {KNOWN.assignments_from("excluded")}
     WHERE booking_versions.version < excluded.version
"""  # noqa: S608 - the columns are a constant

FORGET = "DELETE FROM booking_versions WHERE booking_id = $1 AND version = $2"


@dataclass(frozen=True, slots=True)
class KnownBooking:
    version: int
    reservation_id: UUID


async def find(connection: Connection, booking_id: UUID) -> KnownBooking | None:
    row = await connection.fetchrow(FIND, booking_id)
    return KnownBooking(**row) if row else None


async def save(connection: Connection, booking_id: UUID, booking: KnownBooking) -> None:
    """Store the version unless a newer one is stored."""
    await connection.execute(SAVE, booking_id, *KNOWN.values(booking))


async def forget(connection: Connection, booking_id: UUID, *, version: int) -> bool:
    """Delete what is known of a booking; False if it is not that version."""
    return not (await connection.execute(FORGET, booking_id, version)).endswith(" 0")
