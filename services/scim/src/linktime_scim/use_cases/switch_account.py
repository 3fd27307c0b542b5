"""The operator deactivates or activates an account."""

from dataclasses import dataclass
from uuid import UUID

from linktime_scim.deps import Deps
from linktime_scim.domain.account import Account
from linktime_scim.domain.errors import UserNotFound
from linktime_scim.store import users
from linktime_scim.use_cases.publish_change import publish_change


@dataclass(frozen=True)
class SwitchAccount:
    user_id: UUID
    active: bool


async def switch_account(command: SwitchAccount, deps: Deps) -> Account:
    """Return the account; publishes an event only for a change.

    A managed account that is opened is active only if its organization agrees. Raises UserNotFound.
    """
    async with deps.database.transaction() as connection:
        await users.lock(connection, command.user_id)
        before = await users.find(connection, command.user_id)
        if before is None:
            raise UserNotFound(user_id=command.user_id)
        await users.set_switch(connection, before.switched(active=command.active))
        await publish_change(connection, before, deps)
        (after,) = await users.find_some(connection, [before.id])
        return after
