"""Members who leave, or become the owner, before a refresh are published with their plan."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from linktime_common.contracts.events.scim import Plan
from linktime_common.idempotency import WriteAttempt, WriteReply
from linktime_common.postgres import Connection
from linktime_scim.deps import Deps
from linktime_scim.domain.account import Account
from linktime_scim.domain.organization import Organization, Role
from linktime_scim.domain.provisioning import Provisioned
from linktime_scim.store import organizations, scim_members
from linktime_scim.use_cases.change_member import ChangeMember, change_member
from linktime_scim.use_cases.create_organization import CreateOrganization, create_organization
from linktime_scim.use_cases.deprovision_member import DeprovisionMember, deprovision_member
from linktime_scim.use_cases.manage_members import (
    RemoveByOperator,
    RemoveMember,
    remove_by_operator,
    remove_member,
)
from linktime_scim.use_cases.provision_member import ProvisionMember, provision_member
from linktime_scim.use_cases.refresh_members import refresh_members
from linktime_scim.use_cases.set_owner import SetOwner, set_owner
from linktime_scim.use_cases.set_plan import SetPlan, set_plan

from .accounts import NOW, Events, NewUser

Members = tuple[Organization, Account, Account, Account]


@pytest.fixture
async def members(deps: Deps, new_user: NewUser, events: Events) -> Members:
    """Return an organization on BUSINESS, its owner, and two members on FREE."""
    owner, one, two = await new_user(), *[await new_user(plan=Plan.FREE) for _ in range(2)]
    organization = await create_organization(CreateOrganization("Acme", owner.id), deps)
    async with deps.database.transaction() as connection:
        for account in (one, two):
            await organizations.add_member(
                connection,
                organization_id=organization.id,
                user_id=account.id,
                role=Role.MEMBER,
                now=NOW,
            )
    await events()
    return organization, owner, one, two


async def published_plans(deps: Deps, events: Events) -> dict[UUID, str]:
    """Run the refreshes; return the plan of the last event of each account."""
    while await refresh_members(deps):
        pass
    last: dict[UUID, tuple[int, str]] = {}
    for event in await events():
        if not event["type"].startswith("user."):
            continue
        plan = (event["aggregateversion"], event["data"]["user"]["effectivePlan"])
        subject = UUID(event["subject"])
        last[subject] = max(last.get(subject, plan), plan)
    return {subject: plan for subject, (_version, plan) in last.items()}


Leave = Callable[[Deps, Organization, Account, Account], Awaitable[None]]
"""Ends what the membership of the last account gives it; the third argument is the owner."""


async def by_operator(
    deps: Deps, organization: Organization, _owner: Account, one: Account
) -> None:
    await remove_by_operator(RemoveByOperator(organization.id, one.id), deps)


async def by_owner(deps: Deps, organization: Organization, owner: Account, one: Account) -> None:
    attempt: WriteAttempt[None] = WriteAttempt({}, 0, lambda _: WriteReply(200, None))
    await remove_member(RemoveMember(owner.id, organization.id, one.id), deps, attempt)


async def linked_inactive(
    deps: Deps, organization: Organization, _owner: Account, one: Account
) -> None:
    async with deps.database.transaction() as connection:
        await link(connection, deps, organization, one, active=False)


async def deactivated(
    deps: Deps, organization: Organization, _owner: Account, one: Account
) -> None:
    async with deps.database.transaction() as connection:
        member = await link(connection, deps, organization, one, active=True)
        await connection.execute("TRUNCATE outbox")
        command = ChangeMember(member, {**member.attributes, "active": False}, active=False)
        await change_member(command, connection, deps)


async def deprovisioned(
    deps: Deps, organization: Organization, _owner: Account, one: Account
) -> None:
    async with deps.database.transaction() as connection:
        member = await link(connection, deps, organization, one, active=True)
        await connection.execute("TRUNCATE outbox")
        await deprovision_member(DeprovisionMember(member), connection, deps)


async def link(
    connection: Connection, deps: Deps, organization: Organization, one: Account, *, active: bool
) -> Provisioned:
    await scim_members.hold_organization(connection, organization.id)
    attributes = {"userName": one.email, "emails": [{"value": one.email}]}
    command = ProvisionMember(organization.id, one.email, attributes, active)
    return await provision_member(command, connection, deps)


LEAVES: list[Leave] = [by_operator, by_owner, linked_inactive, deactivated, deprovisioned]


@pytest.mark.parametrize("leave", LEAVES)
async def test_a_member_who_leaves_before_the_refresh_is_published(
    deps: Deps, members: Members, events: Events, leave: Leave
) -> None:
    """The owner lost BUSINESS before; the members have their own plan again."""
    organization, owner, one, two = members
    await set_plan(SetPlan(owner.id, Plan.FREE), deps)
    await leave(deps, organization, owner, one)
    plans = await published_plans(deps, events)
    assert (plans[one.id], plans[two.id]) == ("FREE", "FREE")


@pytest.mark.parametrize("leave", LEAVES)
async def test_a_member_who_leaves_after_a_change_of_the_owner_is_published(
    deps: Deps, members: Members, events: Events, leave: Leave
) -> None:
    """The new owner's plan is FREE."""
    organization, _owner, one, two = members
    await set_owner(SetOwner(organization.id, two.id), deps)
    await leave(deps, organization, two, one)
    assert (await published_plans(deps, events))[one.id] == "FREE"


async def test_a_member_who_becomes_the_owner_before_the_refresh_is_published(
    deps: Deps, members: Members, events: Events
) -> None:
    """The plan of the owner before changed, and no longer counts."""
    organization, owner, one, two = members
    await set_plan(SetPlan(owner.id, Plan.FREE), deps)
    await set_owner(SetOwner(organization.id, one.id), deps)
    expected = {account.id: "FREE" for account in (owner, one, two)}
    assert await published_plans(deps, events) == expected


async def test_all_owners_of_concurrent_changes_are_published(
    deps: Deps, members: Members, events: Events
) -> None:
    """In either order; the first owner has BUSINESS of its own."""
    organization, owner, one, two = members
    await asyncio.gather(
        *(set_owner(SetOwner(organization.id, account.id), deps) for account in (one, two))
    )
    expected = {owner.id: "BUSINESS", one.id: "FREE", two.id: "FREE"}
    assert await published_plans(deps, events) == expected


async def test_nothing_is_published_after_the_refresh(
    deps: Deps, members: Members, events: Events
) -> None:
    """A member who leaves then has had the event already."""
    organization, owner, one, _two = members
    await set_plan(SetPlan(owner.id, Plan.FREE), deps)
    await published_plans(deps, events)
    await by_operator(deps, organization, owner, one)
    assert await published_plans(deps, events) == {}
