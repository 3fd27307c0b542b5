"""What this service does on each event: of all of them it tells subscribers."""

from collections.abc import Mapping

from linktime_common.contracts.events import Event
from linktime_common.contracts.events.bookings import (
    BookingCancelled,
    BookingCreated,
    BookingRescheduled,
    PaymentReceived,
)
from linktime_common.contracts.events.contacts import ContactCreated
from linktime_common.messaging.applying import Together
from linktime_webhooks.use_cases.take_in_events import take_in_events

EVENTS: tuple[type[Event], ...] = (
    BookingCreated,
    BookingCancelled,
    BookingRescheduled,
    PaymentReceived,
    ContactCreated,
)

HANDLERS: Mapping[type[Event], Together] = dict.fromkeys(
    EVENTS, Together(take_in_events, knows_duplicates=True)
)
