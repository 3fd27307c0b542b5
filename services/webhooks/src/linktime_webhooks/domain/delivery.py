"""A delivery and its attempts, as the endpoint's owner sees them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

MOST_LISTED = 10_000
"""Most deliveries listed, of one endpoint and filter: the newest; `to` leads to older ones."""

LONGEST_REPLAY = timedelta(days=14)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Before all events. PostgreSQL returns the first instant of year 1 without a time zone."""
MOST_REPLAYED = 10_000
MOST_TESTS_A_MINUTE = 6
"""Most test events a minute of one endpoint: they ignore its rate and its breaker."""


class DeliveryState(StrEnum):
    """`pending` is live, the others are final."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    SUPPRESSED = "suppressed"  # its endpoint was disabled
    CANCELLED = "cancelled"  # its endpoint was deleted, or returned 410
    POISON = "poison"  # its dispatchers crashed repeatedly


class DeliveryKind(StrEnum):
    """The cause of a delivery."""

    EVENT = "event"
    REPLAY = "replay"
    TEST = "test"


ENDED_STATES = tuple(state for state in DeliveryState if state is not DeliveryState.PENDING)
REPLAYED_BY_DEFAULT = tuple(state for state in ENDED_STATES if state is not DeliveryState.DELIVERED)
"""All final states but `delivered`."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """`event_type`, `request_id` and `trace_id` are None once the event is deleted.

    `next_at` is only set while pending.
    """

    id: UUID
    event_id: UUID
    event_created_at: datetime
    event_type: str | None
    request_id: str | None
    kind: DeliveryKind
    state: DeliveryState
    attempt: int
    last_reason: str | None
    next_at: datetime | None
    created_at: datetime
    finished_at: datetime | None
    trace_id: str | None


@dataclass(frozen=True, kw_only=True)
class LoggedAttempt:
    """One request as it was sent, and the response."""

    attempt: int
    at: datetime
    url: str
    address: str | None
    request_headers: dict[str, str]
    status: int | None
    reason: str
    dns_ms: int | None
    connect_ms: int | None
    tls_ms: int | None
    first_byte_ms: int | None
    total_ms: int
    response_headers: bytes
    response_body: bytes
    response_truncated: bool
