"""The other services are told of an account that changed."""

from linktime_common import outbox
from linktime_common.contracts.events import next_version
from linktime_common.postgres import Connection
from linktime_scim.deps import Deps
from linktime_scim.domain.account import Account, user_deactivated, user_updated
from linktime_scim.store import users


async def tell_change(connection: Connection, before: Account, deps: Deps) -> None:
    """Tell of a locked account if others see it differently than `before`."""
    after = await users.find(connection, before.id)
    if after is None or after.state == before.state:
        return
    now = deps.clock.now()
    await users.renew_versions(connection, [before.id], version=next_version(0, now), now=now)
    fact = user_deactivated if before.active and not after.active else user_updated
    for account in await users.find_some(connection, [before.id]):
        await outbox.add(connection, fact(account, occurred_at=now))
