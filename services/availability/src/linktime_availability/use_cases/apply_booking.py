"""Apply bookings' events to reservations and hosts' calendars, in any order.

The order does not matter, for two reasons: freeing is final, so old events free as well; and all
other changes are made for the newest known version only.
"""

from collections.abc import Sequence
from uuid import UUID

from linktime_availability.domain.errors import ReservationFreed, ReservationIdTaken
from linktime_availability.domain.event_links import BookedEvent
from linktime_availability.store import (
    booking_versions,
    calendar_event_links,
    host_lock,
    reservations,
)
from linktime_availability.store.booking_versions import KnownBooking
from linktime_common import logs
from linktime_common.contracts.events.bookings import (
    BookingCancelled,
    BookingCreated,
    BookingRescheduled,
    BookingState,
    BookingStatus,
)
from linktime_common.contracts.internal_api.availability import Reservation
from linktime_common.postgres import Connection
from linktime_common.user_deletion import is_deleted


async def apply_created(connection: Connection, events: Sequence[BookingCreated]) -> None:
    """Confirm all new bookings by one statement, and apply the other events one by one."""
    bookings = [
        (event.booking.id, event.aggregate_version, event.booking.reservation_id)
        for event in events
    ]
    done = await reservations.confirm_first(connection, bookings)
    first = [
        BookedEvent.of(event.booking, event.aggregate_version, event.traceparent)
        for event in events
        if event.booking.id in done
    ]
    await calendar_event_links.record(connection, first)
    for event in events:
        if event.booking.id not in done:
            logs.begin_trace(event.traceparent)
            await apply_booking(connection, event.booking, event.aggregate_version)


async def apply_cancelled(connection: Connection, event: BookingCancelled) -> None:
    await apply_booking(connection, event.booking, event.aggregate_version)


async def apply_rescheduled(connection: Connection, event: BookingRescheduled) -> None:
    await apply_booking(
        connection,
        event.booking,
        event.aggregate_version,
        previous=event.previous_reservation_id,
    )


async def apply_booking(
    connection: Connection,
    booking: BookingState,
    version: int,
    *,
    previous: UUID | None = None,
    revives: bool = False,
) -> bool:
    """Confirm the booking's reservation, or free all its reservations if it is cancelled.

    `previous` is freed even if the event is old, since no other event may name it. `revives` takes
    the time again if the reservation is freed, for the operator only. Returns False
    when that version or a newer one is known, or the host is deleted. Raises ReservationFreed or
    ReservationIdTaken when the reservation cannot be the booking's, TimeTaken when another booking
    has the time.
    """
    if await is_deleted(connection, booking.host.id):
        return False
    await host_lock.take(connection, booking.host.id)
    if previous is not None:
        await reservations.free(connection, previous)
    known = await booking_versions.find(connection, booking.id)
    if known is not None and known.version >= version:
        return False
    await booking_versions.save(
        connection, booking.id, KnownBooking(version, booking.reservation_id)
    )
    if known is not None and known.reservation_id != booking.reservation_id:
        # The event that names this reservation may be lost, or this is a resync without one.
        await reservations.free(connection, known.reservation_id)
    if booking.status is BookingStatus.CANCELLED:
        await reservations.free_of_booking(connection, booking.id)
        await reservations.free(connection, booking.reservation_id)
    else:
        await _keep(connection, booking, revives=revives)
    wanted = BookedEvent.of(booking, version, logs.traceparent.get())
    await calendar_event_links.record(connection, [wanted])
    return True


async def _keep(connection: Connection, booking: BookingState, *, revives: bool) -> None:
    known = await reservations.find(connection, booking.reservation_id)
    if revives and known is not None and known.freed:
        await reservations.forget_freed(connection, known.id)
        known = None
    if known is None:
        await reservations.insert_confirmed(connection, _as_booked(booking))
    elif known.freed:
        # Either the event that freed it has not arrived, and this one will be old at its retry;
        # or the booking has lost its time, which must be parked for the operator.
        raise ReservationFreed(booking=str(booking.id), reservation=str(known.id))
    elif known.booking_id != booking.id:
        raise ReservationIdTaken(booking=str(booking.id), reservation=str(known.id))
    else:
        await reservations.confirm(connection, booking.reservation_id)


def _as_booked(booking: BookingState) -> Reservation:
    """Return the booking's reservation, without questions, which are needed for booking only."""
    return Reservation(
        reservation_id=booking.reservation_id,
        booking_id=booking.id,
        start_time=booking.start_time,
        end_time=booking.end_time,
        buffer_before=booking.buffer_before,
        buffer_after=booking.buffer_after,
        location=booking.location,
        questions=[],
        event_type=booking.event_type,
        host=booking.host,
    )
