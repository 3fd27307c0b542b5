"""The gateway's projection of a directory account."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linktime_common.contracts.events.scim import Plan

PLANS_WITH_API_KEYS = frozenset({Plan.PRO, Plan.BUSINESS})


@dataclass(frozen=True, kw_only=True)
class AccountStatus:
    """The part of an account that decides whether its credentials are valid, and its time zone.

    The time zone is None until a version of the account with it was stored.
    """

    effective_plan: Plan
    active: bool
    credentials_valid_from: datetime | None
    timezone: str | None = None

    @property
    def may_use_api_keys(self) -> bool:
        """Whether keys of this account are accepted."""
        return self.active and self.effective_plan in PLANS_WITH_API_KEYS

    def accepts(self, made_under: datetime | None) -> bool:
        """Return whether a credential is still valid.

        `made_under` is `credentials_valid_from` at the time of its creation; a later one ends it.
        """
        if self.credentials_valid_from is None:
            return True
        return made_under is not None and made_under >= self.credentials_valid_from


@dataclass(frozen=True, kw_only=True)
class AccountProjection(AccountStatus):
    id: UUID
    email: str
    name: str
    username: str
    plan: Plan
    email_verified: bool
    """Whether the user has opened a link that was sent to this address."""
