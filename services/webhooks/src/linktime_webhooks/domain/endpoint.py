"""A subscriber's endpoint, and the events that it can have."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

PUBLIC_EVENTS = (
    "booking.created",
    "booking.cancelled",
    "booking.rescheduled",
    "payment.received",
    "contact.created",
    "contact.merged",
)
MOST_ENDPOINTS = 20


class EndpointState(StrEnum):
    """The state that an owner sees."""

    ACTIVE = "active"
    FAILING = "failing"  # no success since `failing_since`
    PAUSED = "paused"  # the receiver asked for a pause
    DISABLED = "disabled"


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """`sealed_headers`: the custom headers; `paused_until` and `breaker_until` are never past."""

    id: UUID
    owner_id: UUID
    url: str
    events: tuple[str, ...]
    description: str
    sealed_headers: bytes | None
    rate_per_second: int | None
    disabled_at: datetime | None
    disabled_reason: str | None
    failing_since: datetime | None
    paused_until: datetime | None
    breaker_until: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def state(self) -> EndpointState:
        """Return disabled before paused before failing: the first needs action first."""
        if self.disabled_at is not None:
            return EndpointState.DISABLED
        if self.paused_until is not None:
            return EndpointState.PAUSED
        if self.failing_since is not None:
            return EndpointState.FAILING
        return EndpointState.ACTIVE

    @property
    def held_until(self) -> datetime | None:
        """Return until when only test events are sent, or None."""
        return max(filter(None, (self.paused_until, self.breaker_until)), default=None)
