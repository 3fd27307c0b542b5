"""What the routes of deliveries say of themselves in the OpenAPI document."""

from typing import Any

from linktime_common.http.operations import Operation
from linktime_webhooks.api.operations import NOT_FOUND, TAG
from linktime_webhooks.api.replies import DeliveryDetailReply, DeliveryReply, RangeReplayReply
from linktime_webhooks.api.requests import DeliveriesQuery, ReplayManyBody, SendTestBody

NO_DELIVERY = {404: "No such webhook or delivery, or not yours"}
DISABLED = {409: "The webhook is disabled"}

DELIVERED: dict[str, Any] = {
    "id": "01976f3e-8f7c-7a52-9c1e-5b8f0d3a6e40",
    "messageId": "msg_01976f3e8f7c7a529c1e5b8f0d3a6e41",
    "eventType": "booking.created",
    "kind": "event",
    "state": "delivered",
    "attemptCount": 1,
    "lastReason": "ok",
    "nextAttemptAt": None,
    "createdAt": "2026-03-01T14:00:00.120Z",
    "finishedAt": "2026-03-01T14:00:00.310Z",
}
PENDING = DELIVERED | {
    "state": "pending",
    "attemptCount": 0,
    "lastReason": None,
    "nextAttemptAt": "2026-03-01T15:00:00.000Z",
    "createdAt": "2026-03-01T15:00:00.000Z",
    "finishedAt": None,
}
ATTEMPT: dict[str, Any] = {
    "attempt": 1,
    "at": "2026-03-01T14:00:00.300Z",
    "url": "https://example.com/hook",
    "address": "93.184.215.14",
    "reason": "ok",
    "status": 200,
    "dnsMs": 3,
    "connectMs": 20,
    "tlsMs": 41,
    "firstByteMs": 88,
    "totalMs": 152,
    "requestHeaders": {
        "Host": "example.com",
        "User-Agent": "LinkTime-Webhooks/1",
        "Content-Type": "application/json",
        "webhook-id": "msg_01976f3e8f7c7a529c1e5b8f0d3a6e41",
        "webhook-timestamp": "1772373600",
        "webhook-signature": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
        "X-Api-Key": "•••",
        "Content-Length": "75",
    },
    "requestBody": {
        "encoding": "text",
        "content": '{"type":"booking.created","timestamp":"2026-03-01T14:00:00.000Z","data":{}}',
    },
    "responseHeaders": {"encoding": "text", "content": "Content-Type: text/plain\r\n"},
    "responseBody": {"encoding": "text", "content": "thanks"},
    "responseBodyTruncated": False,
}

REPLAY: dict[str, Any] = {
    "id": "01976f3e-8f7c-7a52-9c1e-5b8f0d3a6e42",
    "state": "running",
    "chosen": None,
    "replayed": 0,
    "hasMore": None,
    "createdAt": "2026-03-02T15:00:00.000Z",
    "finishedAt": None,
}

LIST_DELIVERIES = Operation(
    summary="List what was and is to be sent to a webhook, newest first",
    description=(
        "Of the last 30 days. No more than the newest 10,000 are counted and listed; `to` leads "
        "to older ones. `state` is `pending`, `delivered`, `failed`, `suppressed` (the webhook was "
        "disabled), `cancelled` (it was deleted, or answered 410) or `poison` (given up on after "
        "repeated faults of ours)."
    ),
    tag=TAG,
    query=DeliveriesQuery,
    page_of=DeliveryReply,
    reply_example={
        "data": [DELIVERED],
        "pagination": {"page": 1, "limit": 20, "total": 1, "totalPages": 1},
    },
    errors=NOT_FOUND,
)
GET_DELIVERY = Operation(
    summary="Read a delivery with all its attempts",
    description=(
        "What was sent and what the receiver answered is there as text, or in base64 where it is "
        "not readable text: the first 16 KiB of either body, 8 KiB of the answer's headers."
    ),
    tag=TAG,
    reply=DeliveryDetailReply,
    reply_example=DELIVERED | {"attempts": [ATTEMPT]},
    errors=NO_DELIVERY,
)
REPLAY_DELIVERY = Operation(
    summary="Send what a delivery carried again",
    description=(
        "A new delivery with the same `webhook-id` and body. Behind it wait those of new events. "
        "What is being delivered already is not doubled."
    ),
    tag=TAG,
    reply=DeliveryReply,
    reply_example=PENDING | {"kind": "replay"},
    status=202,
    also={200: "The event is being delivered already"},
    errors=NO_DELIVERY | {409: "The webhook is disabled, or the event past its 30 days"},
    idempotent=True,
)
REPLAY_MISSED = Operation(
    summary="Send again what a webhook missed",
    description=(
        "Events that came in within at most 14 days, from `from` up to, not including, `to`, and "
        "whose last delivery ended in one of `states`; without `states`, all that did not arrive. "
        "What waited when the webhook was disabled came in before its `disabledAt`: begin earlier. "
        "Answered at once and worked off in the "
        "background; `GET …/replays/{replay_id}` shows how far it is. At most 10,000 at once: if "
        "`hasMore` is true when it is done, the same request takes the rest. One at a time for a "
        "webhook: the same range again, while it is running, answers the running one."
    ),
    tag=TAG,
    body=ReplayManyBody,
    body_example={
        "from": "2026-03-01T14:00:00.000Z",
        "to": "2026-03-02T14:00:00.000Z",
        "eventTypes": ["booking.created"],
        "states": ["failed", "suppressed", "cancelled"],
    },
    reply=RangeReplayReply,
    reply_example=REPLAY,
    status=202,
    also={200: "The same range is being replayed already"},
    errors=NOT_FOUND | {409: "The webhook is disabled, or another range is being replayed"},
    idempotent=True,
)
GET_REPLAY = Operation(
    summary="See how far the replay of a range is",
    description=(
        "`state` is `running`, `done` or `cancelled` (the webhook was disabled or deleted). Kept "
        "for 30 days."
    ),
    tag=TAG,
    reply=RangeReplayReply,
    reply_example=REPLAY
    | {
        "state": "done",
        "chosen": 12,
        "replayed": 12,
        "hasMore": False,
        "finishedAt": "2026-03-02T15:00:01.000Z",
    },
    errors={404: "No such webhook or replay, or not yours"},
)
SEND_TEST = Operation(
    summary="Send a sample event",
    description=(
        'The example of the event with `"test": true` in its `data`, signed like any other. It is '
        "tried once, whatever the answer; the delivery shows what came of it."
    ),
    tag=TAG,
    body=SendTestBody,
    body_example={"eventType": "booking.created"},
    reply=DeliveryReply,
    reply_example=PENDING | {"kind": "test"},
    status=202,
    errors=NOT_FOUND | DISABLED,
    idempotent=True,
)
