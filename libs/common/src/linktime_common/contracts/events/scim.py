"""Events that the directory (the scim service) publishes."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from linktime_common.contracts.events.base import Event
from linktime_common.contracts.wire import Instant, WireModel


class Plan(StrEnum):
    FREE = "FREE"
    PRO = "PRO"
    BUSINESS = "BUSINESS"


class UserState(WireModel):
    """An account's whole state after a change."""

    id: UUID
    email: str
    name: str
    username: str
    timezone: str
    plan: Plan
    effective_plan: Plan
    active: bool
    created_at: Instant
    # Keys, sessions and passwords made before this instant are invalid; None: all are valid.
    credentials_valid_from: Instant | None = None
    locale: str | None = None  # the language of mails, such as de-AT; None when it is not known


class UserEvent(Event):
    """Common base of account events; the subject is the user."""

    publisher: ClassVar[str] = "scim"
    consumers: ClassVar[frozenset[str]] = frozenset({"gateway", "availability"})
    user: UserState


class UserCreated(UserEvent):
    """An account was created."""

    type: ClassVar[str] = "user.created"


class UserUpdated(UserEvent):
    """An account's profile or plan changed, or it is active again."""

    type: ClassVar[str] = "user.updated"


class UserDeactivated(UserEvent):
    """An account is inactive: keys and sessions stop, its pages take no new booking."""

    type: ClassVar[str] = "user.deactivated"


class UserDeleted(Event):
    """An account was deleted: every service deletes all rows that belong to the user.

    The organizations were deleted with it: nobody else was a member.
    """

    type: ClassVar[str] = "user.deleted"
    publisher: ClassVar[str] = "scim"
    consumers: ClassVar[frozenset[str]] = frozenset(
        {"gateway", "availability", "bookings", "contacts", "webhooks"}
    )
    organization_ids: list[UUID]


class MemberDeprovisioned(Event):
    """A managed account left its organization; upcoming bookings made before `time` are cancelled.

    The subject is the deleted membership.
    """

    type: ClassVar[str] = "member.deprovisioned"
    publisher: ClassVar[str] = "scim"
    consumers: ClassVar[frozenset[str]] = frozenset({"bookings"})
    organization_id: UUID
    user_id: UUID
