"""All events. Publishers, consumers, the topology and the documents use this list."""

from linktime_common.contracts.events.base import Event, next_version
from linktime_common.contracts.events.bookings import (
    BookingCancelled,
    BookingCreated,
    BookingRescheduled,
    PaymentReceived,
)
from linktime_common.contracts.events.contacts import ContactCreated
from linktime_common.contracts.events.scim import (
    MemberDeprovisioned,
    UserCreated,
    UserDeactivated,
    UserUpdated,
)
from linktime_common.contracts.events.webhooks import NoticeRequested

EVENTS: tuple[type[Event], ...] = (
    BookingCreated,
    BookingCancelled,
    BookingRescheduled,
    PaymentReceived,
    ContactCreated,
    UserCreated,
    UserUpdated,
    UserDeactivated,
    MemberDeprovisioned,
    NoticeRequested,
)

__all__ = ["EVENTS", "Event", "next_version"]
