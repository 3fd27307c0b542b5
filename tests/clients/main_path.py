"""List, book, move and cancel with the generated Python client; prints what was seen as JSON.

python main_path.py <address> <key> <slug of an event type>
"""

import json
import sys
from typing import Any

from linktime_client import AuthenticatedClient
from linktime_client.api.availability import list_slots
from linktime_client.api.bookings import (
    cancel_booking,
    create_booking,
    get_booking,
    list_bookings,
    reschedule_booking,
)
from linktime_client.models import (
    BookedReply,
    BookingDetailReply,
    BookingPage,
    BookRequest,
    CancelRequest,
    ChangedReply,
    Error,
    RescheduleRequest,
    Slots,
)


def main(address: str, key: str, slug: str) -> None:
    client = AuthenticatedClient(base_url=address, token=key, raise_on_unexpected_status=True)
    first, second = starts(list_slots.sync(slug, client=client, timezone="Europe/Berlin"))
    request = BookRequest(
        event_type_slug=slug,
        start_time=first,
        invitee_name="Zoë Quinn",
        invitee_email="zoe@example.com",
        invitee_timezone="Europe/Berlin",
    )
    booked = of(BookedReply, create_booking.sync(client=client, body=request))
    page = of(BookingPage, list_bookings.sync(client=client, limit=5))
    move = RescheduleRequest(new_start_time=second)
    moved = reschedule_booking.sync(booked.booking_id, client=client, body=move)
    cancelled = cancel_booking.sync(
        booked.booking_id, client=client, body=CancelRequest(reason="ill")
    )
    again = cancel_booking.sync(booked.booking_id, client=client, body=CancelRequest())
    seen = of(BookingDetailReply, get_booking.sync(booked.booking_id, client=client))
    print(
        json.dumps(
            {
                "listed": [str(one.id) == str(booked.booking_id) for one in page.data],
                "moved": of(ChangedReply, moved).success,
                "cancelled": of(ChangedReply, cancelled).success,
                "again": of(Error, again).code.value,
                "status": seen.status.value,
                "isMoved": seen.start_time == second,
                "history": [line.type_.value for line in seen.history],
                "payment": seen.payment,
            }
        )
    )


def starts(answer: object) -> tuple[Any, Any]:
    slots = of(Slots, answer)
    return slots.data[0].start_time, slots.data[1].start_time


def of(kind: Any, answer: object) -> Any:
    assert isinstance(answer, kind), answer
    return answer


main(*sys.argv[1:])
