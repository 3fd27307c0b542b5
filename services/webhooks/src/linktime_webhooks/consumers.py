"""The events this service consumes: all are sent to subscribers."""

from collections.abc import Mapping

from linktime_common.contracts.events import Event
from linktime_common.contracts.events.bookings import (
    BookingCancelled,
    BookingCreated,
    BookingRescheduled,
    PaymentReceived,
)
from linktime_common.contracts.events.contacts import ContactCreated, ContactMerged
from linktime_common.messaging.applying import BatchHandler
from linktime_webhooks.use_cases.store_events import store_events

EVENTS: tuple[type[Event], ...] = (
    BookingCreated,
    BookingCancelled,
    BookingRescheduled,
    PaymentReceived,
    ContactCreated,
    ContactMerged,
)

HANDLERS: Mapping[type[Event], BatchHandler] = dict.fromkeys(
    EVENTS, BatchHandler(store_events, knows_duplicates=True)
)
