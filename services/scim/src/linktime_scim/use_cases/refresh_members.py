"""Publishes the members of an organization whose plan changed, batch by batch."""

from linktime_common.contracts.events import next_version
from linktime_common.messaging import outbox
from linktime_scim.deps import Deps
from linktime_scim.domain.account import user_updated
from linktime_scim.store import member_refreshes, users

BATCH = 200


async def refresh_members(deps: Deps, *, batch: int = BATCH) -> bool:
    """Publish the next members; return False when no refresh is left.

    The progress is stored in the transaction of the events: a crash repeats and loses none.
    """
    now = deps.clock.now()
    async with deps.database.transaction() as connection:
        refresh = await member_refreshes.take(connection)
        if refresh is None:
            return False
        members = await member_refreshes.lock_members(connection, refresh, batch)
        await users.renew_versions(connection, members, version=next_version(0, now), now=now)
        for account in await users.find_some(connection, members):
            await outbox.add(connection, user_updated(account, occurred_at=now))
        await member_refreshes.advance(connection, refresh, members)
    return True


async def refresh_all_members(deps: Deps) -> None:
    """Run until every refresh is done or locked by another process."""
    while await refresh_members(deps):
        pass
