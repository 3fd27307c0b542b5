"""Calls of the operator to webhooks' internal port, on behalf of owners.

GET    /internal/users/{id}/endpoints                         → 200 Endpoints, oldest first
POST   /internal/users/{id}/endpoints             NewEndpoint → 201 MadeEndpoint
GET    …/endpoints/{id}                                       → 200 EndpointView
PATCH  …/endpoints/{id}                        EndpointChange → 200 EndpointView
DELETE …/endpoints/{id}                                       → 200
POST   …/endpoints/{id}/secrets/rotate       RotateSecretRequest → 201 RotatedSecret
GET    …/endpoints/{id}/deliveries                            → 200 Deliveries, newest first
GET    …/endpoints/{id}/deliveries/{delivery}                 → 200 DeliveryWithAttempts
POST   …/endpoints/{id}/deliveries/{delivery}/replay          → 202 or 200 DeliveryView
POST   …/endpoints/{id}/replay                    ReplayRange → 202 or 200 RangeReplayView
GET    …/endpoints/{id}/replays/{replay}                      → 200 RangeReplayView
POST   …/endpoints/{id}/test                         SendTest → 202 DeliveryView
"""

from typing import Any
from uuid import UUID

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer
from pydantic.alias_generators import to_camel

from linktime_common.contracts.wire import Instant, WireModel


class NewEndpoint(WireModel):
    url: str
    events: list[str]


class EndpointChange(WireModel):
    """Changes of an endpoint; unset fields are not sent and stay unchanged."""

    url: str = ""
    events: list[str] = Field(default_factory=list)
    description: str = ""
    rate_per_second: int | None = None
    active: bool = True

    @model_serializer(mode="wrap")
    def _only_what_is_set(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        wanted = {to_camel(name) for name in self.model_fields_set}
        return {name: value for name, value in serialize(self).items() if name in wanted}


class EndpointView(WireModel):
    id: UUID
    url: str
    events: list[str]
    description: str
    headers: dict[str, str]
    rate_per_second: int | None
    active: bool
    state: str
    disabled_reason: str | None
    disabled_at: Instant | None
    failing_since: Instant | None
    paused_until: Instant | None
    created_at: Instant
    updated_at: Instant


class MadeEndpoint(EndpointView):
    """`secret` (`whsec_…`) is returned only once."""

    secret: str


class Endpoints(WireModel):
    data: list[EndpointView]


class RotateSecretRequest(WireModel):
    overlap_hours: int


class RotatedSecret(WireModel):
    """`secret` (`whsec_…`) is returned only once."""

    id: UUID
    created_at: Instant
    expires_at: Instant | None
    secret: str


class DeliveryView(WireModel):
    id: UUID
    message_id: str
    event_type: str | None
    request_id: str | None = None
    kind: str
    state: str
    attempt_count: int
    last_reason: str | None
    next_attempt_at: Instant | None
    created_at: Instant
    finished_at: Instant | None
    trace_id: str | None = None


class DeliveryWithAttempts(DeliveryView):
    """`attempts` as in the dashboard's API, the first one first."""

    attempts: list[dict[str, Any]]


class Deliveries(WireModel):
    data: list[DeliveryView]


class ReplayRange(WireModel):
    since: Instant = Field(alias="from")
    until: Instant = Field(alias="to")
    states: list[str] | None = None


class RangeReplayView(WireModel):
    id: UUID
    state: str
    chosen: int | None
    replayed: int
    has_more: bool | None
    created_at: Instant
    finished_at: Instant | None


class SendTest(WireModel):
    event_type: str
