"""Signed-in browsers: how long they stay signed in, and what they hold."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from linktime_common.contracts.events.scim import Plan

LONGEST = timedelta(days=30)
LONGEST_IDLE = timedelta(days=14)

_SECRET_BYTES = 32


@dataclass(frozen=True)
class SessionGrant:
    """What a good session opens, and since when; `made_under` as for `Standing.honours`."""

    session_id: UUID
    user_id: UUID
    plan: Plan  # the effective one
    created_at: datetime
    last_seen_at: datetime
    made_under: datetime | None

    @property
    def owner_id(self) -> UUID:
        """Whose it is."""
        return self.user_id

    def has_ended(self, now: datetime) -> bool:
        """Whether the session is too old or was not used for too long."""
        return now >= self.created_at + LONGEST or now >= self.last_seen_at + LONGEST_IDLE


def new_token() -> str:
    """What a browser is signed in with."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def csrf_token(token: str) -> str:
    """What the dashboard's own pages send beside the cookie.

    Made from the session's token, which cannot be made from it.
    """
    digest = hmac.digest(token.encode(), b"csrf", hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def is_csrf_token(candidate: str | None, token: str) -> bool:
    """Whether `candidate` belongs to the session with this token."""
    expected = csrf_token(token).encode()
    return hmac.compare_digest((candidate or "").encode("utf-8", "surrogateescape"), expected)
