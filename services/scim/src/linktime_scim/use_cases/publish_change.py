"""Publishes changes of accounts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from linktime_common.contracts.events import next_version
from linktime_common.messaging import outbox
from linktime_common.postgres import Connection
from linktime_scim.deps import Deps
from linktime_scim.domain.account import Account, user_deactivated, user_updated
from linktime_scim.domain.errors import UserNotFound
from linktime_scim.store import invitations, users


async def publish_change(connection: Connection, before: Account, deps: Deps) -> None:
    """Publish a locked account if its state differs from `before`.

    The invitations that it sent end when it becomes inactive.
    """
    after = await users.find(connection, before.id)
    if after is None or after.state == before.state:
        return
    now = deps.clock.now()
    await users.renew_versions(connection, [before.id], version=next_version(0, now), now=now)
    is_deactivated = before.is_active and not after.is_active
    if is_deactivated:
        await invitations.remove_all_by(connection, before.id)
    fact = user_deactivated if is_deactivated else user_updated
    for account in await users.find_some(connection, [before.id]):
        await outbox.add(connection, fact(account, occurred_at=now))


@asynccontextmanager
async def publishing_change(
    connection: Connection, user_id: UUID, owner_id: UUID, deps: Deps
) -> AsyncIterator[Account]:
    """Publish the user's change if the block changes the published state.

    The owner is locked too, which serializes this with a change of the owner's plan.
    """
    await users.lock_some(connection, [user_id, owner_id])
    before = await users.find(connection, user_id)
    if before is None:
        raise UserNotFound(user_id=user_id)
    yield before
    await publish_change(connection, before, deps)
