"""What the operator asks of webhooks on its internal port: what owners can do, in their name.

GET    /internal/users/{id}/endpoints                         → 200 Endpoints, oldest first
POST   /internal/users/{id}/endpoints             NewEndpoint → 201 MadeEndpoint
GET    …/endpoints/{id}                                       → 200 Endpoint
PATCH  …/endpoints/{id}                        EndpointChange → 200 Endpoint
POST   …/endpoints/{id}/secrets/rotate              RotateSecret → 201 RotatedSecret
GET    …/endpoints/{id}/deliveries                            → 200 Deliveries, newest first
POST   …/endpoints/{id}/deliveries/{delivery}/replay          → 202 or 200 Delivery
POST   …/endpoints/{id}/replay                    ReplayRange → 202 Replayed
POST   …/endpoints/{id}/test                         SendTest → 202 Delivery
"""

from uuid import UUID

from pydantic import Field

from linktime_common.contracts.wire import Instant, WireModel


class NewEndpoint(WireModel):
    url: str
    events: list[str]


class EndpointChange(WireModel):
    active: bool


class Endpoint(WireModel):
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


class MadeEndpoint(Endpoint):
    """`secret` (`whsec_…`) is shown this once."""

    secret: str


class Endpoints(WireModel):
    data: list[Endpoint]


class RotateSecret(WireModel):
    overlap_hours: int


class RotatedSecret(WireModel):
    """`secret` (`whsec_…`) is shown this once."""

    id: UUID
    secret: str


class Delivery(WireModel):
    id: UUID
    message_id: str
    event_type: str | None
    kind: str
    state: str
    attempt_count: int
    last_reason: str | None
    next_attempt_at: Instant | None
    created_at: Instant
    finished_at: Instant | None


class Deliveries(WireModel):
    data: list[Delivery]


class ReplayRange(WireModel):
    since: Instant = Field(alias="from")
    until: Instant = Field(alias="to")


class Replayed(WireModel):
    replayed: int
    has_more: bool


class SendTest(WireModel):
    event_type: str
