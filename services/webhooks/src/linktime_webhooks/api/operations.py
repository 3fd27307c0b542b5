"""What the routes of webhooks and their secrets say of themselves in the OpenAPI document."""

from typing import Any

from linktime_common.http.models import Done, Paging
from linktime_common.http.operations import Operation
from linktime_webhooks.api.replies import (
    MadeWebhookReply,
    RotatedSecretReply,
    WebhookReply,
    WebhookSecretsReply,
)
from linktime_webhooks.api.requests import EndpointChangesBody, RotateBody
from linktime_webhooks.api.subscriptions import NewEndpointBody
from linktime_webhooks.domain.custom_headers import MASK

TAG = "Webhooks"
NOT_FOUND = {404: "No such webhook, or not yours"}

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - an example
WANTED: dict[str, Any] = {
    "url": "https://example.com/hook",
    "events": ["booking.cancelled", "booking.created"],
    "description": "The CRM",
    "headers": {"X-Api-Key": "9b1c"},
    "ratePerSecond": None,
}
WEBHOOK: dict[str, Any] = {
    "id": "01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e24",
    **WANTED,
    "headers": {"X-Api-Key": MASK},
    "active": True,
    "state": "active",
    "disabledReason": None,
    "disabledAt": None,
    "failingSince": None,
    "pausedUntil": None,
    "createdAt": "2026-02-20T09:30:00.000Z",
    "updatedAt": "2026-02-20T09:30:00.000Z",
}
SWITCHED_OFF = WEBHOOK | {
    "active": False,
    "state": "disabled",
    "disabledReason": "owner",
    "disabledAt": "2026-03-01T14:00:00.000Z",
    "updatedAt": "2026-03-01T14:00:00.000Z",
}
NEWEST: dict[str, Any] = {
    "id": "01976f3e-8f7c-7a52-9c1e-5b8f0d3a6e30",
    "createdAt": "2026-03-01T14:00:00.000Z",
    "expiresAt": None,
}
OLDER: dict[str, Any] = {
    "id": "01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e25",
    "createdAt": "2026-02-20T09:30:00.000Z",
    "expiresAt": "2026-03-02T14:00:00.000Z",
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
        "The URL begins with https:// and leads to a public address. `headers` are sent with "
        "every delivery and are shown masked from then on."
    ),
    tag=TAG,
    body=NewEndpointBody,
    body_example=WANTED,
    reply=MadeWebhookReply,
    reply_example=WEBHOOK | {"secret": SECRET},
    status=201,
    errors={409: "You have 20 webhooks already"},
    idempotent=True,
)
GET_WEBHOOK = Operation(
    summary="Read a webhook",
    description=(
        "`state` is `disabled` (by you, by a 410, or because nothing got through for too long), "
        "`paused` (the receiver asked for it with a 429), `failing` (nothing has got through "
        "since `failingSince`) or `active`."
    ),
    tag=TAG,
    reply=WebhookReply,
    reply_example=WEBHOOK,
    errors=NOT_FOUND,
)
CHANGE_WEBHOOK = Operation(
    summary="Change a webhook, switch it off or on",
    description=(
        "What is not sent stays. `headers` are all of them, and a masked value stays what it is. "
        "With `active` false nothing is sent any more: what waits and what happens is kept as "
        "`suppressed`. With `active` true its failures are forgotten; what it missed is sent when "
        "you ask for a replay from the `disabledAt` it had."
    ),
    tag=TAG,
    body=EndpointChangesBody,
    body_example={"active": False},
    reply=WebhookReply,
    reply_example=SWITCHED_OFF,
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
LIST_SECRETS = Operation(
    summary="List the secrets that are valid, newest first",
    description="Every delivery is signed with each of them. Their values are never shown again.",
    tag=TAG,
    reply=WebhookSecretsReply,
    reply_example={"data": [NEWEST, OLDER]},
    errors=NOT_FOUND,
)
ROTATE_SECRET = Operation(
    summary="Sign with a new secret",
    description=(
        "`secret` is shown this once; a repeat with the same Idempotency-Key has null there. "
        "The older ones sign beside it for `overlapHours`; with 0 they end at once."
    ),
    tag=TAG,
    body=RotateBody,
    body_example={"overlapHours": 24},
    reply=RotatedSecretReply,
    reply_example=NEWEST | {"secret": SECRET},
    status=201,
    errors=NOT_FOUND | {409: "Three secrets are valid already; the answer says until when"},
    idempotent=True,
)
