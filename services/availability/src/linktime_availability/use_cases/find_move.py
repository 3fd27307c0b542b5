"""Find the booking that a host wants to move."""

from uuid import UUID

from linktime_availability.deps import Deps
from linktime_availability.domain.errors import BookingNotFound
from linktime_availability.domain.moves import MovedBooking, RequestedMove
from linktime_availability.store import reservations
from linktime_common.contracts.internal_api.availability import ReserveRequest


async def find_move(host_id: UUID, booking_id: UUID | None, deps: Deps) -> MovedBooking:
    """Return the booking by its reservations; `booking_id` is None for a malformed id.

    Raises BookingNotFound, also for another host's booking, BookingAlreadyCancelled, BookingEnded.
    """
    if booking_id is None:
        raise BookingNotFound
    async with deps.database.connection() as connection:
        booked = await reservations.find_booked(connection, host_id=host_id, booking_id=booking_id)
    if booked is None:
        raise BookingNotFound
    return booked.move(deps.clock.now())


def requested_move(request: ReserveRequest) -> RequestedMove | None:
    """Return the booking that is moved, or None for a new booking."""
    if request.reschedule_minutes is None:
        return None
    return RequestedMove(booking_id=request.booking_id, minutes=request.reschedule_minutes)
