"""Applies an identity provider's stored `active: false`."""

from dataclasses import replace
from uuid import UUID

from linktime_common.postgres import Connection
from linktime_scim.deps import Deps
from linktime_scim.domain.account import Account
from linktime_scim.domain.provisioning import Provisioned
from linktime_scim.store import invitations, scim_members, users
from linktime_scim.use_cases.publish_change import publish_member_change


async def deactivate_member(
    connection: Connection, organization_id: UUID, account: Account
) -> None:
    """Suspend the membership if the provider has deactivated it, except the owner's.

    The invitations that the member sent end, and the locked account becomes inactive if the
    organization manages it. Nothing is published.
    """
    if not await scim_members.suspend(connection, organization_id, account.id):
        return
    await invitations.remove_by(connection, organization_id, account.id)
    if account.managed_by == organization_id:
        await users.set_standing(connection, replace(account, active=False))


async def repeat_deactivation(member: Provisioned, connection: Connection, deps: Deps) -> None:
    """Deactivate and publish a locked member whose stored `active` is false.

    It has an effect only if the member stayed active, as the former owners of earlier versions.
    """
    if member.active:
        return
    account = await users.find(connection, member.user_id)
    if account is not None:
        await deactivate_member(connection, member.organization_id, account)
        await publish_member_change(connection, member.organization_id, account, deps)
