"""An account and its events."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self
from uuid import UUID

from linktime_common.contracts.events.scim import (
    Plan,
    UserCreated,
    UserDeactivated,
    UserDeleted,
    UserState,
    UserUpdated,
)


@dataclass(frozen=True)
class Account:
    """A user of the directory. `in_business`: an active membership of a Business organization.

    The organization `managed_by` decides `active`, the operator alone `closed`; `is_active` follows
    from both. Keys, sessions and passwords created before `credentials_valid_from` are invalid.
    """

    id: UUID
    email: str
    name: str
    username: str
    timezone: str
    locale: str | None
    plan: Plan
    active: bool
    closed: bool
    version: int
    created_at: datetime
    email_verified: bool
    managed_by: UUID | None
    credentials_valid_from: datetime | None
    in_business: bool

    @property
    def is_active(self) -> bool:
        """Return whether the user may use the account: what is published and checked."""
        return self.active and not self.closed

    @property
    def effective_plan(self) -> Plan:
        """Return the higher of the user's plan and the plan given by a membership."""
        return Plan.BUSINESS if self.in_business else self.plan

    def taken_over_by(self, organization_id: UUID, *, active: bool, now: datetime) -> Self:
        """Return the account as linked by the organization that holds its e-mail domain.

        That organization manages it from now on. If the address was not verified, its credentials
        end: someone else may have signed up with it.
        """
        return replace(
            self,
            managed_by=organization_id,
            active=active,
            email_verified=True,
            credentials_valid_from=self.credentials_valid_from if self.email_verified else now,
        )

    def active_by_default_in(self, organization_id: UUID) -> bool:
        """Return whether a member is active if the provider links the account without `active`.

        An inactive account becomes active only explicitly, unless another organization manages it.
        What the operator closed is not considered: it stays closed in either case.
        """
        return self.active or self.managed_by not in {None, organization_id}

    def released_by(self, organization_id: UUID) -> Self:
        """Return the account after it left the organization: released if that managed it."""
        if self.managed_by != organization_id:
            return self
        return replace(self, managed_by=None, active=True)

    def switched(self, *, active: bool) -> Self:
        """Return the account as the operator opens or closes it.

        Opening does not change what a managing organization decided.
        """
        # Earlier versions closed an account by `active`, which without an organization is true now.
        return replace(
            self, closed=not active, active=self.active or (active and self.managed_by is None)
        )

    @property
    def state(self) -> UserState:
        """Return the whole account as published in events."""
        return UserState(
            id=self.id,
            email=self.email,
            name=self.name,
            username=self.username,
            timezone=self.timezone,
            locale=self.locale,
            plan=self.plan,
            effective_plan=self.effective_plan,
            active=self.is_active,
            created_at=self.created_at,
            credentials_valid_from=self.credentials_valid_from,
        )


def user_created(account: Account, *, occurred_at: datetime) -> UserCreated:
    """Return the event that the account was created."""
    return UserCreated(
        occurred_at=occurred_at,
        owner_id=account.id,
        aggregate_id=account.id,
        aggregate_version=account.version,
        user=account.state,
    )


def user_updated(account: Account, *, occurred_at: datetime) -> UserUpdated:
    """Return the event that the account changed."""
    return UserUpdated(
        occurred_at=occurred_at,
        owner_id=account.id,
        aggregate_id=account.id,
        aggregate_version=account.version,
        user=account.state,
    )


def user_deactivated(account: Account, *, occurred_at: datetime) -> UserDeactivated:
    """Return the event that the account was deactivated."""
    return UserDeactivated(
        occurred_at=occurred_at,
        owner_id=account.id,
        aggregate_id=account.id,
        aggregate_version=account.version,
        user=account.state,
    )


def user_deleted(
    account: Account, organization_ids: Sequence[UUID], *, version: int, occurred_at: datetime
) -> UserDeleted:
    """Return the event that the account was deleted, with the organizations."""
    return UserDeleted(
        occurred_at=occurred_at,
        owner_id=account.id,
        aggregate_id=account.id,
        aggregate_version=version,
        organization_ids=list(organization_ids),
    )
