"""What the routes behind an invitee's link say of themselves in the OpenAPI document."""

from linktime_bookings.api import operations
from linktime_bookings.api.replies import InviteesBookingReply
from linktime_bookings.api.requests import CancelRequest, RescheduleRequest
from linktime_common.http.models import Done
from linktime_common.http.operations import Operation

NOT_GENUINE = {404: "The link is not genuine, or its key is no longer believed"}

BOOKING = operations.BOOKING | {"source": "page", "host": {"name": "Ada Host", "username": "ada"}}

GET_BOOKING = Operation(
    summary="Read a booking as its invitee",
    description="`token` is the last part of `manageUrl`. The link does not expire.",
    tag=operations.PUBLIC,
    reply=InviteesBookingReply,
    reply_example=BOOKING,
    errors=NOT_GENUINE,
)
CANCEL = Operation(
    summary="Cancel a booking as its invitee",
    description="The event `booking.cancelled` follows.",
    tag=operations.PUBLIC,
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
    tag=operations.PUBLIC,
    body=RescheduleRequest,
    body_example={"newStartTime": "2026-03-02T14:00:00.000Z", "reason": "A clash"},
    reply=Done,
    reply_example={"success": True},
    errors=NOT_GENUINE
    | {409: "The time is taken or outside the rules; or the booking is cancelled, or has ended"},
    idempotent=True,
)
