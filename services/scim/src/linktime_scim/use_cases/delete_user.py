"""The operator deletes an account with all that belongs to it, in all services."""

from dataclasses import dataclass
from uuid import UUID

from linktime_common.contracts.events import next_version
from linktime_common.messaging import outbox
from linktime_common.user_deletion import request_deletion
from linktime_scim.deps import Deps
from linktime_scim.domain.account import user_deleted
from linktime_scim.domain.errors import OrganizationHasMembers, UserNotFound
from linktime_scim.store import account_deletion, retired_usernames, users


@dataclass(frozen=True)
class DeleteUser:
    user_id: UUID


async def delete_user(command: DeleteUser, deps: Deps) -> None:
    """Delete the account at once, and publish that the other services must delete its rows.

    Organizations that it owns are deleted with it. Raises UserNotFound, OrganizationHasMembers.
    """
    user_id, now = command.user_id, deps.clock.now()
    async with deps.database.transaction() as connection:
        owned = await account_deletion.lock_organizations(connection, user_id)
        await users.lock(connection, user_id)
        account = await users.find(connection, user_id)
        if account is None:
            raise UserNotFound(user_id=user_id)
        if await account_deletion.have_others(connection, owned, user_id):
            raise OrganizationHasMembers(user_id=user_id)
        await retired_usernames.add_of(connection, user_id, now=now)
        await account_deletion.delete_account(connection, user_id, account.email, owned)
        await request_deletion(connection, user_id)
        version = next_version(account.version, now)
        event = user_deleted(account, owned, version=version, occurred_at=now)
        await outbox.add(connection, event)


async def deleted_with_account(_user_id: UUID) -> bool:
    """Return True: the job of this service has only copies to delete."""
    return True
