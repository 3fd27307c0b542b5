"""A user changes, disables or enables an endpoint."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from linktime_common.idempotency import WriteAttempt
from linktime_common.postgres import Connection
from linktime_common.sealing import Sealer
from linktime_webhooks.deps import Deps
from linktime_webhooks.domain.endpoint import Endpoint
from linktime_webhooks.domain.sealed import open_headers, seal_headers, with_kept_values
from linktime_webhooks.store import deliveries, endings, endpoints
from linktime_webhooks.use_cases.end_deliveries import end_in_time


@dataclass(frozen=True, kw_only=True)
class ChangeEndpoint:
    """`values` by field of Endpoint; `headers` are all custom ones; None changes nothing.

    `forgets_failures`: whether `active` also resets an enabled endpoint.
    """

    owner_id: UUID
    endpoint_id: UUID
    values: Mapping[str, Any]
    headers: Mapping[str, str] | None = None
    active: bool | None = None
    forgets_failures: bool = True


async def change_endpoint(
    command: ChangeEndpoint, deps: Deps, attempt: WriteAttempt[Endpoint]
) -> Endpoint:
    """Return the changed endpoint; raises EndpointNotFound, MaskedHeaderUnknown.

    Pending deliveries go to the new URL, also of events that are no longer chosen. Disabling makes
    pending ones `suppressed`, except those in progress, which their result ends. Enabling resets
    the failures, also of an enabled endpoint: pending ones are due now. Missed events are only sent
    by a replay.
    """
    more = False
    async with deps.database.transaction() as connection:
        found = await endpoints.lock(
            connection, owner_id=command.owner_id, endpoint_id=command.endpoint_id
        )
        changed = _changed(found, command, deps.sealer)
        if changed != found:
            await endpoints.update(connection, changed)
        if command.active is not None:
            more = await _switch(connection, found, command)
        await endpoints.changed(connection, found.id)
        result = await endpoints.find(connection, owner_id=found.owner_id, endpoint_id=found.id)
        await attempt.keep(connection, result)
    if more:
        await end_in_time(deps.database, result.id, attempt.deadline)
    return result


def _changed(found: Endpoint, command: ChangeEndpoint, sealer: Sealer) -> Endpoint:
    changed = replace(found, **command.values)
    if command.headers is None:
        return changed
    stored = open_headers(sealer, found.id, found.sealed_headers)
    wanted = with_kept_values(command.headers, stored)
    if wanted == stored:
        return changed
    return replace(changed, sealed_headers=seal_headers(sealer, found.id, wanted))


async def _switch(connection: Connection, found: Endpoint, command: ChangeEndpoint) -> bool:
    """Disable or enable the endpoint; return whether more deliveries may have to be ended."""
    names = {"owner_id": found.owner_id, "endpoint_id": found.id}
    if not command.active:
        await endpoints.disable(connection, **names, reason="owner")
        return await endings.end_some(connection, found.id)
    if found.disabled_at is not None or command.forgets_failures:
        await endpoints.enable(connection, **names)
        await deliveries.bring_forward(connection, found.id)
    return False
