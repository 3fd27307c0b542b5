"""API keys and SCIM tokens, of which only a hash is stored.

They are random and long, so one round of SHA-256 is enough; passwords need argon2.
"""

import hashlib
import re
import secrets
import string
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from linktime_common.contracts.events.scim import Plan

API_KEY_PREFIX = "lt_live_"
SCIM_TOKEN_PREFIX = "lt_scim_"  # noqa: S105 - the public part

_ALPHABET = string.ascii_letters + string.digits
_SECRET_CHARACTERS = 43  # 256 bits in base 62
_SHOWN_CHARACTERS = 4
_BEARER = re.compile(
    rf"(?i:bearer) +((?:{API_KEY_PREFIX}|{SCIM_TOKEN_PREFIX})[A-Za-z0-9]{{{_SECRET_CHARACTERS}}}) *"
)


@dataclass(frozen=True)
class Issued:
    """A new secret: `token` is shown once, the other fields are stored."""

    token: str
    hash: bytes
    prefix: str
    last4: str


@dataclass(frozen=True)
class ApiKeyGrant:
    """The permissions of a valid API key."""

    key_id: UUID
    user_id: UUID
    plan: Plan  # the effective one
    expires_at: datetime | None
    timezone: str | None = None

    @property
    def owner_id(self) -> UUID:
        """The user."""
        return self.user_id

    @cached_property
    def counted_as(self) -> str:
        """The text under which its requests are counted."""
        return str(self.key_id)

    def has_expired(self, now: datetime) -> bool:
        """Return whether the key has expired."""
        return self.expires_at is not None and self.expires_at <= now


@dataclass(frozen=True)
class ScimTokenGrant:
    """The permissions of a valid SCIM token."""

    token_id: UUID
    organization_id: UUID

    @property
    def owner_id(self) -> UUID:
        """The organization."""
        return self.organization_id

    @cached_property
    def counted_as(self) -> str:
        """The text under which its requests are counted."""
        return str(self.token_id)


def issue(prefix: str) -> Issued:
    """Return a new secret that starts with `prefix`."""
    token = prefix + "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET_CHARACTERS))
    return Issued(
        token=token,
        hash=hash_of(token),
        prefix=token[: len(prefix) + _SHOWN_CHARACTERS],
        last4=token[-_SHOWN_CHARACTERS:],
    )


def hash_of(token: str) -> bytes:
    """Return the hash that is stored of a secret."""
    return hashlib.sha256(token.encode()).digest()


def read_bearer(authorization: str | None, prefix: str) -> str | None:
    """Return the secret with `prefix` in an Authorization header, or None."""
    found = _BEARER.fullmatch(authorization or "")
    return found[1] if found is not None and found[1].startswith(prefix) else None
