"""Rebuild meetings from a list of bookings while events may arrive."""

from collections.abc import Sequence

from linktime_common.contracts.internal_api.resync import VersionedBooking
from linktime_contacts.deps import Deps
from linktime_contacts.domain.errors import ContactEmailTaken
from linktime_contacts.use_cases.record_booking import record_booking


async def rebuild(bookings: Sequence[VersionedBooking], deps: Deps) -> int:
    """Return the number of bookings that caused a change; no event is written.

    Each booking has its own transaction: one for all would lock contacts in another order than the
    consumer does.
    """
    applied = 0
    for entry in bookings:
        try:
            applied += await _record(entry, deps)
        except ContactEmailTaken:
            # Its contact was merged into another one meanwhile, which is found now.
            applied += await _record(entry, deps)
    return applied


async def _record(entry: VersionedBooking, deps: Deps) -> bool:
    async with deps.database.transaction() as connection:
        return await record_booking(
            connection,
            entry.booking,
            version=entry.version,
            occurred_at=None,
            now=deps.clock.now(),
        )
