"""An invitation to an organization, for the account with its e-mail address."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from linktime_scim.domain.organization import Role

VALID_FOR = timedelta(days=7)
MOST_OPEN = 100


@dataclass(frozen=True)
class Invitation:
    """As the organization sees it: nothing depends on whether the address has an account."""

    id: UUID
    email: str
    role: Role
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class ReceivedInvitation:
    """As the invited person sees it."""

    id: UUID
    organization_id: UUID
    organization_name: str
    role: Role
    created_at: datetime
    expires_at: datetime
