"""What the routes open to the outside say of themselves."""

from typing import Any

from linktime_bookings.api.replies import (
    BookedByInviteeReply,
    BookedReply,
    BookingDetailReply,
    BookingReply,
)
from linktime_bookings.api.requests import (
    BookRequest,
    CancelRequest,
    ListQuery,
    PublicBookRequest,
    RescheduleRequest,
)
from linktime_common.http.models import Done
from linktime_common.http.operations import Operation

BOOKINGS, PUBLIC = "Bookings", "Public"
NO_BOOKING = {404: "No such booking, or not yours"}
TIME_REFUSED = "The time is taken, or outside the event type's rules"

ID = "01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e22"
MANAGE_URL = "https://linktime.example/manage/link-1.AZdfPo98elKcHluPDTpuIgGQpbJ8Pn1P"
EVENT_TYPE_ID = "0190a5b2-7c3e-7d4f-8a1b-2c3d4e5f6071"
WANTED: dict[str, Any] = {
    "startTime": "2026-03-01T14:00:00.000Z",
    "inviteeName": "Zoë Quinn",
    "inviteeEmail": "zoe@example.com",
    "inviteeTimezone": "Europe/Berlin",
    "notes": "Looking forward to it",
    "inviteePhone": "+4930123456",
    "answers": [{"questionId": "topic", "value": "Prices"}],
}
BOOKING: dict[str, Any] = {
    "id": ID,
    "status": "CONFIRMED",
    "startTime": "2026-03-01T14:00:00.000Z",
    "endTime": "2026-03-01T14:30:00.000Z",
    "inviteeName": "Zoë Quinn",
    "inviteeEmail": "zoe@example.com",
    "inviteeTimezone": "Europe/Berlin",
    "inviteePhone": "+4930123456",
    "notes": "Looking forward to it",
    "answers": [{"questionId": "topic", "label": "What is it about?", "value": "Prices"}],
    "eventType": {
        "id": EVENT_TYPE_ID,
        "name": "Intro call",
        "slug": "intro-call",
        "durationMinutes": 30,
    },
    "location": "Phone",
    "source": "api",
    "sequence": 0,
    "createdAt": "2026-02-20T09:30:00.000Z",
    "updatedAt": "2026-02-20T09:30:00.000Z",
    "cancelledAt": None,
    "cancellationReason": None,
}
DETAIL = BOOKING | {
    "contact": {
        "id": "01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e21",
        "name": "Zoë Quinn",
        "email": "zoe@example.com",
        "phone": "+4930123456",
        "company": "Example GmbH",
    },
    "emailLogs": [],
    "history": [
        {
            "type": "created",
            "at": "2026-02-20T09:30:00.000Z",
            "by": "host",
            "reason": None,
            "fromStartTime": None,
            "toStartTime": "2026-03-01T14:00:00.000Z",
        }
    ],
    "payment": None,
}

LIST_BOOKINGS = Operation(
    summary="List bookings, newest start first",
    description=(
        "`from` and `to` are on the start time. `from` is included; `to` is excluded as an instant "
        "and included as a bare date, which is a UTC day."
    ),
    tag=BOOKINGS,
    query=ListQuery,
    page_of=BookingReply,
    reply_example={
        "data": [BOOKING],
        "pagination": {"page": 1, "limit": 20, "total": 1, "totalPages": 1},
    },
)
POST_BOOKING = Operation(
    summary="Book a slot of one of your event types",
    description="The event `booking.created` follows. The invitee becomes a contact.",
    tag=BOOKINGS,
    body=BookRequest,
    body_example={"eventTypeSlug": "intro-call"} | WANTED,
    reply=BookedReply,
    reply_example={"bookingId": ID},
    status=201,
    errors={404: "No such event type, or it takes no bookings", 409: TIME_REFUSED},
    idempotent=True,
)
GET_BOOKING = Operation(
    summary="Read a booking with its contact and history",
    description=(
        "`contact.id` is null, with the invitee's own words, while the contact does not exist or "
        "cannot be reached."
    ),
    tag=BOOKINGS,
    reply=BookingDetailReply,
    reply_example=DETAIL,
    errors=NO_BOOKING,
)
CANCEL = Operation(
    summary="Cancel a booking",
    description="The event `booking.cancelled` follows.",
    tag=BOOKINGS,
    body=CancelRequest,
    body_example={"reason": "I am ill"},
    reply=Done,
    reply_example={"success": True},
    errors=NO_BOOKING | {409: "The booking is cancelled already, or has ended"},
    idempotent=True,
)
RESCHEDULE = Operation(
    summary="Move a booking to another start",
    description=(
        "The event `booking.rescheduled` follows. Moving a booking to the start it has already "
        "changes nothing and is answered as a success."
    ),
    tag=BOOKINGS,
    body=RescheduleRequest,
    body_example={"newStartTime": "2026-03-02T14:00:00.000Z", "reason": "A clash"},
    reply=Done,
    reply_example={"success": True},
    errors=NO_BOOKING | {409: f"{TIME_REFUSED}; or the booking is cancelled, or has ended"},
    idempotent=True,
)
PUBLIC_BOOKING = Operation(
    summary="Book a slot as an invitee",
    description="The same rules and effects as with a key; the event type is named by its id.",
    tag=PUBLIC,
    body=PublicBookRequest,
    body_example={"eventTypeId": EVENT_TYPE_ID} | WANTED,
    reply=BookedByInviteeReply,
    reply_example={"bookingId": ID, "manageUrl": MANAGE_URL},
    status=201,
    errors={404: "No such event type, or it takes no bookings", 409: TIME_REFUSED},
    idempotent=True,
)
