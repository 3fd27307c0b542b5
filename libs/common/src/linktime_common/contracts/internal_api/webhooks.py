"""What the operator asks of webhooks on its internal port.

POST /internal/users/{id}/endpoints  NewEndpoint → 201 MadeEndpoint
GET  /internal/users/{id}/endpoints  → 200 Endpoints, oldest first
"""

from uuid import UUID

from linktime_common.contracts.wire import Instant, WireModel


class NewEndpoint(WireModel):
    url: str
    events: list[str]


class Endpoint(WireModel):
    id: UUID
    url: str
    events: list[str]
    created_at: Instant


class MadeEndpoint(Endpoint):
    """`secret` (`whsec_…`) is shown this once."""

    secret: str


class Endpoints(WireModel):
    data: list[Endpoint]
