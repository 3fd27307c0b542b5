"""Every refusal of this service."""

from datetime import datetime
from typing import Any

from linktime_common.contracts.wire import format_instant
from linktime_common.errors import Refusal


class EndpointNotFound(Refusal):
    """Webhook not found."""

    code = "webhook_not_found"


class DeliveryNotFound(Refusal):
    """Delivery not found."""


class ReplayNotFound(Refusal):
    """Replay not found."""


class ReplayRunning(Refusal):
    """Another range of this webhook is being replayed; wait until that has ended."""


class TooManyEndpoints(Refusal):
    """A user can have at most 20 webhook endpoints."""

    code = "too_many_webhooks"


class EndpointDisabled(Refusal):
    """The webhook is disabled; enable it first."""

    code = "webhook_disabled"


class TooManyTests(Refusal):
    """A webhook can be sent at most 6 test events a minute; try again in a minute."""

    retry_after_seconds = 60


class MaskedHeaderUnknown(Refusal):
    """A masked header keeps its stored value, but none is stored under this name."""


class EventForgotten(Refusal):
    """The event of this delivery was deleted after 30 days."""

    code = "event_deleted"


class TooManySecrets(Refusal):
    """Three secrets are valid already."""

    def __init__(self, *, next_expiry: datetime, **facts: Any) -> None:
        super().__init__(**facts)
        self.sentence = (
            f"Three secrets are valid already; the next one expires at "
            f"{format_instant(next_expiry)}. An overlap of 0 hours ends them now"
        )
