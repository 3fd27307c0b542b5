"""A user deletes an endpoint."""

from dataclasses import dataclass
from uuid import UUID

from linktime_common.idempotency import WriteAttempt
from linktime_webhooks.deps import Deps
from linktime_webhooks.store import endings, endpoints, secrets
from linktime_webhooks.use_cases.end_deliveries import end_in_time


@dataclass(frozen=True)
class DeleteEndpoint:
    owner_id: UUID
    endpoint_id: UUID


async def delete_endpoint(command: DeleteEndpoint, deps: Deps, attempt: WriteAttempt[None]) -> None:
    """Delete the endpoint and cancel its waiting deliveries; raises EndpointNotFound."""
    async with deps.database.transaction() as connection:
        await attempt.keep(connection, None)
        await endpoints.delete(
            connection, owner_id=command.owner_id, endpoint_id=command.endpoint_id
        )
        await secrets.forget(connection, command.endpoint_id)
        more = await endings.end_some(connection, command.endpoint_id)
        await endpoints.changed(connection, command.endpoint_id)
    if more:
        await end_in_time(deps.database, command.endpoint_id, attempt.deadline)
