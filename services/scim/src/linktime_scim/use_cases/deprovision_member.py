"""An identity provider removes a member from its organization."""

from dataclasses import dataclass

from linktime_common.ids import new_id
from linktime_common.messaging import outbox
from linktime_common.postgres import Connection
from linktime_scim.deps import Deps
from linktime_scim.domain.errors import MemberNotFound
from linktime_scim.domain.organization import Role
from linktime_scim.domain.provisioning import Provisioned, member_deprovisioned
from linktime_scim.store import invitations, scim_members, users
from linktime_scim.use_cases.publish_change import publish_member_change


@dataclass(frozen=True)
class DeprovisionMember:
    """`member` and its account are locked, the organization in share mode."""

    member: Provisioned


async def deprovision_member(
    command: DeprovisionMember, connection: Connection, deps: Deps
) -> None:
    """End the membership in the running transaction; the account stays, unmanaged.

    Consumers of `member.deprovisioned` cancel a managed account's coming bookings. The owner's
    membership stays, without the provider's attributes.
    """
    member = command.member
    before = await users.find(connection, member.user_id)
    if before is None:
        raise MemberNotFound(member_id=member.id)
    released = before.released_by(member.organization_id)
    await users.set_standing(connection, released)
    await invitations.remove_to(connection, member.organization_id, before.email)
    if member.role is Role.OWNER:
        await scim_members.forget(connection, member, new_id=new_id())
    else:
        await scim_members.remove(connection, member)
    await publish_member_change(connection, member.organization_id, before, deps)
    if released is not before and member.role is not Role.OWNER:
        fact = member_deprovisioned(member, occurred_at=deps.clock.now())
        await outbox.add(connection, fact)
