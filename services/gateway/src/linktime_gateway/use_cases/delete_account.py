"""Delete an account that the directory has deleted."""

from uuid import UUID

from linktime_common.contracts.events.scim import UserDeleted
from linktime_common.postgres import Connection, Database
from linktime_common.user_deletion import on_user_deleted
from linktime_gateway.store import account_deletion


async def on_account_deleted(connection: Connection, event: UserDeleted) -> None:
    """End all credentials at once; the rows are few."""
    await on_user_deleted(connection, event)
    await account_deletion.delete_account(connection, event.owner_id, event.organization_ids)


async def delete_account(database: Database, user_id: UUID) -> bool:
    """Delete what was written since the event; nothing has to wait."""
    async with database.transaction() as connection:
        await account_deletion.delete_account(connection, user_id)
    return True
