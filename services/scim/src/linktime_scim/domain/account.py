"""An account and what it tells the other services."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linktime_common.contracts.events.scim import Plan, UserCreated, UserState, UserUpdated


@dataclass(frozen=True)
class Account:
    """A user of the directory. `in_business`: an active membership of a Business organization."""

    id: UUID
    email: str
    name: str
    username: str
    timezone: str
    plan: Plan
    active: bool
    version: int
    created_at: datetime
    in_business: bool

    @property
    def effective_plan(self) -> Plan:
        """The highest of the own plan and what a membership gives."""
        return Plan.BUSINESS if self.in_business else self.plan

    @property
    def state(self) -> UserState:
        """The whole account as others see it."""
        return UserState(
            id=self.id,
            email=self.email,
            name=self.name,
            username=self.username,
            timezone=self.timezone,
            plan=self.plan,
            effective_plan=self.effective_plan,
            active=self.active,
            created_at=self.created_at,
        )


def user_created(account: Account, *, occurred_at: datetime) -> UserCreated:
    """The fact that the account exists."""
    return UserCreated(
        occurred_at=occurred_at,
        owner_id=account.id,
        aggregate_id=account.id,
        aggregate_version=account.version,
        user=account.state,
    )


def user_updated(account: Account, *, occurred_at: datetime) -> UserUpdated:
    """The fact that the account changed."""
    return UserUpdated(
        occurred_at=occurred_at,
        owner_id=account.id,
        aggregate_id=account.id,
        aggregate_version=account.version,
        user=account.state,
    )
