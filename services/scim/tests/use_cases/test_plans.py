"""Plans, and the events of an organization's members when its owner's plan changes."""

import asyncio
import itertools
from dataclasses import replace
from uuid import UUID

import pytest

from linktime_common.contracts.events.scim import Plan
from linktime_common.idempotency import WriteAttempt, WriteReply
from linktime_common.ids import new_id
from linktime_scim.deps import Deps
from linktime_scim.domain.account import Account
from linktime_scim.domain.errors import PlanNotYours, UserNotFound
from linktime_scim.domain.organization import Organization, Role
from linktime_scim.store import organizations, users
from linktime_scim.use_cases.create_organization import CreateOrganization, create_organization
from linktime_scim.use_cases.refresh_members import refresh_members
from linktime_scim.use_cases.set_plan import SetPlan, choose_plan, set_plan

from .accounts import NOW, Events, NewUser


async def join(deps: Deps, organization: Organization, account: Account) -> None:
    async with deps.database.transaction() as connection:
        await organizations.add_member(
            connection,
            organization_id=organization.id,
            user_id=account.id,
            role=Role.MEMBER,
            now=NOW,
        )


async def suspend(deps: Deps, organization: Organization, account: Account) -> None:
    async with deps.database.connection() as connection:
        await connection.execute(
            "UPDATE memberships SET active = false WHERE organization_id = $1 AND user_id = $2",
            organization.id,
            account.id,
        )


async def found(deps: Deps, user_id: UUID) -> Account:
    async with deps.database.connection() as connection:
        account = await users.find(connection, user_id)
    assert account is not None
    return account


async def organization_of(deps: Deps, owner: Account) -> Organization:
    return await create_organization(CreateOrganization("Acme", owner.id), deps)


async def walk(deps: Deps, batch: int = 200) -> None:
    while await refresh_members(deps, batch=batch):
        pass


async def test_an_active_membership_of_a_business_organization_gives_business(
    deps: Deps, new_user: NewUser
) -> None:
    """The own plan is unchanged."""
    owner, member = await new_user(plan=Plan.BUSINESS), await new_user(plan=Plan.FREE)
    organization = await organization_of(deps, owner)
    await join(deps, organization, member)
    account = await found(deps, member.id)
    assert (account.plan, account.effective_plan) == (Plan.FREE, Plan.BUSINESS)
    await suspend(deps, organization, member)
    assert (await found(deps, member.id)).effective_plan is Plan.FREE


async def test_an_organization_without_business_gives_nothing(
    deps: Deps, new_user: NewUser
) -> None:
    """Only Business organizations give their members a plan."""
    owner, member = await new_user(plan=Plan.PRO), await new_user(plan=Plan.FREE)
    await join(deps, await organization_of(deps, owner), member)
    assert (await found(deps, member.id)).effective_plan is Plan.FREE


async def test_a_plan_change_is_published_with_a_later_version(
    deps: Deps, new_user: NewUser, events: Events
) -> None:
    """Also within one microsecond: the clock is fixed here."""
    user = await new_user(plan=Plan.FREE)
    await events()
    account = await set_plan(SetPlan(user.id, Plan.PRO), deps)
    assert account.version == user.version + 1
    (document,) = await events()
    assert document["type"] == "user.updated"
    assert document["aggregateversion"] == account.version
    assert (document["data"]["user"]["plan"], document["data"]["user"]["effectivePlan"]) == (
        "PRO",
        "PRO",
    )


async def test_setting_the_present_plan_publishes_nothing(
    deps: Deps, new_user: NewUser, events: Events
) -> None:
    """No version, no event, and no refresh of the members."""
    user = await new_user(plan=Plan.PRO)
    await organization_of(deps, user)
    await events()
    assert await set_plan(SetPlan(user.id, Plan.PRO), deps) == user
    assert await events() == []
    assert not await refresh_members(deps)


async def test_the_plan_of_an_unknown_user_is_not_found(deps: Deps, events: Events) -> None:
    """An unknown user is refused and nothing is published."""
    with pytest.raises(UserNotFound):
        await set_plan(SetPlan(new_id(), Plan.PRO), deps)
    assert await events() == []


async def test_an_owner_loses_business_before_the_members(
    deps: Deps, new_user: NewUser, events: Events
) -> None:
    """The owner's event and reply do not count the owner's organization as Business."""
    owner, member = await new_user(), await new_user(plan=Plan.FREE)
    outsider, suspended = await new_user(), await new_user()
    organization = await organization_of(deps, owner)
    await join(deps, organization, member)
    await join(deps, organization, suspended)
    await suspend(deps, organization, suspended)
    await events()

    account = await set_plan(SetPlan(owner.id, Plan.FREE), deps)
    assert account.effective_plan is Plan.FREE
    (event,) = await events()
    assert event["data"]["user"]["effectivePlan"] == "FREE"

    await walk(deps)
    (event,) = await events()
    assert event["subject"] == str(member.id)
    assert event["type"] == "user.updated"
    assert event["aggregateversion"] > member.version
    assert event["data"]["user"]["effectivePlan"] == "FREE"
    assert (await found(deps, outsider.id)).version == outsider.version


async def test_a_large_organization_is_published_in_batches(
    deps: Deps, new_user: NewUser, events: Events
) -> None:
    """Each member once; the progress is stored, so a crash repeats and loses none."""
    owner = await new_user()
    organization = await organization_of(deps, owner)
    members = [await new_user(plan=Plan.FREE) for _ in range(7)]
    for member in members:
        await join(deps, organization, member)
    await set_plan(SetPlan(owner.id, Plan.PRO), deps)
    await events()
    batches = []
    while await refresh_members(deps, batch=3):
        batches.append([event["subject"] for event in await events()])
    assert [len(batch) for batch in batches] == [3, 3, 1, 0]
    assert sorted(itertools.chain(*batches)) == sorted(str(member.id) for member in members)


@pytest.mark.usefixtures("long_connection_wait")
async def test_concurrent_changes_and_refreshes_end_with_the_last_plan(
    deps: Deps, new_user: NewUser, events: Events
) -> None:
    """No deadlock if the owners are members of each other; the last events have the final state."""
    one, two = await new_user(), await new_user()
    first, second = await organization_of(deps, one), await organization_of(deps, two)
    members = [await new_user(plan=Plan.FREE) for _ in range(5)]
    for organization, other in ((first, two), (second, one)):
        for account in (other, *members):
            await join(deps, organization, account)
    plans = [Plan.FREE, Plan.PRO, Plan.BUSINESS] * 4
    await asyncio.gather(
        *(set_plan(SetPlan(owner.id, plan), deps) for plan in plans for owner in (one, two)),
        *(walk(deps, batch=2) for _ in range(4)),
    )
    await walk(deps)
    newest: dict[str, dict[str, object]] = {}
    for event in await events():
        known = newest.setdefault(event["subject"], event)
        if event["aggregateversion"] > known["aggregateversion"]:
            newest[event["subject"]] = event
    for account in (one, two, *members):
        true = await found(deps, account.id)
        event = newest[str(account.id)]
        assert event["aggregateversion"] == true.version
        assert event["data"]["user"]["effectivePlan"] == true.effective_plan  # type: ignore[index]


async def test_an_organization_needs_an_owner_that_exists(deps: Deps) -> None:
    """Nothing is stored."""
    with pytest.raises(UserNotFound):
        await create_organization(CreateOrganization("Acme", new_id()), deps)
    async with deps.database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM organizations") == 0


async def test_users_choose_their_plan_if_allowed(
    deps: Deps, new_user: NewUser, events: Events
) -> None:
    """Published once, as when the operator sets it; refused by default."""
    user = await new_user(plan=Plan.FREE)
    command = SetPlan(user.id, Plan.PRO)
    attempt: WriteAttempt[Account] = WriteAttempt({}, 0, lambda _: WriteReply(200, None))
    with pytest.raises(PlanNotYours):
        await choose_plan(command, deps, attempt)
    assert (await found(deps, user.id)).plan is Plan.FREE
    free = replace(deps, plan_changes=True)
    for _ in range(2):
        assert (await choose_plan(command, free, attempt)).plan is Plan.PRO
    updates = [event for event in await events() if event["type"] == "user.updated"]
    assert [event["data"]["user"]["plan"] for event in updates] == ["PRO"]
