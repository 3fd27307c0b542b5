"""What this service does on each event."""

from collections.abc import Mapping

from linktime_availability.use_cases.take_in_booking import (
    take_in_cancelled,
    take_in_created,
    take_in_rescheduled,
)
from linktime_availability.use_cases.take_in_user import take_in_user_event
from linktime_common.contracts.events import Event
from linktime_common.contracts.events.bookings import (
    BookingCancelled,
    BookingCreated,
    BookingRescheduled,
)
from linktime_common.contracts.events.scim import UserCreated, UserDeactivated, UserUpdated
from linktime_common.messaging.applying import Handler, Together

HANDLERS: Mapping[type[Event], Handler | Together] = {
    BookingCreated: Together(take_in_created),
    BookingRescheduled: take_in_rescheduled,
    BookingCancelled: take_in_cancelled,
    UserCreated: take_in_user_event,
    UserUpdated: take_in_user_event,
    UserDeactivated: take_in_user_event,
}
