"""A user changes where an endpoint is, or what it hears of."""

from dataclasses import dataclass
from uuid import UUID

from linktime_common.http.idempotency import Attempt
from linktime_webhooks.deps import Deps
from linktime_webhooks.domain.endpoint import Endpoint
from linktime_webhooks.store import endpoints


@dataclass(frozen=True)
class ChangeEndpoint:
    """What is None stays as it is."""

    owner_id: UUID
    endpoint_id: UUID
    url: str | None
    events: list[str] | None


async def change_endpoint(
    command: ChangeEndpoint, deps: Deps, attempt: Attempt[Endpoint]
) -> Endpoint:
    """The endpoint afterwards; raises EndpointNotFound.

    What already waits for it is sent too, to the new URL: it was promised when it happened.
    """
    async with deps.database.transaction() as connection:
        endpoint = await endpoints.change(
            connection,
            owner_id=command.owner_id,
            endpoint_id=command.endpoint_id,
            url=command.url,
            events=command.events,
        )
        await attempt.keep(connection, endpoint)
        return endpoint
