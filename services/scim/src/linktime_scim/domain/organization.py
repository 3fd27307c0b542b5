"""An organization of users."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from linktime_common.contracts.events.scim import Plan


class Role(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"


@dataclass(frozen=True)
class Organization:
    """`plan` is the owner's; `verified_domains` in alphabetical order."""

    id: UUID
    name: str
    owner_id: UUID
    plan: Plan
    verified_domains: tuple[str, ...]
