"""The number of secrets of an endpoint, and how long an old one stays valid."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

MOST_SECRETS = 3
DEFAULT_OVERLAP_HOURS = 24
MOST_OVERLAP_HOURS = 168


@dataclass(frozen=True)
class Secret:
    """A valid secret; the newest does not expire."""

    id: UUID
    created_at: datetime
    expires_at: datetime | None
