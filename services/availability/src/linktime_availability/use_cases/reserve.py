"""Hold a host's time for a booking, by the rules that list the slots."""

from datetime import timedelta
from uuid import UUID

from linktime_availability.deps import Deps
from linktime_availability.domain.errors import (
    CODES,
    WHY_NOT,
    EventTypeNotFound,
    ReservationFreed,
    ReservationIdTaken,
    TimeTaken,
)
from linktime_availability.domain.event_type import EventType, Offer, relevant_span
from linktime_availability.domain.slots import Rule, clash, refusal
from linktime_availability.store import host_lock, offers, reservations
from linktime_availability.store.reservations import KnownReservation
from linktime_availability.use_cases.find_move import requested_move
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


async def reserve(request: ReserveRequest, deps: Deps) -> ReserveResult:
    """Return the reservation, or why it is refused; idempotent by the reservation's id.

    Raises EventTypeNotFound, ReservationFreed for a freed id, and Unavailable when too many
    requests for the host are waiting.
    """
    answer = await _reserve_new(request, deps)
    if isinstance(answer, Reservation):
        return answer
    # Checked last: a used id is rare, and cannot have created a second reservation above.
    async with deps.database.connection() as connection:
        known = await reservations.find(connection, request.reservation_id)
    if known is not None:
        return _repeated_result(request, known)
    if answer is None:
        raise EventTypeNotFound
    return answer


async def _reserve_new(request: ReserveRequest, deps: Deps) -> ReserveResult | None:
    """Reserve without checking the id; None when there is no such event type."""
    async with deps.turns.reading(request.host_id or request.event_type_id or UUID(int=0)):
        offer, refused = await _check(request, deps)
    if offer is None or refused is not None:
        return refused
    if await _is_busy_now(offer, request, deps):
        return _refused(Rule.CALENDAR_BUSY)
    async with deps.turns.writing(offer.host.id) as waited:
        if waited:
            # Most of many requests for one slot end here, without a lock or a transaction.
            offer, refused = await _check(request, deps)
            if offer is None or refused is not None:
                return refused
        return await _hold(offer, request, deps)


async def _check(
    request: ReserveRequest, deps: Deps
) -> tuple[Offer | None, RefusedReservation | None]:
    async with deps.database.connection() as connection:
        return await _check_with(connection, request, deps)


async def _is_busy_now(offer: Offer, request: ReserveRequest, deps: Deps) -> bool:
    """Ask calendars whose busy time is not recent; without a lock, connection or turn."""
    now = deps.clock.now()
    if offer.reading.is_recent(now):
        return False
    start = int(request.start_time.timestamp())
    availability = offer.availability(now.timestamp(), requested_move(request))
    before, after = availability.buffers
    span = (start - before, start + availability.duration + after)
    return await deps.recheck(offer, span, deps)


async def _hold(offer: Offer, request: ReserveRequest, deps: Deps) -> ReserveResult | None:
    for _attempt in range(ATTEMPTS_AT_A_DEADLOCK):
        try:
            held = await _hold_as_seen(offer, request, deps)
            return held or await _hold_locked(offer.host.id, request, deps)
        except TimeTaken:
            return _refused(Rule.BUSY)
        except ReservationIdTaken:
            return ID_REUSED
        except Contended:
            continue
    return _refused(Rule.BUSY)


async def _hold_as_seen(offer: Offer, request: ReserveRequest, deps: Deps) -> Reservation | None:
    """Hold by one statement; None when another process has written since `offer` was read."""
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
    """Check the rules again under the host's lock, then hold."""
    async with deps.database.transaction() as connection:
        await host_lock.take(connection, host_id)
        offer, refused = await _check_with(connection, request, deps)
        if offer is None or refused is not None:
            return refused
        reservation = _reservation(request, offer)
        await reservations.insert_held(connection, reservation, hold_seconds=deps.hold_seconds)
    return reservation


async def _check_with(
    connection: Connection, request: ReserveRequest, deps: Deps
) -> tuple[Offer | None, RefusedReservation | None]:
    """Read the offer and check the start; return the offer, or None, and the refusal, or None."""
    now = deps.clock.now().timestamp()
    start = request.start_time.timestamp()
    offer = await offers.find(
        connection,
        event_type_id=request.event_type_id,
        host_id=request.host_id,
        slug=request.event_type_slug,
        span=relevant_span(start, start + 1, now),
    )
    move = requested_move(request)
    if offer is None or not (move or offer.takes_bookings):
        return None, None
    check = clash if request.ignore_rules else refusal
    rule = check(offer.availability(now, move), start)
    if rule is None:
        return offer, None
    return offer, _refused(rule)


def _refused(rule: Rule) -> RefusedReservation:
    return RefusedReservation(error=WHY_NOT[rule], code=CODES[rule], rule=rule)


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
            "reminder_minutes": event_type.reminder_minutes,
            "max_active_per_invitee": event_type.rules.max_active_per_invitee,
            "change_notice_minutes": event_type.rules.change_notice_minutes,
            "event_type": booked_event_type(event_type),
            "host": BookedHost(
                id=host.id,
                name=host.name,
                email=host.email,
                username=host.username,
                timezone=host.timezone,
                locale=host.locale,
            ),
        }
    )


def booked_event_type(event_type: EventType) -> BookedEventType:
    """Return the event type's fields that are part of slots and bookings."""
    return BookedEventType(
        id=event_type.id,
        name=event_type.name,
        slug=event_type.slug,
        duration_minutes=event_type.rules.duration_minutes,
    )


def _repeated_result(request: ReserveRequest, known: KnownReservation) -> ReserveResult:
    if known.freed:
        raise ReservationFreed(reservation=str(known.id))
    before = Reservation.model_validate(known.snapshot)
    # The slug is not compared: the event type may have had it, or may have another one by now.
    length = before.end_time - before.start_time
    same = (
        request.booking_id == before.booking_id
        and request.start_time == known.starts_at
        and request.event_type_id in {None, before.event_type.id}
        and request.host_id in {None, before.host.id}
        and request.reschedule_minutes in {None, length // timedelta(minutes=1)}
    )
    return before if same else ID_REUSED
