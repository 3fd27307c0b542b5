"""What owners and the operator are shown."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field
from yarl import URL

from linktime_common.contracts.wire import Instant, WireModel
from linktime_common.sealing import Sealer
from linktime_webhooks.domain.content import Encoding, shown
from linktime_webhooks.domain.custom_headers import MASK
from linktime_webhooks.domain.delivery import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    LoggedAttempt,
)
from linktime_webhooks.domain.endpoint import Endpoint, EndpointState
from linktime_webhooks.domain.reasons import FailureReason
from linktime_webhooks.domain.replay import RangeReplay, ReplayState
from linktime_webhooks.domain.sealed import open_headers
from linktime_webhooks.domain.secrets import Secret
from linktime_webhooks.domain.signing import message_id

MOST_HEADER_BYTES = 8 * 1024
MOST_BODY_BYTES = 16 * 1024


class WebhookReply(WireModel):
    """`headers` have their values masked; `failingSince` is when the last success was followed by
    the first failure."""

    id: UUID
    url: str
    events: list[str]
    description: str
    headers: Annotated[dict[str, str], Field(description="Custom headers, their values masked")]
    rate_per_second: int | None
    active: bool
    state: EndpointState
    disabled_reason: Literal["owner", "gone", "failing"] | None
    disabled_at: Instant | None
    failing_since: Instant | None
    paused_until: Instant | None
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, endpoint: Endpoint, sealer: Sealer, **more: object) -> Self:
        """The reply about `endpoint`, with what a subclass adds."""
        headers = open_headers(sealer, endpoint.id, endpoint.sealed_headers)
        values: dict[str, object] = {
            "id": endpoint.id,
            "url": endpoint.url,
            "events": list(endpoint.events),
            "description": endpoint.description,
            "headers": dict.fromkeys(headers, MASK),
            "rate_per_second": endpoint.rate_per_second,
            "active": endpoint.disabled_at is None,
            "state": endpoint.state,
            "disabled_reason": endpoint.disabled_reason,
            "disabled_at": endpoint.disabled_at,
            "failing_since": endpoint.failing_since,
            "paused_until": endpoint.paused_until,
            "created_at": endpoint.created_at,
            "updated_at": endpoint.updated_at,
        }
        return cls.model_validate(values | more)


class MadeWebhookReply(WebhookReply):
    """`secret` (`whsec_…`) is shown this once; a repeat of the request has None there."""

    secret: str | None


class WebhookSecretReply(WireModel):
    """`expiresAt` is null for the newest, which signs first."""

    id: UUID
    created_at: Instant
    expires_at: Instant | None

    @classmethod
    def of(cls, valid: Secret, **more: object) -> Self:
        """The reply about a valid secret, never its value."""
        values: dict[str, object] = {
            "id": valid.id,
            "created_at": valid.created_at,
            "expires_at": valid.expires_at,
        }
        return cls.model_validate(values | more)


class WebhookSecretsReply(WireModel):
    """Three at most, newest first."""

    data: list[WebhookSecretReply]


class RotatedSecretReply(WebhookSecretReply):
    """`secret` (`whsec_…`) is shown this once; a repeat of the request has None there."""

    secret: str | None


class DeliveryReply(WireModel):
    """`messageId` is sent as `webhook-id`: the same for every attempt and replay of an event."""

    id: UUID
    message_id: str
    event_type: Annotated[
        str | None, Field(description="null when the event itself is past its 30 days")
    ]
    kind: DeliveryKind
    state: DeliveryState
    attempt_count: int
    last_reason: str | None
    next_attempt_at: Instant | None
    created_at: Instant
    finished_at: Instant | None

    @classmethod
    def of(cls, delivery: Delivery, **more: object) -> Self:
        """The reply about `delivery`, with what a subclass adds."""
        values: dict[str, object] = {
            "id": delivery.id,
            "message_id": message_id(delivery.event_id),
            "event_type": delivery.event_type,
            "kind": delivery.kind,
            "state": delivery.state,
            "attempt_count": delivery.attempt,
            "last_reason": delivery.last_reason,
            "next_attempt_at": delivery.next_at,
            "created_at": delivery.created_at,
            "finished_at": delivery.finished_at,
        }
        return cls.model_validate(values | more)


class LoggedContent(WireModel):
    """What was sent or received, as text where it is readable text, else as base64."""

    encoding: Encoding
    content: str

    @classmethod
    def of(cls, logged: bytes, *, cut_at: int) -> Self:
        """The first `cut_at` bytes of `logged`."""
        encoding, content = shown(logged[:cut_at], cut_at=cut_at)
        return cls(encoding=encoding, content=content)


class AttemptReply(WireModel):
    """One request and its answer; times are in milliseconds, null for what did not happen."""

    attempt: int
    at: Instant
    url: str
    address: Annotated[str | None, Field(description="What was dialled")]
    reason: str
    status: int | None
    dns_ms: int | None
    connect_ms: int | None
    tls_ms: int | None
    first_byte_ms: int | None
    total_ms: int
    request_headers: Annotated[
        dict[str, str] | None,
        Field(description="As sent, the values of custom ones masked; null if they were not kept"),
    ]
    request_body: Annotated[
        LoggedContent | None,
        Field(description="The first 16 KiB; null when the event itself is past its 30 days"),
    ]
    response_headers: LoggedContent
    response_body: Annotated[LoggedContent, Field(description="The first 16 KiB")]
    response_body_truncated: Annotated[
        bool, Field(description="Whether it was longer, or did not end in time")
    ]

    @classmethod
    def of(cls, attempt: LoggedAttempt, body: bytes | None) -> Self:
        """The reply about `attempt`, which sent `body`, None if it is not known any more.

        Where nothing may be reached, not even the address is shown.
        """
        is_blocked = attempt.reason == FailureReason.BLOCKED_ADDRESS
        return cls(
            attempt=attempt.attempt,
            at=attempt.at,
            url=attempt.url,
            address=None if is_blocked else attempt.address,
            reason=attempt.reason,
            status=attempt.status,
            dns_ms=attempt.dns_ms,
            connect_ms=attempt.connect_ms,
            tls_ms=attempt.tls_ms,
            first_byte_ms=attempt.first_byte_ms,
            total_ms=attempt.total_ms,
            request_headers=_sent_headers(attempt, body),
            request_body=None if body is None else LoggedContent.of(body, cut_at=MOST_BODY_BYTES),
            response_headers=LoggedContent.of(attempt.response_headers, cut_at=MOST_HEADER_BYTES),
            response_body=LoggedContent.of(attempt.response_body, cut_at=MOST_BODY_BYTES),
            response_body_truncated=attempt.response_truncated,
        )


def _sent_headers(attempt: LoggedAttempt, body: bytes | None) -> dict[str, str] | None:
    if not attempt.request_headers:
        return None
    host = URL(attempt.url, encoded=True).host_port_subcomponent or ""
    length = {} if body is None else {"Content-Length": str(len(body))}
    return {"Host": host, **attempt.request_headers, **length}


class DeliveryDetailReply(DeliveryReply):
    """A delivery with every attempt, the first one first."""

    attempts: list[AttemptReply]


class RangeReplayReply(WireModel):
    """How far a replay of a range is."""

    id: UUID
    state: ReplayState
    chosen: Annotated[
        int | None, Field(description="Events to be sent again; null until they are looked up")
    ]
    replayed: Annotated[int, Field(description="Deliveries made until now")]
    has_more: Annotated[
        bool | None,
        Field(description="Would the same request find more? null until they are looked up"),
    ]
    created_at: Instant
    finished_at: Instant | None

    @classmethod
    def of(cls, replay: RangeReplay) -> Self:
        """The reply about `replay`."""
        return cls(
            id=replay.id,
            state=replay.state,
            chosen=replay.chosen,
            replayed=replay.replayed,
            has_more=replay.has_more,
            created_at=replay.created_at,
            finished_at=replay.finished_at,
        )
