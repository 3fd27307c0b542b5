"""The bodies that subscribers receive."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import orjson
import pytest
from services.webhooks.tests.events import NOW, booking_created, contact_created, contact_merged

from linktime_common.contracts.events import Event
from linktime_common.contracts.events.bookings import (
    BookingCancelled,
    BookingRescheduled,
    PaymentReceived,
    PaymentState,
)
from linktime_common.contracts.events.contacts import ContactCreated, ContactMerged
from linktime_webhooks.domain.payloads import WebhookBooking, WebhookContact, body_of
from linktime_webhooks.domain.samples import SAMPLES

INTERNAL = {
    "reservation_id": True,
    "buffer_before": True,
    "buffer_after": True,
    "host": {"locale"},
}


def cancelled() -> BookingCancelled:
    created = booking_created(uuid4())
    return BookingCancelled(**dict(created), cancelled_by="invitee", reason="ill")


def rescheduled() -> BookingRescheduled:
    created = booking_created(uuid4())
    return BookingRescheduled(
        **dict(created),
        previous_start_time=NOW - timedelta(days=1),
        previous_end_time=NOW - timedelta(hours=23),
        previous_reservation_id=uuid4(),
        rescheduled_by="host",
        reason=None,
    )


def paid() -> PaymentReceived:
    created = booking_created(uuid4())
    payment = PaymentState(
        id=uuid4(),
        booking_id=created.booking.id,
        amount=4900,
        currency="EUR",
        provider="stripe",
        paid_at=NOW,
    )
    return PaymentReceived(**dict(created), payment=payment)


MERGED = contact_merged(uuid4())
EVENTS: list[tuple[Event, dict[str, Any]]] = [
    (booking_created(uuid4()), {}),
    (cancelled(), {"cancelledBy": "invitee", "reason": "ill"}),
    (
        rescheduled(),
        {
            "previousStartTime": "2026-02-28T14:00:00.000Z",
            "previousEndTime": "2026-02-28T15:00:00.000Z",
            "rescheduledBy": "host",
            "reason": None,
        },
    ),
    (paid(), {}),
    (contact_created(uuid4()), {"source": "booking"}),
    (
        MERGED,
        {
            "mergedContactId": str(MERGED.merged_contact_id),
            "otherEmails": ["z@example.org"],
            "otherPhones": ["+4930123456"],
        },
    ),
]


@pytest.mark.parametrize(("event", "more"), EVENTS)
def test_a_body_is_the_state_and_what_the_event_adds(event: Any, more: dict[str, Any]) -> None:
    """`{type, timestamp, data}` in this order; no internal fields of a booking's time.

    Fields of the state that are not promised to subscribers are left out.
    """
    body = orjson.loads(body_of(event))
    assert list(body) == ["type", "timestamp", "data"]
    assert (body["type"], body["timestamp"]) == (event.type, "2026-03-01T14:00:00.000Z")
    assert body["data"] == _data(event) | more


def test_unknown_fields_of_a_booking_are_null() -> None:
    """For an event of an earlier release, or of an invitee who is no contact yet."""
    event = booking_created(uuid4()).model_copy(update={"manage_url": None, "contact_id": None})
    data = orjson.loads(body_of(event))["data"]
    assert (data["manageUrl"], data["contact"]) == (None, None)


@pytest.mark.parametrize(("event", "_more"), EVENTS)
def test_the_documented_example_has_the_same_fields(event: Event, _more: Any) -> None:
    """Nested ones too, so that the documents match the payloads."""
    example = SAMPLES[event.type].model_dump(mode="json")
    assert _names(example) == _names(orjson.loads(body_of(event)))


def _data(event: Any) -> dict[str, Any]:
    if isinstance(event, (ContactCreated, ContactMerged)):
        return event.contact.model_dump(mode="json", include=set(WebhookContact.model_fields))
    promised = set(WebhookBooking.model_fields)
    booking = event.booking.model_dump(mode="json", include=promised, exclude=INTERNAL)
    booking |= {"manageUrl": event.manage_url, "contact": {"id": str(event.contact_id)}}
    if isinstance(event, PaymentReceived):
        return event.payment.model_dump(mode="json") | {"booking": booking}
    return booking


def _names(value: Any, prefix: str = "") -> set[str]:
    match value:
        case dict():
            found = {prefix + name for name in value}
            return found.union(*(_names(one, f"{prefix}{name}.") for name, one in value.items()))
        case list():
            return set().union(*(_names(one, prefix) for one in value))
        case _:
            return set()
