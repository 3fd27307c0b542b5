"""What the routes behind an invitee's link say of themselves in the OpenAPI document."""

from typing import Any

from linktime_bookings.api.replies import InviteesBookingReply
from linktime_bookings.api.requests import CancelRequest, RescheduleRequest
from linktime_common.http.models import Done
from linktime_common.http.operations import Operation

TAG = "Public"
NOT_GENUINE = {404: "The link is not genuine, or its key is no longer believed"}

BOOKING: dict[str, Any] = {
    "id": "01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e22",
    "status": "CONFIRMED",
    "startTime": "2026-03-01T14:00:00.000Z",
    "endTime": "2026-03-01T14:30:00.000Z",
    "inviteeName": "Zoë Quinn",
    "inviteeEmail": "zoe@example.com",
    "inviteeTimezone": "Europe/Berlin",
    "inviteePhone": None,
    "notes": "Looking forward to it",
    "answers": [],
    "eventType": {
        "id": "0190a5b2-7c3e-7d4f-8a1b-2c3d4e5f6071",
        "name": "Intro call",
        "slug": "intro-call",
        "durationMinutes": 30,
    },
    "location": "Phone",
    "source": "page",
    "sequence": 0,
    "createdAt": "2026-02-20T09:30:00.000Z",
    "updatedAt": "2026-02-20T09:30:00.000Z",
    "cancelledAt": None,
    "cancellationReason": None,
    "host": {"name": "Ada Host", "username": "ada"},
}

GET_BOOKING = Operation(
    summary="Read a booking as its invitee",
    description="`token` is the last part of `manageUrl`. The link does not expire.",
    tag=TAG,
    reply=InviteesBookingReply,
    reply_example=BOOKING,
    errors=NOT_GENUINE,
)
CANCEL = Operation(
    summary="Cancel a booking as its invitee",
    description="The event `booking.cancelled` follows.",
    tag=TAG,
    body=CancelRequest,
    body_example={"reason": "I am ill"},
    reply=Done,
    reply_example={"success": True},
    errors=NOT_GENUINE | {409: "The booking is cancelled already, or has ended"},
    idempotent=True,
)
RESCHEDULE = Operation(
    summary="Move a booking as its invitee",
    description="The event `booking.rescheduled` follows. To its present start nothing changes.",
    tag=TAG,
    body=RescheduleRequest,
    body_example={"newStartTime": "2026-03-02T14:00:00.000Z", "reason": "A clash"},
    reply=Done,
    reply_example={"success": True},
    errors=NOT_GENUINE
    | {409: "The time is taken or outside the rules; or the booking is cancelled, or has ended"},
    idempotent=True,
)
