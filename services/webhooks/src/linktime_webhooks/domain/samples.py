"""One example of each payload, for the documents and test events."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from linktime_common.contracts.wire import format_instant
from linktime_webhooks.domain.payloads import (
    BookingCancelledPayload,
    BookingCreatedPayload,
    BookingRescheduledPayload,
    ContactCreatedPayload,
    ContactMergedPayload,
    Payload,
    PaymentReceivedPayload,
)

_BOOKING: dict[str, Any] = {
    "id": "01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e22",
    "status": "CONFIRMED",
    "startTime": "2026-03-02T14:00:00.000Z",
    "endTime": "2026-03-02T14:30:00.000Z",
    "inviteeName": "Zoë Quinn",
    "inviteeEmail": "zoe@example.com",
    "inviteeTimezone": "Europe/Berlin",
    "inviteePhone": "+4930123456",
    "notes": "Looking forward to it",
    "answers": [{"questionId": "topic", "label": "What is it about?", "value": "Prices"}],
    "eventType": {
        "id": "0190a5b2-7c3e-7d4f-8a1b-2c3d4e5f6071",
        "name": "Intro call",
        "slug": "intro-call",
        "durationMinutes": 30,
    },
    "host": {
        "id": "0190a5b2-7c3e-7d4f-8a1b-2c3d4e5f6070",
        "name": "Ann Host",
        "email": "ann@example.com",
        "username": "ann",
        "timezone": "Europe/Vienna",
    },
    "location": "Phone",
    "source": "page",
    "sequence": 0,
    "createdAt": "2026-03-01T14:00:00.000Z",
    "updatedAt": "2026-03-01T14:00:00.000Z",
    "cancelledAt": None,
    "cancellationReason": None,
    "manageUrl": "https://book.example.com/manage/k1.AZdfPo98elKcHltfDTpuIg",
    "contact": {"id": "01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e21"},
}
_CHANGED_AT = "2026-03-01T16:30:00.000Z"

SAMPLES: Mapping[str, Payload] = {
    "booking.created": BookingCreatedPayload.model_validate(
        {"timestamp": "2026-03-01T14:00:00.000Z", "data": _BOOKING}
    ),
    "booking.cancelled": BookingCancelledPayload.model_validate(
        {
            "timestamp": _CHANGED_AT,
            "data": {
                **_BOOKING,
                "status": "CANCELLED",
                "sequence": 1,
                "updatedAt": _CHANGED_AT,
                "cancelledAt": _CHANGED_AT,
                "cancellationReason": "Ill",
                "cancelledBy": "invitee",
                "reason": "Ill",
            },
        }
    ),
    "booking.rescheduled": BookingRescheduledPayload.model_validate(
        {
            "timestamp": _CHANGED_AT,
            "data": {
                **_BOOKING,
                "startTime": "2026-03-03T09:00:00.000Z",
                "endTime": "2026-03-03T09:30:00.000Z",
                "sequence": 1,
                "updatedAt": _CHANGED_AT,
                "previousStartTime": "2026-03-02T14:00:00.000Z",
                "previousEndTime": "2026-03-02T14:30:00.000Z",
                "rescheduledBy": "host",
                "reason": "A clash",
            },
        }
    ),
    "payment.received": PaymentReceivedPayload.model_validate(
        {
            "timestamp": "2026-03-01T14:05:00.000Z",
            "data": {
                "id": "01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e23",
                "bookingId": _BOOKING["id"],
                "amount": 4900,
                "currency": "EUR",
                "provider": "stripe",
                "paidAt": "2026-03-01T14:05:00.000Z",
                "booking": _BOOKING,
            },
        }
    ),
    "contact.created": ContactCreatedPayload.model_validate(
        {
            "timestamp": "2026-03-01T14:00:00.000Z",
            "data": {
                "id": "01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e21",
                "name": "Zoë Quinn",
                "email": "zoe@example.com",
                "phone": "+4930123456",
                "company": "Example GmbH",
                "notes": None,
                "meetingCount": 1,
                "lastMeetingAt": None,
                "createdAt": "2026-03-01T14:00:00.000Z",
                "updatedAt": "2026-03-01T14:00:00.000Z",
                "source": "booking",
            },
        }
    ),
    "contact.merged": ContactMergedPayload.model_validate(
        {
            "timestamp": "2026-03-01T14:00:00.000Z",
            "data": {
                "id": "01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e21",
                "name": "Zoë Quinn",
                "email": "zoe@example.com",
                "phone": "+4930123456",
                "company": "Example GmbH",
                "notes": None,
                "meetingCount": 2,
                "lastMeetingAt": None,
                "createdAt": "2026-02-20T09:30:00.000Z",
                "updatedAt": "2026-03-01T14:00:00.000Z",
                "mergedContactId": "01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e22",
                "otherEmails": ["z.quinn@example.org"],
                "otherPhones": [],
            },
        }
    ),
}


def body_for_test(event_type: str, now: datetime) -> bytes:
    """Return the sample as a test event: with the present time, and marked in `data`."""
    payload = SAMPLES[event_type].model_dump(mode="json")
    data = payload["data"] | {"test": True}
    return orjson.dumps(payload | {"timestamp": format_instant(now), "data": data})
