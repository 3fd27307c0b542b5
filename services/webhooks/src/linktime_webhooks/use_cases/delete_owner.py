"""Delete all rows of an owner who was deleted."""

import contextlib
from uuid import UUID

from linktime_common.owned_rows import delete_unindexed
from linktime_common.postgres import Database
from linktime_webhooks.domain.errors import EndpointNotFound
from linktime_webhooks.store import endpoints, owner_deletion, secrets
from linktime_webhooks.use_cases.end_deliveries import end_the_rest


async def delete_owner(database: Database, owner_id: UUID) -> bool:
    """Return False while a delivery is being sent: its result is recorded first."""
    async with database.connection() as connection:
        owned = await owner_deletion.endpoints_of(connection, owner_id)
    for endpoint_id in owned:
        await _close(database, owner_id, endpoint_id)
    async with database.connection() as connection:
        if await owner_deletion.have_live(connection, owned):
            return False
    for endpoint_id in owned:
        more = True
        while more:
            async with database.connection() as connection:
                more = await owner_deletion.delete_ended(connection, endpoint_id)
    async with database.transaction() as connection:
        await owner_deletion.delete_endpoints(connection, owner_id)
    await delete_unindexed(database, "erasure_rounds", owner_id)
    return True


async def _close(database: Database, owner_id: UUID, endpoint_id: UUID) -> None:
    """Send nothing more to the endpoint, as when its owner deletes it."""
    async with database.transaction() as connection:
        with contextlib.suppress(EndpointNotFound):  # it is deleted already
            await endpoints.delete(connection, owner_id=owner_id, endpoint_id=endpoint_id)
        await secrets.forget(connection, endpoint_id)
        await endpoints.changed(connection, endpoint_id)
    await end_the_rest(database, endpoint_id)
