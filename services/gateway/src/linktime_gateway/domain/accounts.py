"""An account as the gateway knows it: a projection of the directory's."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linktime_common.contracts.events.scim import Plan

PLANS_WITH_API_KEYS = frozenset({Plan.PRO, Plan.BUSINESS})


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What of an account decides whether its credentials open anything."""

    effective_plan: Plan
    active: bool
    credentials_valid_from: datetime | None

    @property
    def may_use_api_keys(self) -> bool:
        """Whether a key of this account opens anything."""
        return self.active and self.effective_plan in PLANS_WITH_API_KEYS

    def honours(self, made_under: datetime | None) -> bool:
        """Whether a credential counts; `made_under` is `credentials_valid_from` when it was made.

        A later one has ended it.
        """
        if self.credentials_valid_from is None:
            return True
        return made_under is not None and made_under >= self.credentials_valid_from


@dataclass(frozen=True, kw_only=True)
class AccountProjection(Standing):
    id: UUID
    email: str
    name: str
    username: str
    plan: Plan
