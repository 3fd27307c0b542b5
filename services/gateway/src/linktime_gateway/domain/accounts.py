"""An account as the gateway knows it: a projection of the directory's."""

from dataclasses import dataclass
from uuid import UUID

from linktime_common.contracts.events.scim import Plan

PLANS_WITH_API_KEYS = frozenset({Plan.PRO, Plan.BUSINESS})


@dataclass(frozen=True)
class Account:
    id: UUID
    email: str
    name: str
    username: str
    plan: Plan
    effective_plan: Plan
    active: bool

    @property
    def may_use_api_keys(self) -> bool:
        """Whether a key of this account opens anything."""
        return self.active and self.effective_plan in PLANS_WITH_API_KEYS
