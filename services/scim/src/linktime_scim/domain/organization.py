"""An organization of users."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from linktime_common.contracts.events.scim import Plan
from linktime_scim.domain.errors import NotAllowed, OwnerStays


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


@dataclass(frozen=True)
class OrganizationEntry:
    """An organization with its owner's e-mail, as the operator sees it."""

    organization: Organization
    owner_email: str


@dataclass(frozen=True)
class Joined:
    """An organization as one of its members sees it; `role` is theirs."""

    id: UUID
    name: str
    plan: Plan
    role: Role
    member_count: int
    created_at: datetime


@dataclass(frozen=True)
class Member:
    """A membership with the member's account, as owner and admins see it.

    `id` is the user's, unless `shown_to_organization` hides the account.
    """

    id: UUID
    user_id: UUID
    email: str
    name: str
    username: str | None
    role: Role
    active: bool
    created_at: datetime


def refuse_managing(by: Role) -> None:
    """Raise NotAllowed unless owner or admin."""
    if by is Role.MEMBER:
        raise NotAllowed


def refuse_adding(by: Role, role: Role) -> None:
    """Raise NotAllowed unless an owner or admin adds a member, or the owner an admin."""
    refuse_managing(by)
    if role is Role.ADMIN and by is not Role.OWNER:
        raise NotAllowed


def refuse_changing_role(by: Role, present: Role) -> None:
    """Raise NotAllowed unless the owner, or OwnerStays for the owner's own role."""
    if by is not Role.OWNER:
        raise NotAllowed
    if present is Role.OWNER:
        raise OwnerStays


def refuse_removing(by: Role, present: Role, *, is_self: bool) -> None:
    """Refuse the removal unless the remover may add the role, or leaves and is not the owner.

    Raises NotAllowed, OwnerStays.
    """
    if present is Role.OWNER:
        refuse_managing(by)
        raise OwnerStays
    if not is_self:
        refuse_adding(by, present)
