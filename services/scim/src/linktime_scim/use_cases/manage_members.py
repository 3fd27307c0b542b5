"""Members come to an organization, change their role and leave it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from linktime_common.http.idempotency import Attempt
from linktime_common.postgres import Connection
from linktime_scim.deps import Deps
from linktime_scim.domain import organization as rules
from linktime_scim.domain.account import Account
from linktime_scim.domain.errors import AlreadyMember, MemberNotFound, UserNotFound
from linktime_scim.domain.organization import Member, Role
from linktime_scim.store import memberships, organizations, users
from linktime_scim.use_cases.tell_change import tell_change


@dataclass(frozen=True)
class AddMember:
    by: UUID
    organization_id: UUID
    email: str
    role: Role


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


async def add_member(command: AddMember, deps: Deps, attempt: Attempt[Member]) -> Member:
    """Add the account with that e-mail.

    Raises OrganizationNotFound, NotAllowed, UserNotFound, AlreadyMember.
    """
    organization_id = command.organization_id
    async with deps.database.transaction() as connection:
        role, owner_id = await memberships.lock(
            connection, user_id=command.by, organization_id=organization_id
        )
        rules.refuse_adding(role, command.role)
        account = await users.find_by_email(connection, command.email)
        if account is None:
            raise UserNotFound(organization_id=organization_id)
        try:
            await memberships.member(
                connection, organization_id=organization_id, user_id=account.id
            )
        except MemberNotFound:
            pass
        else:
            raise AlreadyMember(organization_id=organization_id, user_id=account.id)
        async with _telling(connection, account.id, owner_id, deps):
            await organizations.add_member(
                connection,
                organization_id=organization_id,
                user_id=account.id,
                role=command.role,
                now=deps.clock.now(),
            )
        member = await memberships.member(
            connection, organization_id=organization_id, user_id=account.id
        )
        await attempt.keep(connection, member)
        return member


async def change_role(command: ChangeRole, deps: Deps, attempt: Attempt[Member]) -> Member:
    """The member afterwards.

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
        member = await memberships.member(connection, **named)
        await attempt.keep(connection, member)
        return member


async def remove_member(command: RemoveMember, deps: Deps, attempt: Attempt[None]) -> None:
    """Raises OrganizationNotFound, MemberNotFound, NotAllowed, OwnerStays."""
    named = {"organization_id": command.organization_id, "user_id": command.user_id}
    async with deps.database.transaction() as connection:
        await attempt.keep(connection, None)
        role, owner_id = await memberships.lock(
            connection, user_id=command.by, organization_id=command.organization_id
        )
        present = await memberships.member(connection, **named)
        is_self = command.by == command.user_id
        rules.refuse_removing(role, present.role, is_self=is_self)
        async with _telling(connection, command.user_id, owner_id, deps) as account:
            await memberships.remove(connection, **named)
            await users.set_standing(connection, account.released_by(command.organization_id))


@asynccontextmanager
async def _telling(
    connection: Connection, user_id: UUID, owner_id: UUID, deps: Deps
) -> AsyncIterator[Account]:
    """Tell of the user if what happens inside changes what others see of them.

    The owner is held too, so that a change of the owner's plan comes before or after all this.
    """
    await users.lock_some(connection, [user_id, owner_id])
    before = await users.find(connection, user_id)
    if before is None:
        raise UserNotFound(user_id=user_id)
    yield before
    await tell_change(connection, before, deps)
