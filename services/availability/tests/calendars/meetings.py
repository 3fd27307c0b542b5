"""Bookings of a host with a calendar, as the events of the bookings service describe them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from icalendar import Calendar, Event
from pydantic import SecretStr
from services.availability.tests.calendars.hosts import Connected
from services.availability.tests.calendars.scripted import ScriptedServer

from linktime_availability.calendars.accounts import open_credentials, row_of
from linktime_availability.calendars.port import CalendarObject
from linktime_availability.calendars.writing import write_due
from linktime_availability.consumers import HANDLERS
from linktime_common.contracts.events import Event as PublishedEvent
from linktime_common.contracts.events.bookings import (
    BookingCancelled,
    BookingCreated,
    BookingEvent,
    BookingRescheduled,
    BookingState,
)
from linktime_common.ids import new_id
from linktime_common.messaging.applying import BatchHandler

HOUR = timedelta(hours=1)
NAMES = ("created", "moved", "moved again", "cancelled")


@dataclass
class Meeting:
    """A booking of an hour; each move is by two hours, and cancelling is after both."""

    host: Connected
    start: datetime
    changes: dict[str, Any] = field(default_factory=dict)
    booking_id: UUID = field(default_factory=new_id)
    reservation_ids: Sequence[UUID] = field(default_factory=lambda: [new_id() for _ in NAMES])

    @property
    def uid(self) -> str:
        return f"{self.booking_id}@meet.example"

    def at(self, number: int) -> datetime:
        return self.start + 2 * number * HOUR

    def state(self, number: int, *, is_cancelled: bool = False) -> BookingState:
        event_type = self.host.event_type
        words = {
            "id": self.booking_id,
            "status": "CANCELLED" if is_cancelled else "CONFIRMED",
            "start_time": self.at(number),
            "end_time": self.at(number) + HOUR,
            "buffer_before": 0,
            "buffer_after": 0,
            "invitee_name": "Ivy",
            "invitee_email": "ivy@example.org",
            "invitee_timezone": "UTC",
            "invitee_phone": "+49 30 1234567",
            "notes": "See https://ivy.example.org",
            "answers": [],
            "event_type": {
                "id": event_type.id,
                "name": event_type.name,
                "slug": event_type.slug,
                "duration_minutes": 60,
            },
            "host": {
                "id": self.host.host_id,
                "name": "Ada Host",
                "email": "ada@example.com",
                "username": "ada",
            },
            "location": "Phone",
            "source": "api",
            "sequence": number + is_cancelled,
            "reservation_id": self.reservation_ids[number],
            "created_at": self.start,
            "updated_at": self.start,
            "cancelled_at": self.start if is_cancelled else None,
            "cancellation_reason": None,
        }
        return BookingState.model_validate(words | self.changes)

    def event(self, name: str) -> BookingEvent:
        number = NAMES.index(name)
        common: dict[str, Any] = {
            "occurred_at": self.start,
            "owner_id": self.host.host_id,
            "aggregate_id": self.booking_id,
            "aggregate_version": 1_000 + number,
        }
        if name == "created":
            return BookingCreated(**common, booking=self.state(0))
        if name == "cancelled":
            state = self.state(number - 1, is_cancelled=True)
            return BookingCancelled(**common, booking=state, cancelled_by="host", reason=None)
        return BookingRescheduled(
            **common,
            booking=self.state(number),
            previous_start_time=self.at(number - 1),
            previous_end_time=self.at(number - 1) + HOUR,
            previous_reservation_id=self.reservation_ids[number - 1],
            rescheduled_by="host",
            reason=None,
        )

    async def apply(self, *names: str) -> None:
        """Let the consumer apply the events, each in its transaction."""
        for name in names:
            event = self.event(name)
            async with self.host.world.database.transaction() as connection:
                handler = HANDLERS[type(event)]
                if isinstance(handler, BatchHandler):
                    await handler.handle(connection, [event])
                else:
                    await handler(connection, event)

    async def link(self) -> Any:
        async with self.host.world.database.connection() as connection:
            return await connection.fetchrow(
                "SELECT * FROM calendar_event_links WHERE booking_id = $1", self.booking_id
            )

    async def stored(self) -> CalendarObject:
        """Return the event as the server has it."""
        found = await self.host.adapter.find_event(self.host.calendar, self.uid)
        assert found is not None
        return found

    async def shown(self) -> Event:
        return parsed((await self.stored()).data)


def parsed(data: bytes) -> Event:
    """Return the only event of a calendar object."""
    (event,) = Calendar.from_ical(data).walk("VEVENT")
    assert isinstance(event, Event)
    return event


async def events_of(host: Connected, day: datetime) -> list[Event]:
    """Return all events in the calendar, about a day."""
    found = await host.adapter.query(host.calendar, day - 30 * 24 * HOUR, day + 30 * 24 * HOUR)
    return [parsed(one.data) for one in found]


async def write(host: Connected) -> None:
    """Write what the host's calendar lacks, as a worker does, without waiting for retries."""
    async with host.world.database.connection() as connection:
        await connection.execute(
            "UPDATE calendar_event_links SET due_at = now(), leased_until = NULL"
            " WHERE host_id = $1 AND state = 'PENDING'",
            host.host_id,
        )
    await write_due(host.world.deps)


async def published(host: Connected, event: type[PublishedEvent]) -> list[dict[str, Any]]:
    """Return the data of the host's published events of a type."""
    async with host.world.database.connection() as connection:
        rows = await connection.fetch(
            "SELECT envelope FROM outbox WHERE routing_key = $1 ORDER BY seq", event.routing_key()
        )
    documents = [orjson.loads(row["envelope"]) for row in rows]
    return [one["data"] for one in documents if one["ownerid"] == str(host.host_id)]


async def use_scripted(host: Connected, server: ScriptedServer) -> None:
    """Let the host's calendar be the one of the scripted server."""
    account = host.result.account
    credentials = open_credentials(account, host.world.deps.sealer)
    changed = credentials.model_copy(update={"url": SecretStr(server.calendar)})
    sealed = changed.seal(host.world.deps.sealer, row_of(account.id))
    async with host.world.database.connection() as connection:
        await connection.execute(
            "UPDATE calendar_accounts SET credentials = $1 WHERE id = $2", sealed, account.id
        )
        await connection.execute(
            "UPDATE calendars SET ref = $1 WHERE id = $2", server.calendar, host.calendar_id
        )
