"""Hold a host's time for a booking, by the same rules that list the slots."""

from datetime import timedelta
from uuid import UUID

from linktime_availability.deps import Deps
from linktime_availability.domain.errors import (
    WHY_NOT,
    EventTypeNotFound,
    ReservationFreed,
    ReservationIdTaken,
    TimeTaken,
)
from linktime_availability.domain.event_type import Offer, stretch_that_matters
from linktime_availability.domain.slots import Rule, refusal
from linktime_availability.store import host_lock, offers, reservations
from linktime_availability.store.reservations import Known
from linktime_common import faults
from linktime_common.contracts.events.bookings import BookedEventType, BookedHost
from linktime_common.contracts.internal_api.availability import (
    RefusedReservation,
    Reservation,
    ReserveRequest,
)
from linktime_common.errors import Contended
from linktime_common.postgres import Connection

ReserveResult = Reservation | RefusedReservation
ATTEMPTS_AT_A_DEADLOCK = 2
ID_REUSED = RefusedReservation(error=ReservationIdTaken.sentence, rule="id_reused")
TAKEN = RefusedReservation(error=TimeTaken.sentence, rule=Rule.BUSY)


async def reserve(request: ReserveRequest, deps: Deps) -> ReserveResult:
    """The held time, or why it is not to be had; the same request again gets the same answer.

    Raises EventTypeNotFound, ReservationFreed for an id that was given back, and Unavailable
    when the host is asked for more often than can be answered in time.
    """
    answer = await _reserve_first(request, deps)
    if isinstance(answer, Reservation):
        return answer
    # Only now: an id that was used before cannot have led to a new reservation.
    async with deps.database.connection() as connection:
        known = await reservations.find(connection, request.reservation_id)
    if known is not None:
        return _answer_again(request, known)
    if answer is None:
        raise EventTypeNotFound
    return answer


async def _reserve_first(request: ReserveRequest, deps: Deps) -> ReserveResult | None:
    """As if the id were new; None when there is no such event type."""
    async with deps.turns.reading(request.host_id or request.event_type_id or UUID(int=0)):
        offer, refused = await _look(request, deps)
    if offer is None or refused is not None:
        return refused
    async with deps.turns.writing(offer.host.id) as others_wrote:
        if others_wrote:
            # Most of a crowd for one slot ends here, without lock and transaction.
            offer, refused = await _look(request, deps)
            if offer is None or refused is not None:
                return refused
        return await _hold(offer, request, deps)


async def _look(
    request: ReserveRequest, deps: Deps
) -> tuple[Offer | None, RefusedReservation | None]:
    async with deps.database.connection() as connection:
        return await _decide(connection, request, deps)


async def _hold(offer: Offer, request: ReserveRequest, deps: Deps) -> ReserveResult | None:
    for _attempt in range(ATTEMPTS_AT_A_DEADLOCK):
        try:
            held = await _hold_as_seen(offer, request, deps)
            return held or await _hold_locked(offer.host.id, request, deps)
        except TimeTaken:
            return TAKEN
        except ReservationIdTaken:
            return ID_REUSED
        except Contended:
            continue
    return TAKEN


async def _hold_as_seen(offer: Offer, request: ReserveRequest, deps: Deps) -> Reservation | None:
    """By one statement; None when another process has written since the look."""
    reservation = _reservation(request, offer)
    faults.reach("reserve.seen")
    async with deps.database.single_write() as connection:
        if not await reservations.hold_as_seen(
            connection, reservation, offer, hold_seconds=deps.hold_seconds
        ):
            return None
    faults.reach("reserve.committed")
    return reservation


async def _hold_locked(host_id: UUID, request: ReserveRequest, deps: Deps) -> ReserveResult | None:
    """With a look of its own behind the host's lock."""
    async with deps.database.transaction() as connection:
        await host_lock.take(connection, host_id)
        offer, refused = await _decide(connection, request, deps)
        if offer is None or refused is not None:
            return refused
        reservation = _reservation(request, offer)
        await reservations.insert_held(connection, reservation, hold_seconds=deps.hold_seconds)
    return reservation


async def _decide(
    connection: Connection, request: ReserveRequest, deps: Deps
) -> tuple[Offer | None, RefusedReservation | None]:
    """What is offered by a fresh read, and why this start is not, if it is not."""
    now = deps.clock.now().timestamp()
    start = request.start_time.timestamp()
    offer = await offers.find(
        connection,
        event_type_id=request.event_type_id,
        host_id=request.host_id,
        slug=request.event_type_slug,
        stretch=stretch_that_matters(start, start + 1, now),
    )
    moves = request.reschedule_minutes is not None
    if offer is None or not (moves or offer.takes_bookings):
        return None, None
    availability = offer.availability(
        now,
        moving=request.booking_id if moves else None,
        minutes=request.reschedule_minutes,
    )
    rule = refusal(availability, start)
    if rule is None:
        return offer, None
    return offer, RefusedReservation(error=WHY_NOT[rule], rule=rule)


def _reservation(request: ReserveRequest, offer: Offer) -> Reservation:
    event_type, host = offer.event_type, offer.host
    minutes = request.reschedule_minutes or event_type.rules.duration_minutes
    return Reservation.model_validate(
        {
            "reservation_id": request.reservation_id,
            "booking_id": request.booking_id,
            "start_time": request.start_time,
            "end_time": request.start_time + timedelta(minutes=minutes),
            "buffer_before": event_type.rules.buffer_before,
            "buffer_after": event_type.rules.buffer_after,
            "location": event_type.location,
            "questions": event_type.questions,
            "event_type": BookedEventType(
                id=event_type.id,
                name=event_type.name,
                slug=event_type.slug,
                duration_minutes=event_type.rules.duration_minutes,
            ),
            "host": BookedHost(
                id=host.id,
                name=host.name,
                email=host.email,
                username=host.username,
                timezone=host.timezone,
            ),
        }
    )


def _answer_again(request: ReserveRequest, known: Known) -> ReserveResult:
    if known.freed:
        raise ReservationFreed(reservation=str(known.id))
    before = Reservation.model_validate(known.snapshot)
    length = before.end_time - before.start_time
    same = (
        request.booking_id == before.booking_id
        and request.start_time == known.starts_at
        and request.event_type_id in {None, before.event_type.id}
        and request.event_type_slug in {None, before.event_type.slug}
        and request.host_id in {None, before.host.id}
        and request.reschedule_minutes in {None, length // timedelta(minutes=1)}
    )
    return before if same else ID_REUSED
