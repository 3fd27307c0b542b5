"""What the dashboard's routes say of themselves in the OpenAPI document."""

from typing import Any

from linktime_common.http.models import Done, Paging
from linktime_common.http.operations import Operation
from linktime_webhooks.api.dashboard import MadeWebhookReply, WebhookReply
from linktime_webhooks.api.subscriptions import EndpointChangesBody, NewEndpointBody

TAG = "Webhooks"
NOT_FOUND = {404: "No such webhook, or not yours"}

WANTED: dict[str, Any] = {
    "url": "https://example.com/hook",
    "events": ["booking.cancelled", "booking.created"],
}
WEBHOOK: dict[str, Any] = {
    "id": "01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e24",
    **WANTED,
    "createdAt": "2026-02-20T09:30:00.000Z",
}

LIST_WEBHOOKS = Operation(
    summary="List your webhooks, oldest first",
    tag=TAG,
    query=Paging,
    page_of=WebhookReply,
    reply_example={
        "data": [WEBHOOK],
        "pagination": {"page": 1, "limit": 20, "total": 1, "totalPages": 1},
    },
)
CREATE_WEBHOOK = Operation(
    summary="Subscribe a URL to events",
    description=(
        "`secret` is shown this once; a repeat with the same Idempotency-Key has null there. "
        "The URL begins with https:// and leads to a public address."
    ),
    tag=TAG,
    body=NewEndpointBody,
    body_example=WANTED,
    reply=MadeWebhookReply,
    reply_example=WEBHOOK | {"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
    status=201,
    errors={409: "You have 20 webhooks already"},
    idempotent=True,
)
GET_WEBHOOK = Operation(
    summary="Read a webhook",
    tag=TAG,
    reply=WebhookReply,
    reply_example=WEBHOOK,
    errors=NOT_FOUND,
)
CHANGE_WEBHOOK = Operation(
    summary="Change a webhook's URL or events",
    description=(
        "What is not sent stays; the secret does too. What already waits to be sent goes to the "
        "new URL."
    ),
    tag=TAG,
    body=EndpointChangesBody,
    body_example={"url": WANTED["url"]},
    reply=WebhookReply,
    reply_example=WEBHOOK,
    errors=NOT_FOUND,
    idempotent=True,
)
DELETE_WEBHOOK = Operation(
    summary="Delete a webhook",
    description="What still waits to be sent to it is cancelled.",
    tag=TAG,
    reply=Done,
    reply_example={"success": True},
    errors=NOT_FOUND,
    idempotent=True,
)
