"""Changes of members' roles, and removals."""

from dataclasses import dataclass
from uuid import UUID

from linktime_common.idempotency import WriteAttempt
from linktime_scim.deps import Deps
from linktime_scim.domain import organization as rules
from linktime_scim.domain.organization import Member, Role
from linktime_scim.store import invitations, memberships, users
from linktime_scim.use_cases.publish_change import publishing_change


@dataclass(frozen=True)
class ChangeRole:
    by: UUID
    organization_id: UUID
    user_id: UUID
    role: Role


@dataclass(frozen=True)
class RemoveMember:
    by: UUID
    organization_id: UUID
    user_id: UUID


async def change_role(command: ChangeRole, deps: Deps, attempt: WriteAttempt[Member]) -> Member:
    """Change the role and return the member.

    Raises OrganizationNotFound, MemberNotFound, NotAllowed, OwnerStays.
    """
    named = {"organization_id": command.organization_id, "user_id": command.user_id}
    async with deps.database.transaction() as connection:
        role, _owner_id = await memberships.lock(
            connection, user_id=command.by, organization_id=command.organization_id
        )
        present = await memberships.member(connection, **named)
        rules.refuse_changing_role(role, present.role)
        await memberships.set_role(connection, **named, role=command.role)
        if command.role is Role.MEMBER:
            await invitations.remove_by(connection, **named)
        member = await memberships.member(connection, **named)
        await attempt.keep(connection, member)
        return member


async def remove_member(command: RemoveMember, deps: Deps, attempt: WriteAttempt[None]) -> None:
    """Remove the member; raises OrganizationNotFound, MemberNotFound, NotAllowed, OwnerStays."""
    named = {"organization_id": command.organization_id, "user_id": command.user_id}
    async with deps.database.transaction() as connection:
        await attempt.keep(connection, None)
        role, owner_id = await memberships.lock(
            connection, user_id=command.by, organization_id=command.organization_id
        )
        present = await memberships.member(connection, **named)
        is_self = command.by == command.user_id
        rules.refuse_removing(role, present.role, is_self=is_self)
        async with publishing_change(connection, command.user_id, owner_id, deps) as account:
            await memberships.remove(connection, **named)
            await invitations.remove_to(connection, command.organization_id, account.email)
            await users.set_standing(connection, account.released_by(command.organization_id))
