"""Take in one page of the owners' state, as if it had been heard of in events."""

from linktime_availability.deps import Deps
from linktime_availability.use_cases.take_in_booking import take_in_booking
from linktime_availability.use_cases.take_in_user import take_in_user
from linktime_common.contracts.internal_api.resync import Resync, VersionedBooking
from linktime_common.contracts.internal_api.scim import DirectoryUser
from linktime_common.errors import Refusal
from linktime_common.logs import logger


async def resync(page: Resync, deps: Deps) -> int:
    """How many entries were newer than what was known."""
    applied = 0
    for user in page.users:
        applied += await _apply_user(user, deps)
    for booking in page.bookings:
        applied += await _apply_booking(booking, deps)
    return applied


async def _apply_user(entry: DirectoryUser, deps: Deps) -> bool:
    async with deps.database.transaction() as connection:
        return await take_in_user(connection, entry.user, entry.version)


async def _apply_booking(entry: VersionedBooking, deps: Deps) -> bool:
    try:
        async with deps.database.transaction() as connection:
            return await take_in_booking(connection, entry.booking, entry.version)
    except Refusal as refusal:
        # One booking that cannot have its time must not keep the others from theirs.
        logger().error(
            "a booking could not be taken in",
            refused=type(refusal).__name__,
            booking=str(entry.booking.id),
            version=entry.version,
        )
        return False
