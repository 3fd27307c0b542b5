"""An account and what it tells the other services."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self
from uuid import UUID

from linktime_common.contracts.events.scim import (
    Plan,
    UserCreated,
    UserDeactivated,
    UserState,
    UserUpdated,
)


@dataclass(frozen=True)
class Account:
    """A user of the directory. `in_business`: an active membership of a Business organization.

    The organization in `managed_by` decides over `active`. Keys, sessions and passwords made
    before `credentials_valid_from` open nothing.
    """

    id: UUID
    email: str
    name: str
    username: str
    timezone: str
    plan: Plan
    active: bool
    version: int
    created_at: datetime
    email_verified: bool
    managed_by: UUID | None
    credentials_valid_from: datetime | None
    in_business: bool

    @property
    def effective_plan(self) -> Plan:
        """The highest of the own plan and what a membership gives."""
        return Plan.BUSINESS if self.in_business else self.plan

    def taken_over_by(self, organization_id: UUID, *, active: bool, now: datetime) -> Self:
        """The account when an organization that holds its e-mail domain links it: managed by it,
        whichever organization managed it before without the domain.

        Whoever signed up with an address that was not theirs is out before its owner is in.
        """
        return replace(
            self,
            managed_by=organization_id,
            active=active,
            email_verified=True,
            credentials_valid_from=self.credentials_valid_from if self.email_verified else now,
        )

    def active_by_default_in(self, organization_id: UUID) -> bool:
        """Whether a member is active whose provider links the account and does not say.

        An inactive account comes back only when it is said, unless another organization decides.
        """
        return self.active or self.managed_by not in {None, organization_id}

    def released_by(self, organization_id: UUID) -> Self:
        """The account when it left the organization: if that managed it, nobody does now, and it
        is active."""
        if self.managed_by != organization_id:
            return self
        return replace(self, managed_by=None, active=True)

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
            credentials_valid_from=self.credentials_valid_from,
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


def user_deactivated(account: Account, *, occurred_at: datetime) -> UserDeactivated:
    """The fact that the account is inactive."""
    return UserDeactivated(
        occurred_at=occurred_at,
        owner_id=account.id,
        aggregate_id=account.id,
        aggregate_version=account.version,
        user=account.state,
    )
