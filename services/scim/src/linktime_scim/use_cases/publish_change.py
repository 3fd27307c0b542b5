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
from linktime_scim.store import invitations, member_refreshes, users


async def publish_change(connection: Connection, before: Account, deps: Deps) -> None:
    """Publish a locked account if its state differs from `before`.

    The invitations that it sent end when it becomes inactive.
    """
    after = await users.find(connection, before.id)
    if after is not None and after.state != before.state:
        await _publish(connection, before, after, deps)


async def publish_member_change(
    connection: Connection, organization_id: UUID, before: Account, deps: Deps
) -> None:
    """As `publish_change`, after a change of the account's membership.

    Always publish while a refresh of the organization waits: `before` may have a plan that was not
    published yet, and the refresh skips those who left and the owner. The organization is locked.
    """
    after = await users.find(connection, before.id)
    if after is None:
        return
    waits = await member_refreshes.is_pending(connection, organization_id)
    if waits or after.state != before.state:
        await _publish(connection, before, after, deps)


@asynccontextmanager
async def publishing_change(
    connection: Connection, organization_id: UUID, user_id: UUID, owner_id: UUID, deps: Deps
) -> AsyncIterator[Account]:
    """Publish the member's change if the block changes the published state.

    The owner is locked too, which serializes this with a change of the owner's plan.
    """
    await users.lock_some(connection, [user_id, owner_id])
    before = await users.find(connection, user_id)
    if before is None:
        raise UserNotFound(user_id=user_id)
    yield before
    await publish_member_change(connection, organization_id, before, deps)


async def republish_user(user_id: UUID, deps: Deps) -> Account:
    """Publish the account in a new version, newer than any that another service has.

    For the operator, after the restore of an older backup. Raises UserNotFound.
    """
    async with deps.database.transaction() as connection:
        await users.lock(connection, user_id)
        account = await users.find(connection, user_id)
        if account is None:
            raise UserNotFound(user_id=user_id)
        await _publish(connection, account, account, deps)
        (published,) = await users.find_some(connection, [user_id])
        return published


async def _publish(connection: Connection, before: Account, after: Account, deps: Deps) -> None:
    now = deps.clock.now()
    await users.renew_versions(connection, [before.id], version=next_version(0, now), now=now)
    is_deactivated = before.is_active and not after.is_active
    if is_deactivated:
        await invitations.remove_all_by(connection, before.id)
    fact = user_deactivated if is_deactivated else user_updated
    for account in await users.find_some(connection, [before.id]):
        await outbox.add(connection, fact(account, occurred_at=now))
