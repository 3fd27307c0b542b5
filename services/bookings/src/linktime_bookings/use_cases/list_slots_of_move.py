"""List the starts to which a booking can be moved."""

from datetime import date

from linktime_bookings.deps import Deps
from linktime_bookings.domain.links import Linked
from linktime_bookings.store import bookings
from linktime_common.contracts.internal_api.availability import MoveSlotsRequest


async def list_slots_of_move(
    link: Linked, *, timezone: str, first: date, last: date, deps: Deps
) -> bytes:
    """Return the slots on the dates from `first` to `last` in `timezone`, as JSON of `Slots`.

    Raises what a move raises before it reserves the time, EventTypeNotFound, and Unavailable.
    """
    async with deps.database.connection() as connection:
        booking = await bookings.find(connection, host_id=link.host_id, booking_id=link.booking_id)
    booking.refuse_change(now=deps.clock.now(), by="invitee")
    return await deps.availability.slots_of_move(
        MoveSlotsRequest(
            booking_id=booking.id,
            host_id=booking.host.id,
            event_type_id=booking.event_type.id,
            reschedule_minutes=booking.minutes,
            timezone=timezone,
            start_date=first,
            end_date=last,
        )
    )
