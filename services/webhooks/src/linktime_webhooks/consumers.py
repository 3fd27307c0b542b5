"""What this service does on each event."""

from collections.abc import Mapping

from linktime_common.contracts.events import Event
from linktime_common.contracts.events.bookings import (
    BookingCancelled,
    BookingCreated,
    BookingRescheduled,
)
from linktime_common.contracts.events.contacts import ContactCreated
from linktime_common.intake import Handler
from linktime_webhooks.use_cases.take_in_event import take_in_event

HANDLERS: Mapping[type[Event], Handler] = {
    BookingCreated: take_in_event,
    BookingCancelled: take_in_event,
    BookingRescheduled: take_in_event,
    ContactCreated: take_in_event,
}
