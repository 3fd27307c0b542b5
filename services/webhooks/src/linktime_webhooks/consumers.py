"""The events this service consumes.

All but requests to erase a person and to delete a user are sent to subscribers.
"""

from collections.abc import Mapping

from linktime_common.contracts.events import Event
from linktime_common.contracts.events.bookings import (
    BookingCancelled,
    BookingCreated,
    BookingRescheduled,
    PaymentReceived,
)
from linktime_common.contracts.events.contacts import (
    ContactCreated,
    ContactMerged,
    ErasureRequested,
)
from linktime_common.contracts.events.scim import UserDeleted
from linktime_common.erasure import add_round
from linktime_common.messaging.applying import BatchHandler, Handler
from linktime_common.user_deletion import on_user_deleted, unless_deleted
from linktime_webhooks.use_cases.store_events import store_events

SENT: tuple[type[Event], ...] = (
    BookingCreated,
    BookingCancelled,
    BookingRescheduled,
    PaymentReceived,
    ContactCreated,
    ContactMerged,
)

HANDLERS: Mapping[type[Event], Handler | BatchHandler] = {
    **dict.fromkeys(SENT, BatchHandler(store_events, knows_duplicates=True)),
    ErasureRequested: unless_deleted(add_round),
    UserDeleted: on_user_deleted,
}
