"""Sessions of signed-in browsers: their lifetimes and tokens."""

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
    """The permissions of a valid session; `made_under` as for `AccountStatus.accepts`."""

    session_id: UUID
    user_id: UUID
    plan: Plan  # the effective one
    created_at: datetime
    last_seen_at: datetime
    made_under: datetime | None
    timezone: str | None = None

    @property
    def owner_id(self) -> UUID:
        """The user."""
        return self.user_id

    def has_ended(self, now: datetime) -> bool:
        """Return whether the session is too old or has been idle for too long."""
        return now >= self.created_at + LONGEST or now >= self.last_seen_at + LONGEST_IDLE


def new_token() -> str:
    """Return a new session token."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def csrf_token(token: str) -> str:
    """Return the CSRF token of a session.

    It is derived from the session token, which cannot be recovered from it.
    """
    digest = hmac.digest(token.encode(), b"csrf", hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def is_csrf_token(candidate: str | None, token: str) -> bool:
    """Return whether `candidate` is the CSRF token of the session."""
    expected = csrf_token(token).encode()
    return hmac.compare_digest((candidate or "").encode("utf-8", "surrogateescape"), expected)
