"""Apply bookings of which a newer version is known, or whose reservation is freed or missing.

For the operator: after the restore of an older backup, bookings has the truth.
"""

from collections.abc import Sequence
from uuid import UUID

from linktime_availability.deps import Deps
from linktime_availability.store import booking_versions, host_lock
from linktime_availability.use_cases.apply_booking import apply_booking
from linktime_common.contracts.internal_api.resync import SeenBooking
from linktime_common.errors import Refusal
from linktime_common.logs import logger


async def restore_bookings(bookings: Sequence[SeenBooking], deps: Deps) -> list[UUID]:
    """Return the bookings that could not be applied: another booking has their time."""
    return [entry.booking.id for entry in bookings if not await _restore(entry, deps)]


async def _restore(entry: SeenBooking, deps: Deps) -> bool:
    booking = entry.booking
    try:
        async with deps.database.transaction() as connection:
            await host_lock.take(connection, booking.host.id)
            if entry.seen is not None:
                # An event that was applied since the comparison has changed the version: it stays.
                await booking_versions.forget(connection, booking.id, version=entry.seen)
            await apply_booking(connection, booking, entry.version, revives=True)
    except Refusal as refusal:
        logger().error(
            "a booking could not be restored",
            refused=type(refusal).__name__,
            booking=str(booking.id),
            version=entry.version,
        )
        return False
    return True
