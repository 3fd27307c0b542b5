"""The handler of each consumed event."""

from collections.abc import Mapping

from linktime_availability.use_cases.apply_booking import (
    apply_cancelled,
    apply_created,
    apply_rescheduled,
)
from linktime_availability.use_cases.apply_user import apply_user_deleted, apply_user_event
from linktime_common.contracts.events import Event
from linktime_common.contracts.events.bookings import (
    BookingCancelled,
    BookingCreated,
    BookingRescheduled,
)
from linktime_common.contracts.events.contacts import ErasureRequested
from linktime_common.contracts.events.scim import (
    UserCreated,
    UserDeactivated,
    UserDeleted,
    UserUpdated,
)
from linktime_common.erasure import add_round
from linktime_common.messaging.applying import BatchHandler, Handler
from linktime_common.user_deletion import unless_deleted

HANDLERS: Mapping[type[Event], Handler | BatchHandler] = {
    BookingCreated: BatchHandler(apply_created),
    BookingRescheduled: apply_rescheduled,
    BookingCancelled: apply_cancelled,
    ErasureRequested: unless_deleted(add_round),
    UserCreated: apply_user_event,
    UserUpdated: apply_user_event,
    UserDeactivated: apply_user_event,
    UserDeleted: apply_user_deleted,
}
