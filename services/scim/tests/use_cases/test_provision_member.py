"""Members are provisioned while their organization's plan changes."""

import asyncio

from linktime_common.contracts.events.scim import Plan
from linktime_local.testing.waiting import eventually
from linktime_scim.deps import Deps
from linktime_scim.store import scim_members
from linktime_scim.use_cases.create_organization import CreateOrganization, create_organization
from linktime_scim.use_cases.provision_member import ProvisionMember, provision_member
from linktime_scim.use_cases.refresh_members import refresh_members
from linktime_scim.use_cases.set_plan import SetPlan, set_plan

from .accounts import Events, NewUser

WAITING = """
    SELECT count(*)
      FROM pg_stat_activity
     WHERE datname = current_database()
       AND wait_event_type = 'Lock'
"""


async def test_a_concurrent_change_of_plan_reaches_the_new_member(
    deps: Deps, new_user: NewUser, events: Events
) -> None:
    """The change waits for the provisioning with the old plan, and then publishes the new one.

    Without the wait its refresh would end before the member exists.
    """
    owner = await new_user(plan=Plan.BUSINESS)
    organization = await create_organization(CreateOrganization("Acme", owner.id), deps)
    account = await new_user(plan=Plan.FREE)
    await events()
    attributes = {"userName": "ann", "active": True, "emails": [{"value": account.email}]}
    command = ProvisionMember(organization.id, account.email, attributes, active=True)

    async def somebody_waits() -> bool:
        async with deps.database.connection() as connection:
            return bool(await connection.fetchval(WAITING))

    async with deps.database.transaction() as connection:
        await scim_members.hold_organization(connection, organization.id)
        await provision_member(command, connection, deps)
        change = asyncio.create_task(set_plan(SetPlan(owner.id, Plan.FREE), deps))
        await eventually(somebody_waits)
    await change
    while await refresh_members(deps):
        pass
    plans = [
        event["data"]["user"]["effectivePlan"]
        for event in await events()
        if event["subject"] == str(account.id)
    ]
    assert plans == ["BUSINESS", "FREE"]
