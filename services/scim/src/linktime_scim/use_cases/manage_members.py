"""Changes of members' roles, and removals."""

from dataclasses import dataclass, replace
from uuid import UUID

from linktime_common.idempotency import WriteAttempt
from linktime_common.postgres import Connection
from linktime_scim.deps import Deps
from linktime_scim.domain import organization as rules
from linktime_scim.domain.errors import ManagedMember
from linktime_scim.domain.organization import Member, Role
from linktime_scim.store import invitations, memberships, organizations, users
from linktime_scim.use_cases.publish_change import publishing_change


@dataclass(frozen=True)
class ChangeRole:
    """`member_id` as in the list of members."""

    by: UUID
    organization_id: UUID
    member_id: UUID
    role: Role


@dataclass(frozen=True)
class RemoveMember:
    """`member_id` as in the list of members, or the own user id."""

    by: UUID
    organization_id: UUID
    member_id: UUID


@dataclass(frozen=True)
class RemoveByOperator:
    organization_id: UUID
    user_id: UUID


async def change_role(command: ChangeRole, deps: Deps, attempt: WriteAttempt[Member]) -> Member:
    """Change the role and return the member.

    Raises OrganizationNotFound, MemberNotFound, NotAllowed, OwnerStays.
    """
    organization_id = command.organization_id
    async with deps.database.transaction() as connection:
        role, _owner_id = await memberships.lock(
            connection, user_id=command.by, organization_id=organization_id
        )
        present = await _member(connection, command)
        rules.refuse_changing_role(role, present.role)
        named = {"organization_id": organization_id, "user_id": present.user_id}
        await memberships.set_role(connection, **named, role=command.role)
        if command.role is Role.MEMBER:
            await invitations.remove_by(connection, **named)
        member = replace(present, role=command.role)
        await attempt.keep(connection, member)
        return member


async def remove_member(command: RemoveMember, deps: Deps, attempt: WriteAttempt[None]) -> None:
    """Remove the member; raises OrganizationNotFound, MemberNotFound, NotAllowed, OwnerStays."""
    organization_id = command.organization_id
    async with deps.database.transaction() as connection:
        await attempt.keep(connection, None)
        role, owner_id = await memberships.lock(
            connection, user_id=command.by, organization_id=organization_id
        )
        present = await _member(connection, command)
        rules.refuse_removing(role, present.role, is_self=command.by == present.user_id)
        await _remove(connection, organization_id, present.user_id, owner_id, deps)


async def remove_by_operator(command: RemoveByOperator, deps: Deps) -> None:
    """Remove the member as the owner can; the identity provider's accounts stay.

    Raises OrganizationNotFound, MemberNotFound, OwnerStays, ManagedMember.
    """
    organization_id, user_id = command.organization_id, command.user_id
    async with deps.database.transaction() as connection:
        owner_id = await organizations.lock(connection, organization_id)
        present = await memberships.member(
            connection, organization_id=organization_id, member_id=user_id, by=user_id
        )
        rules.refuse_removing(Role.OWNER, present.role, is_self=False)
        account = await users.find(connection, user_id)
        if account is not None and account.managed_by == organization_id:
            raise ManagedMember(user_id=user_id)
        await _remove(connection, organization_id, user_id, owner_id, deps)


async def _remove(
    connection: Connection, organization_id: UUID, user_id: UUID, owner_id: UUID, deps: Deps
) -> None:
    async with publishing_change(connection, organization_id, user_id, owner_id, deps) as account:
        await memberships.remove(connection, organization_id=organization_id, user_id=user_id)
        await invitations.remove_to(connection, organization_id, account.email)
        await users.set_standing(connection, account.released_by(organization_id))


async def _member(connection: Connection, command: ChangeRole | RemoveMember) -> Member:
    return await memberships.member(
        connection,
        organization_id=command.organization_id,
        member_id=command.member_id,
        by=command.by,
    )
