"""The life of a booking, as events."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from linktime_availability.consumers import HANDLERS
from linktime_common.contracts.events.bookings import (
    BookingCancelled,
    BookingCreated,
    BookingEvent,
    BookingRescheduled,
    BookingState,
)
from linktime_common.contracts.internal_api.availability import Reservation
from linktime_common.ids import new_id
from linktime_common.messaging.applying import BatchHandler

TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
NAMES = ("created", "moved", "moved again", "cancelled")


@dataclass
class Story:
    """The life of one booking: three reservations, four events."""

    world: Any
    event_type: Any
    host: Any
    booking_id: UUID = field(default_factory=new_id)
    reservation_ids: tuple[UUID, UUID, UUID] = field(
        default_factory=lambda: (new_id(), new_id(), new_id())
    )

    def start(self, number: int) -> datetime:
        """Each time overlaps the previous one, which a move ignores."""
        return TEN + number * HALF_HOUR / 2

    async def reserve_all(self) -> None:
        """Reserve as bookings does before each event."""
        for number, reservation_id in enumerate(self.reservation_ids):
            answer = await self.world.reserve(
                self.event_type,
                self.start(number),
                reservation_id=reservation_id,
                booking_id=self.booking_id,
                reschedule_minutes=30 if number else None,
            )
            assert isinstance(answer, Reservation), answer

    def state(self, number: int, *, cancelled: bool = False) -> BookingState:
        at = TEN - timedelta(days=1)
        return BookingState.model_validate(
            {
                "id": self.booking_id,
                "status": "CANCELLED" if cancelled else "CONFIRMED",
                "start_time": self.start(number),
                "end_time": self.start(number) + HALF_HOUR,
                "buffer_before": 5,
                "buffer_after": 0,
                "invitee_name": "Ivy",
                "invitee_email": "ivy@example.com",
                "invitee_timezone": "UTC",
                "invitee_phone": None,
                "notes": None,
                "answers": [],
                "event_type": {
                    "id": self.event_type.id,
                    "name": self.event_type.name,
                    "slug": self.event_type.slug,
                    "duration_minutes": 30,
                },
                "host": {
                    "id": self.host.id,
                    "name": self.host.name,
                    "email": self.host.email,
                    "username": self.host.username,
                },
                "location": None,
                "source": "api",
                "sequence": number,
                "reservation_id": self.reservation_ids[number],
                "created_at": at,
                "updated_at": at,
                "cancelled_at": at if cancelled else None,
                "cancellation_reason": None,
            }
        )

    def event(self, name: str) -> BookingEvent:
        """Return an event with a new id, so that the inbox does not skip it."""
        common: dict[str, Any] = {
            "occurred_at": TEN,
            "owner_id": self.host.id,
            "aggregate_id": self.booking_id,
            "aggregate_version": 1_000 + NAMES.index(name),
        }
        if name == "created":
            return BookingCreated(**common, booking=self.state(0))
        if name == "cancelled":
            return BookingCancelled(
                **common, booking=self.state(2, cancelled=True), cancelled_by="host", reason=None
            )
        number = NAMES.index(name)
        return BookingRescheduled(
            **common,
            booking=self.state(number),
            previous_start_time=self.start(number - 1),
            previous_end_time=self.start(number - 1) + HALF_HOUR,
            previous_reservation_id=self.reservation_ids[number - 1],
            rescheduled_by="host",
            reason=None,
        )

    async def apply(self, *names: str) -> None:
        for name in names:
            event = self.event(name)
            async with self.world.database.transaction() as connection:
                handler = HANDLERS[type(event)]
                if isinstance(handler, BatchHandler):
                    await handler.handle(connection, [event])
                else:
                    await handler(connection, event)

    async def statuses(self) -> list[str | None]:
        found: list[str | None] = await self.world.statuses(*self.reservation_ids)
        return found


async def begin(world: Any) -> Story:
    host = await world.host()
    return Story(world, await world.event_type(host.id, slot_interval_minutes=15), host)
