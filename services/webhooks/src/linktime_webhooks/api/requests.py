"""What callers send about webhooks that exist."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from linktime_common.http.bodies import invalid
from linktime_common.http.fields import Line, Moment, RequestModel, leave_out_defaults
from linktime_common.http.models import Paging
from linktime_common.http.spans import Spanned
from linktime_webhooks.api.subscriptions import Description, Events, Headers, Rate
from linktime_webhooks.domain.delivery import (
    EARLIEST,
    LONGEST_REPLAY,
    DeliveryState,
)
from linktime_webhooks.domain.endpoint import PUBLIC_EVENTS
from linktime_webhooks.domain.samples import SAMPLES
from linktime_webhooks.domain.secrets import DEFAULT_OVERLAP_HOURS, MOST_OVERLAP_HOURS

READ_ONLY = frozenset(
    {
        "id",
        "state",
        "disabledReason",
        "disabledAt",
        "failingSince",
        "pausedUntil",
        "createdAt",
        "updatedAt",
    }
)
"""What an answer has beside what can be written; it may be sent back, and changes nothing."""


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _refuse_live(state: DeliveryState) -> DeliveryState:
    if state is DeliveryState.PENDING:
        raise PydanticCustomError("state", "What is pending is sent without being asked for")
    return state


def _known_event(name: str) -> str:
    if name not in PUBLIC_EVENTS:
        raise PydanticCustomError("event", f"Choose from: {', '.join(PUBLIC_EVENTS)}")
    return name


def _sampled_event(name: str) -> str:
    if name not in SAMPLES:
        raise PydanticCustomError("event", f"Choose from: {', '.join(SAMPLES)}")
    return name


State = Annotated[DeliveryState, BeforeValidator(_lower)]
EndedState = Annotated[State, AfterValidator(_refuse_live)]
EventName = Annotated[
    Line,
    AfterValidator(_known_event),
    WithJsonSchema({"type": "string", "enum": list(PUBLIC_EVENTS)}),
]
SampledEvent = Annotated[
    Line, AfterValidator(_sampled_event), WithJsonSchema({"type": "string", "enum": list(SAMPLES)})
]


class EndpointChangesBody(RequestModel):
    """What to change: a field that is not there stays.

    `headers` are all of them; one whose value is the mask keeps the value it has.
    """

    model_config = ConfigDict(json_schema_extra=leave_out_defaults)

    url: Line = ""  # defaults are never read
    events: Events = Field(default_factory=list)
    description: Description = ""
    headers: Headers = Field(default_factory=dict)
    rate_per_second: Rate = None
    active: Annotated[bool, Field(strict=True)] = True

    @model_validator(mode="before")
    @classmethod
    def _ignore_what_is_read_only(cls, body: Any) -> Any:
        if isinstance(body, dict):
            return {name: value for name, value in body.items() if name not in READ_ONLY}
        return body

    def sent(self, name: str) -> Any:
        """The field's value, None if it was not sent."""
        return getattr(self, name) if name in self.model_fields_set else None


class RotateBody(RequestModel):
    overlap_hours: Annotated[
        int,
        Field(
            ge=0,
            le=MOST_OVERLAP_HOURS,
            strict=True,
            description="How long the older secrets still sign; 0 ends them now",
        ),
    ] = DEFAULT_OVERLAP_HOURS

    def overlap(self) -> timedelta:
        """How long old secrets go on."""
        return timedelta(hours=self.overlap_hours)


class DeliveriesQuery(Paging, Spanned):
    """`from` and `to` choose by when a delivery was made."""

    state: State | None = None
    event_type: EventName | None = None


class ReplayManyBody(RequestModel):
    """`from` and `to` choose by when an event came in: `from` is included, `to` is not.

    Without `states`, all are meant that did not arrive: all states but `delivered`.
    """

    since: Annotated[Moment, Field(alias="from")]
    until: Annotated[Moment, Field(alias="to")]
    event_types: Annotated[list[EventName], Field(min_length=1, max_length=50)] | None = None
    states: Annotated[list[EndedState], Field(min_length=1, max_length=10)] | None = None

    def span(self) -> tuple[datetime, datetime]:
        """Raises InvalidRequest when the range is none, or too long."""
        if self.since > self.until:
            raise invalid("from", "Must not be after to")
        if self.until - self.since > LONGEST_REPLAY:
            raise invalid("to", f"Must be at most {LONGEST_REPLAY.days} days after from")
        return max(self.since, EARLIEST), max(self.until, EARLIEST)


class SendTestBody(RequestModel):
    event_type: SampledEvent
