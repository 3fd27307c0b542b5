"""The projection is brought up from what bookings lists, while events may flow."""

from collections.abc import Sequence

from linktime_common.contracts.internal_api.resync import VersionedBooking
from linktime_contacts.deps import Deps
from linktime_contacts.use_cases.record_booking import record_booking


async def rebuild(bookings: Sequence[VersionedBooking], deps: Deps) -> int:
    """How many of them were news; no event is written.

    Each has a transaction of its own: one over all would hold many contacts in an order that the
    consumer's transactions do not keep.
    """
    applied = 0
    for entry in bookings:
        async with deps.database.transaction() as connection:
            applied += await record_booking(
                connection, entry.booking, version=entry.version, told_at=None
            )
    return applied
