"""Bring reservations in line with what bookings says, in whatever order it is heard.

Two things make the order irrelevant: freeing is for good, so it is done whatever the event's age;
and everything else is done only for the newest version heard of.
"""

from collections.abc import Sequence
from uuid import UUID

from linktime_availability.domain.errors import ReservationFreed, ReservationIdTaken
from linktime_availability.store import booking_versions, host_lock, reservations
from linktime_availability.store.booking_versions import KnownBooking
from linktime_common.contracts.events.bookings import (
    BookingCancelled,
    BookingCreated,
    BookingRescheduled,
    BookingState,
    BookingStatus,
)
from linktime_common.contracts.internal_api.availability import Reservation
from linktime_common.postgres import Connection


async def take_in_created(connection: Connection, events: Sequence[BookingCreated]) -> None:
    """Most of them find their reservation held and nothing known of the booking."""
    bookings = [
        (event.booking.id, event.aggregate_version, event.booking.reservation_id)
        for event in events
    ]
    done = await reservations.confirm_first(connection, bookings)
    for event in events:
        if event.booking.id not in done:
            await take_in_booking(connection, event.booking, event.aggregate_version)


async def take_in_cancelled(connection: Connection, event: BookingCancelled) -> None:
    await take_in_booking(connection, event.booking, event.aggregate_version)


async def take_in_rescheduled(connection: Connection, event: BookingRescheduled) -> None:
    await take_in_booking(
        connection,
        event.booking,
        event.aggregate_version,
        previous=event.previous_reservation_id,
    )


async def take_in_booking(
    connection: Connection, booking: BookingState, version: int, *, previous: UUID | None = None
) -> bool:
    """Confirm the booking's reservation, or free all it has if it is cancelled.

    `previous` is freed even if the event is old: no other may ever say so. False when something
    newer is known. Raises ReservationFreed or ReservationIdTaken when its reservation cannot be
    its own, TimeTaken when another booking has the time: none of these may pass unseen.
    """
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
        # The event that moved it from there may be lost, or the state was read, not heard.
        await reservations.free(connection, known.reservation_id)
    if booking.status is BookingStatus.CANCELLED:
        await reservations.free_of_booking(connection, booking.id)
        await reservations.free(connection, booking.reservation_id)
    else:
        await _keep(connection, booking)
    return True


async def _keep(connection: Connection, booking: BookingState) -> None:
    known = await reservations.find(connection, booking.reservation_id)
    if known is None:
        await reservations.insert_confirmed(connection, _as_booked(booking))
    elif known.freed:
        # Either the event that freed it is still on its way, and this one, tried again, will be
        # old; or the booking has lost its time and somebody must look.
        raise ReservationFreed(booking=str(booking.id), reservation=str(known.id))
    elif known.booking_id != booking.id:
        raise ReservationIdTaken(booking=str(booking.id), reservation=str(known.id))
    else:
        await reservations.confirm(connection, booking.reservation_id)


def _as_booked(booking: BookingState) -> Reservation:
    """The reservation as it would be answered again; its questions were asked already."""
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
