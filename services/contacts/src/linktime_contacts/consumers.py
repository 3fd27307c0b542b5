"""Event handlers of this service."""

from collections.abc import Mapping

from linktime_common.clock import SystemClock
from linktime_common.contracts.events import Event
from linktime_common.contracts.events.availability import CalendarInviteeErased
from linktime_common.contracts.events.base import PersonErased
from linktime_common.contracts.events.bookings import (
    BookingCancelled,
    BookingCreated,
    BookingEvent,
    BookingRescheduled,
    InviteeErased,
)
from linktime_common.contracts.events.scim import UserDeleted
from linktime_common.contracts.events.webhooks import DeliveriesErased
from linktime_common.messaging.applying import Handler
from linktime_common.postgres import Connection
from linktime_common.user_deletion import on_user_deleted
from linktime_contacts.store import erasures
from linktime_contacts.use_cases.record_booking import record_booking


async def on_booking(connection: Connection, event: BookingEvent) -> None:
    """Record the booking; every booking event carries its full state."""
    await record_booking(
        connection,
        event.booking,
        version=event.aggregate_version,
        occurred_at=event.occurred_at,
        now=SystemClock().now(),
    )


async def on_person_erased(connection: Connection, event: PersonErased) -> None:
    """Record that a service has done its part."""
    await erasures.confirm(
        connection,
        owner_id=event.owner_id,
        erasure_id=event.aggregate_id,
        number=event.aggregate_version,
        service=event.publisher,
    )


HANDLERS: Mapping[type[Event], Handler] = {
    BookingCreated: on_booking,
    BookingRescheduled: on_booking,
    BookingCancelled: on_booking,
    InviteeErased: on_person_erased,
    CalendarInviteeErased: on_person_erased,
    DeliveriesErased: on_person_erased,
    UserDeleted: on_user_deleted,
}
