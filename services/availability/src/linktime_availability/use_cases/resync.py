"""Apply one page of the owners' state like events."""

from linktime_availability.deps import Deps
from linktime_availability.use_cases.apply_booking import apply_booking
from linktime_availability.use_cases.apply_user import apply_user
from linktime_common.contracts.internal_api.resync import Resync, VersionedBooking
from linktime_common.contracts.internal_api.scim import DirectoryUser
from linktime_common.errors import Refusal
from linktime_common.logs import logger


async def resync(page: Resync, deps: Deps) -> int:
    """Apply the entries and return how many were newer than the stored ones."""
    applied = 0
    for user in page.users:
        applied += await _apply_user(user, deps)
    for booking in page.bookings:
        applied += await _apply_booking(booking, deps)
    return applied


async def _apply_user(entry: DirectoryUser, deps: Deps) -> bool:
    async with deps.database.transaction() as connection:
        return await apply_user(connection, entry.user, entry.version)


async def _apply_booking(entry: VersionedBooking, deps: Deps) -> bool:
    try:
        async with deps.database.transaction() as connection:
            return await apply_booking(connection, entry.booking, entry.version)
    except Refusal as refusal:
        # A booking whose time is taken must not stop the resync of the others.
        logger().error(
            "resync of a booking failed",
            refused=type(refusal).__name__,
            booking=str(entry.booking.id),
            version=entry.version,
        )
        return False
