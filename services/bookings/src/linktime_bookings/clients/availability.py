"""The client of availability: list slots, reserve, confirm and free hosts' time."""

from uuid import UUID

from pydantic import ValidationError

from linktime_bookings.domain.errors import (
    BusyInCalendar,
    CalendarUnread,
    DayFull,
    EventTypeClosed,
    EventTypeNotFound,
    HoldReleased,
    HostHoliday,
    HostOff,
    MonthlyLimit,
    SlotNotOffered,
    SlotOutsideHours,
    SlotTaken,
    SlotTooFarAhead,
    SlotTooSoon,
    WeeklyLimit,
)
from linktime_common.contracts.internal_api.availability import (
    ExpiredReservation,
    ExpiredReservations,
    MoveSlotsRequest,
    RefusedReservation,
    Reservation,
    ReserveRequest,
)
from linktime_common.errors import OutcomeUnknown, Refusal, Unavailable
from linktime_common.http.client import Answered, InternalClient
from linktime_common.http.models import Done
from linktime_common.logs import logger

NOT_FOUND = 404
RESERVE_SECONDS = 2.0
DIRECT_SECONDS = 0.3
# Subtracted from a write's deadline for confirm and free, which follow the commit.
AFTER_COMMIT_SECONDS = DIRECT_SECONDS + 0.1
LIST_SECONDS = 2.0
SLOTS_SECONDS = 2.0

REFUSALS: dict[str, type[Refusal]] = {
    "inactive": EventTypeClosed,
    "notice": SlotTooSoon,
    "horizon": SlotTooFarAhead,
    "outside_hours": SlotOutsideHours,
    "not_on_grid": SlotNotOffered,
    "time_off": HostOff,
    "holiday": HostHoliday,
    "daily_limit": DayFull,
    "weekly_limit": WeeklyLimit,
    "monthly_limit": MonthlyLimit,
    "calendar_busy": BusyInCalendar,
    "calendar_unknown": CalendarUnread,
}
"""The refusal of each slot rule; the other rules mean SlotTaken."""


class AvailabilityClient:
    """Client of availability's internal API."""

    def __init__(self, client: InternalClient) -> None:
        self._client = client

    async def reserve(self, wanted: ReserveRequest) -> Reservation:
        """Hold the time.

        Raises EventTypeNotFound or the refusal of a slot rule; HoldReleased when the reservation
        was freed; OutcomeUnknown without a response, when the time may be held.
        """
        try:
            return await self._client.call(
                "POST",
                "/internal/reservations",
                Reservation,
                body=wanted,
                timeout=RESERVE_SECONDS,
            )
        except Answered as answered:
            raise _refusal(answered, wanted) from answered
        except Unavailable as error:
            raise OutcomeUnknown(str(error)) from error

    async def slots_of_move(self, wanted: MoveSlotsRequest) -> bytes:
        """Return the starts to which a booking can be moved, as the JSON of `Slots`.

        Raises EventTypeNotFound, Unavailable without a response.
        """
        try:
            return await self._client.call_for_json(
                "POST", "/internal/slots", body=wanted, timeout=SLOTS_SECONDS
            )
        except Answered as answered:
            if answered.status != NOT_FOUND:
                raise
            raise EventTypeNotFound(event_type=wanted.event_type_id) from answered

    async def confirm(self, reservation_id: UUID) -> None:
        """Confirm the reservation. A failure is only logged: event and sweeper repeat it."""
        await self._settle(reservation_id, "confirm")

    async def free(self, reservation_id: UUID) -> None:
        """Free the reservation. A failure is only logged: event and sweeper repeat it."""
        await self._settle(reservation_id, "free")

    async def expired(self) -> list[ExpiredReservation]:
        """Return a page of expired holds, oldest first; raises Unavailable or Answered."""
        found = await self._client.call(
            "GET",
            "/internal/reservations",
            ExpiredReservations,
            query={"expired": "true"},
            timeout=LIST_SECONDS,
        )
        return found.data

    async def _settle(self, reservation_id: UUID, verb: str) -> None:
        path = f"/internal/reservations/{reservation_id}/{verb}"
        try:
            await self._client.call("POST", path, Done, timeout=DIRECT_SECONDS)
        except (Unavailable, Answered) as error:
            logger().info(
                "call to availability failed",
                verb=verb,
                reservation_id=str(reservation_id),
                reason=error,
            )


def _refusal(answered: Answered, wanted: ReserveRequest) -> Exception:
    match answered.status:
        case 404:
            return EventTypeNotFound(event_type=wanted.event_type_id)
        case 410:
            return HoldReleased(str(wanted.reservation_id))
        case 409:
            return _refusal_of_rule(answered.body, wanted)
        case _:
            return answered


def _refusal_of_rule(body: bytes, wanted: ReserveRequest) -> Refusal:
    """Return the refusal of the slot rule, with the nearest free starts."""
    try:
        refused = RefusedReservation.model_validate_json(body)
    except ValidationError:
        return SlotTaken(rule="unnamed", starts_at=wanted.start_time)
    refusal = REFUSALS.get(refused.rule, SlotTaken)(rule=refused.rule, starts_at=wanted.start_time)
    if refused.nearest:
        refusal.more = {"nearest": refused.model_dump(mode="json")["nearest"]}
    return refusal
