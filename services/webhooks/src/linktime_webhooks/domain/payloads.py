"""What subscribers read: `{type, timestamp, data}`, one shape for each event."""

from typing import Any

import orjson

from linktime_common.contracts.events import Event
from linktime_common.contracts.events.bookings import (
    BookingCancelled,
    BookingCreated,
    BookingRescheduled,
    BookingState,
)
from linktime_common.contracts.events.contacts import ContactCreated
from linktime_common.contracts.wire import format_instant

# Ours alone: subscribers see the booking, not how its time is kept.
_INTERNAL = {"reservation_id", "buffer_before", "buffer_after"}


def body_of(event: Event) -> bytes:
    """The delivery's body, serialised once for all endpoints and attempts."""
    return orjson.dumps(
        {
            "type": event.type,
            "timestamp": format_instant(event.occurred_at),
            "data": _data_of(event),
        }
    )


def _data_of(event: Event) -> dict[str, Any]:
    match event:
        case BookingCreated():
            return _booking(event.booking)
        case BookingCancelled():
            more: dict[str, Any] = {"cancelledBy": event.cancelled_by, "reason": event.reason}
            return _booking(event.booking) | more
        case BookingRescheduled():
            return _booking(event.booking) | {
                "previousStartTime": format_instant(event.previous_start_time),
                "previousEndTime": format_instant(event.previous_end_time),
                "rescheduledBy": event.rescheduled_by,
                "reason": event.reason,
            }
        case ContactCreated():
            return event.contact.model_dump(mode="json") | {"source": event.source}
        case _:
            raise TypeError(f"{event.type} is not an event that subscribers are told of")


def _booking(booking: BookingState) -> dict[str, Any]:
    return booking.model_dump(mode="json", exclude=_INTERNAL)
