"""A user subscribes an endpoint to some events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from linktime_common.idempotency import WriteAttempt
from linktime_common.ids import new_id
from linktime_webhooks.deps import Deps
from linktime_webhooks.domain import signing
from linktime_webhooks.domain.endpoint import MOST_ENDPOINTS, Endpoint
from linktime_webhooks.domain.errors import TooManyEndpoints
from linktime_webhooks.domain.sealed import seal_headers, seal_secret, with_kept_values
from linktime_webhooks.store import endpoints, secrets


@dataclass(frozen=True)
class AddEndpoint:
    owner_id: UUID
    url: str
    events: list[str]
    description: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    rate_per_second: int | None = None


@dataclass(frozen=True)
class Made:
    """A new endpoint; `secret` in clear, or None when the request is repeated."""

    endpoint: Endpoint
    secret: str | None


async def add_endpoint(
    command: AddEndpoint, deps: Deps, attempt: WriteAttempt[Made] | None = None
) -> tuple[Endpoint, str]:
    """Return the endpoint and its secret, shown once; raises TooManyEndpoints, MaskedHeaderUnknown.

    The reply that `attempt` stores does not contain the secret, which is only stored encrypted.
    """
    endpoint_id, secret = new_id(), signing.new_secret()
    headers = with_kept_values(command.headers, {})
    async with deps.database.transaction() as connection:
        if await endpoints.count_for_insert(connection, command.owner_id) >= MOST_ENDPOINTS:
            raise TooManyEndpoints(owner_id=command.owner_id)
        await endpoints.insert(
            connection,
            endpoint_id=endpoint_id,
            owner_id=command.owner_id,
            url=command.url,
            events=command.events,
            description=command.description,
            sealed_headers=seal_headers(deps.sealer, endpoint_id, headers),
            rate_per_second=command.rate_per_second,
        )
        await secrets.insert(
            connection,
            secret_id=new_id(),
            endpoint_id=endpoint_id,
            sealed=seal_secret(deps.sealer, endpoint_id, secret),
        )
        endpoint = await endpoints.find(
            connection, owner_id=command.owner_id, endpoint_id=endpoint_id
        )
        if attempt is not None:
            await attempt.keep(connection, Made(endpoint, None))
    return endpoint, signing.show_secret(secret)
