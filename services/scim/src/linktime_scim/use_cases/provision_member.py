"""An identity provider adds a person to its organization."""

from dataclasses import dataclass, replace
from uuid import UUID

from linktime_common.contracts.events import next_version
from linktime_common.ids import new_id
from linktime_common.messaging import outbox
from linktime_common.postgres import Connection
from linktime_scim.deps import Deps
from linktime_scim.domain.account import Account, user_created
from linktime_scim.domain.addresses import domain_of
from linktime_scim.domain.errors import UserNotFound
from linktime_scim.domain.organization import Role
from linktime_scim.domain.provisioning import (
    Attributes,
    Provisioned,
    account_locale,
    person_name,
    search_keys,
)
from linktime_scim.store import invitations, organizations, scim_members, users
from linktime_scim.use_cases.create_user import CreateUser, add_account
from linktime_scim.use_cases.publish_change import publish_member_change


@dataclass(frozen=True)
class ProvisionMember:
    """`email` is the attributes' main address, normalised; `active` is None if not sent."""

    organization_id: UUID
    email: str
    attributes: Attributes
    active: bool | None


async def provision_member(
    command: ProvisionMember, connection: Connection, deps: Deps
) -> Provisioned:
    """Create the account with that e-mail, or link the present one, in the running transaction.

    Raises AlreadyProvisioned, UserNameTaken. The organization is locked in share mode.
    """
    holder = await organizations.domain_holder(connection, domain_of(command.email))
    account = await users.find_by_email(connection, command.email)
    if account is None:
        account = await add_account(connection, _new_account(command, holder), deps)
        if account is not None:
            return await _created(command, account, connection, deps)
        # Created concurrently.
        account = await users.find_by_email(connection, command.email)
    if account is None:
        raise UserNotFound(organization_id=command.organization_id)
    return await _linked(command, account.id, holder, connection, deps)


def _new_account(command: ProvisionMember, holder: UUID | None) -> CreateUser:
    return CreateUser(
        id=new_id(),
        email=command.email,
        name=person_name(command.attributes),
        username=None,
        plan=None,
        timezone="UTC",
        locale=account_locale(command.attributes),
        email_verified=holder == command.organization_id,
        # If another organization holds the domain, only that one may manage the account.
        managed_by=command.organization_id if holder in {None, command.organization_id} else None,
    )


async def _created(
    command: ProvisionMember, account: Account, connection: Connection, deps: Deps
) -> Provisioned:
    active = command.active is not False
    member = await _membership(command, account.id, active, connection, deps)
    if not active and account.managed_by is not None:
        await users.set_standing(connection, replace(account, active=False))
    for created in await users.find_some(connection, [account.id]):
        await outbox.add(connection, user_created(created, occurred_at=deps.clock.now()))
    return member


async def _linked(
    command: ProvisionMember,
    user_id: UUID,
    holder: UUID | None,
    connection: Connection,
    deps: Deps,
) -> Provisioned:
    await users.lock(connection, user_id)
    before = await users.find(connection, user_id)
    if before is None:
        raise UserNotFound(user_id=user_id)
    active = command.active
    if active is None:
        active = before.active_by_default_in(command.organization_id)
    member = await _membership(command, user_id, active, connection, deps)
    if holder == command.organization_id:
        after = before.taken_over_by(
            member.organization_id,
            active=active or member.role is Role.OWNER,
            now=deps.clock.now(),
        )
        await users.set_standing(connection, after)
        if before.locale is None:
            await users.set_locale(connection, user_id, account_locale(command.attributes))
    await publish_member_change(connection, command.organization_id, before, deps)
    return member


async def _membership(
    command: ProvisionMember,
    user_id: UUID,
    active: bool,
    connection: Connection,
    deps: Deps,
) -> Provisioned:
    now = deps.clock.now()
    await invitations.remove_to(connection, command.organization_id, command.email)
    member = await scim_members.provision(
        connection,
        member_id=new_id(),
        organization_id=command.organization_id,
        user_id=user_id,
        active=active,
        attributes={**command.attributes, "active": active},
        keys=search_keys(command.attributes),
        version=next_version(0, now),
        now=now,
    )
    if not active and member.role is not Role.OWNER:
        await invitations.remove_by(connection, command.organization_id, user_id)
    return member
