"""Changes the plan of an account: by the operator, or by its user if allowed."""

from dataclasses import dataclass
from uuid import UUID

from linktime_common.contracts.events import next_version
from linktime_common.contracts.events.scim import Plan
from linktime_common.idempotency import WriteAttempt
from linktime_common.messaging import outbox
from linktime_scim.deps import Deps
from linktime_scim.domain.account import Account, user_updated
from linktime_scim.domain.errors import PlanNotYours, UserNotFound
from linktime_scim.store import member_refreshes, organizations, users


@dataclass(frozen=True)
class SetPlan:
    user_id: UUID
    plan: Plan


async def choose_plan(command: SetPlan, deps: Deps, attempt: WriteAttempt[Account]) -> Account:
    """As `set_plan`, by the user; raises PlanNotYours if users may not choose."""
    if not deps.plan_changes:
        raise PlanNotYours(user_id=command.user_id)
    return await set_plan(command, deps, attempt)


async def set_plan(
    command: SetPlan, deps: Deps, attempt: WriteAttempt[Account] | None = None
) -> Account:
    """Return the changed account; members of its organizations are published in batches later.

    Setting the present plan changes and publishes nothing. Raises UserNotFound.
    """
    now = deps.clock.now()
    async with deps.database.transaction() as connection:
        # Organizations are locked before accounts, as in every change of members.
        await organizations.hold_owned(connection, command.user_id)
        present = await users.lock(connection, command.user_id)
        if present is not None and present is not command.plan:
            await users.set_plan(
                connection, command.user_id, command.plan, version=next_version(0, now), now=now
            )
            await member_refreshes.add_for_owner(connection, command.user_id)
        account = await users.find(connection, command.user_id)
        if account is None:
            raise UserNotFound(user_id=command.user_id)
        if attempt is not None:
            await attempt.keep(connection, account)
        if present is not command.plan:
            await outbox.add(connection, user_updated(account, occurred_at=now))
        return account
