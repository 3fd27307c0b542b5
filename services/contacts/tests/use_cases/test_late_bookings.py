"""Bookings whose event arrives long after they were made."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest

from linktime_common.clock import SystemClock
from linktime_common.contracts.events.bookings import BookingCreated, BookingState, BookingStatus
from linktime_common.contracts.internal_api.resync import VersionedBooking
from linktime_common.ids import new_id
from linktime_common.keyset import Order
from linktime_common.postgres import Database
from linktime_contacts.consumers import HANDLERS
from linktime_contacts.deps import Deps
from linktime_contacts.store import contact_lists
from linktime_contacts.use_cases.rebuild import rebuild

Record = Callable[[Database, BookingState], Awaitable[None]]


async def consume(database: Database, booking: BookingState, version: int = 1) -> None:
    event = BookingCreated(
        occurred_at=booking.created_at,
        owner_id=booking.host.id,
        aggregate_id=booking.id,
        aggregate_version=version,
        booking=booking,
    )
    async with database.transaction() as connection:
        await HANDLERS[BookingCreated](connection, event)


async def resync(database: Database, booking: BookingState) -> None:
    await rebuild([VersionedBooking(booking=booking, version=1)], Deps(database, SystemClock()))


async def changed_since(
    database: Database, owner_id: UUID, since: datetime
) -> list[tuple[str | None, datetime]]:
    """Return phone and creation of the contacts that a reader of changes finds."""
    async with database.connection() as connection:
        found = await contact_lists.list_page(
            connection,
            owner_id,
            filters=contact_lists.ContactFilters(updated_since=since),
            order=Order.DESC,
            limit=10,
            offset=0,
            after_position=None,
            now=since,
        )
    return [(contact.phone, contact.created_at) for contact, _figures in found.contacts]


@pytest.mark.parametrize("record", [consume, resync])
async def test_readers_of_changes_find_what_a_late_booking_adds_and_fills(
    database: Database, booking: Callable[..., BookingState], record: Record
) -> None:
    """`updatedAt` is the time of the write, `createdAt` that of the booking."""
    owner_id = new_id()
    for phone in (None, "+4930123456"):
        read_at = datetime.now(UTC)
        assert await changed_since(database, owner_id, read_at) == []
        late = booking(owner_id, invitee_phone=phone)
        await record(database, late)
        assert await changed_since(database, owner_id, read_at) == [(phone, late.created_at)]


async def test_readers_of_changes_find_contacts_whose_meetings_change(
    database: Database, booking: Callable[..., BookingState]
) -> None:
    """`meetingCount` was different, and `updatedAt` was not; an old event changes neither."""
    owner_id = new_id()
    first, second = booking(owner_id), booking(owner_id)
    await consume(database, first)
    for version, one in ((1, second), (2, cancelled(first))):
        read_at = datetime.now(UTC)
        await consume(database, one, version)
        assert len(await changed_since(database, owner_id, read_at)) == 1
    read_at = datetime.now(UTC)
    await consume(database, first)
    assert await changed_since(database, owner_id, read_at) == []


def cancelled(booking: BookingState) -> BookingState:
    return booking.model_copy(update={"status": BookingStatus.CANCELLED})
