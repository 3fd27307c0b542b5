"""The attempts of a delivery: each request and the receiver's response."""

from typing import Annotated, Self

from pydantic import Field
from yarl import URL

from linktime_common.contracts.wire import Instant, WireModel
from linktime_common.egress.reasons import FailureReason
from linktime_webhooks.domain.content import Encoding, shown
from linktime_webhooks.domain.delivery import LoggedAttempt

MOST_HEADER_BYTES = 8 * 1024
MOST_BODY_BYTES = 16 * 1024


class LoggedContent(WireModel):
    """Sent or received bytes: as text if readable, else as base64."""

    encoding: Encoding
    content: str

    @classmethod
    def of(cls, logged: bytes, *, cut_at: int) -> Self:
        """Return the first `cut_at` bytes of `logged`."""
        encoding, content = shown(logged[:cut_at], cut_at=cut_at)
        return cls(encoding=encoding, content=content)


class AttemptReply(WireModel):
    """One request and its response; times in milliseconds, null for steps that did not happen."""

    attempt: int
    at: Instant
    url: str
    address: Annotated[str | None, Field(description="The address that was connected to")]
    reason: str
    status: int | None
    dns_ms: int | None
    connect_ms: int | None
    tls_ms: int | None
    first_byte_ms: int | None
    total_ms: int
    request_headers: Annotated[
        dict[str, str] | None,
        Field(
            description="As sent, the values of custom ones masked; null if they were not stored"
        ),
    ]
    request_body: Annotated[
        LoggedContent | None,
        Field(description="The first 16 KiB; null when the event was deleted after 30 days"),
    ]
    response_headers: LoggedContent
    response_body: Annotated[LoggedContent, Field(description="The first 16 KiB")]
    response_body_truncated: Annotated[
        bool, Field(description="Whether it was longer, or incomplete at the timeout")
    ]

    @classmethod
    def of(cls, attempt: LoggedAttempt, body: bytes | None) -> Self:
        """Build the reply for `attempt`, which sent `body`, or None if it is no longer stored.

        The address of a blocked attempt is not shown.
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


EXAMPLE = AttemptReply(
    attempt=1,
    at="2026-03-01T14:00:00.300Z",
    url="https://example.com/hook",
    address="93.184.215.14",
    reason="ok",
    status=200,
    dns_ms=3,
    connect_ms=20,
    tls_ms=41,
    first_byte_ms=88,
    total_ms=152,
    request_headers={
        "Host": "example.com",
        "User-Agent": "LinkTime-Webhooks/1",
        "Content-Type": "application/json",
        "webhook-id": "msg_01976f3e8f7c7a529c1e5b8f0d3a6e41",
        "webhook-timestamp": "1772373600",
        "webhook-signature": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "X-Api-Key": "•••",
        "Content-Length": "75",
    },
    request_body=LoggedContent(
        encoding="text",
        content='{"type":"booking.created","timestamp":"2026-03-01T14:00:00.000Z","data":{}}',
    ),
    response_headers=LoggedContent(encoding="text", content="Content-Type: text/plain\r\n"),
    response_body=LoggedContent(encoding="text", content="thanks"),
    response_body_truncated=False,
)
