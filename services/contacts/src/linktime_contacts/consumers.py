"""What this service does on each event."""

from collections.abc import Mapping

from linktime_common.contracts.events import Event
from linktime_common.contracts.events.bookings import (
    BookingCancelled,
    BookingCreated,
    BookingEvent,
    BookingRescheduled,
)
from linktime_common.messaging.applying import Handler
from linktime_common.postgres import Connection
from linktime_contacts.use_cases.record_booking import record_booking


async def on_booking(connection: Connection, event: BookingEvent) -> None:
    """Each kind carries the whole booking, so what is done with it is the same."""
    await record_booking(
        connection, event.booking, version=event.aggregate_version, told_at=event.occurred_at
    )


HANDLERS: Mapping[type[Event], Handler] = {
    BookingCreated: on_booking,
    BookingRescheduled: on_booking,
    BookingCancelled: on_booking,
}
