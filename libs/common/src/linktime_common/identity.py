"""The signed identity in every internal call.

`<key id>.<claims>.<signature>`: the claims are base64url JSON, the signature HMAC-SHA256 over key
id and claims. Each (issuer, audience) pair has a separate key, so a stolen key is valid for one
caller and one service only. A key is written `<key id>:<base64url secret>`.
"""

import hashlib
import hmac
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson

from linktime_common.errors import SafeToLog

HEADER = "X-LinkTime-Identity"
LIFETIME_SECONDS = 60
LEEWAY_SECONDS = 30
SECRET_BYTES = 32
MOST_REMEMBERED = 1024
# Processes of older versions, which run during an update, use this name.
CALLER_KIND_CLAIM = "door"


class CallerKind(StrEnum):
    """The caller kind."""

    API_KEY = "api_key"
    SESSION = "session"
    SCIM_TOKEN = "scim_token"  # noqa: S105
    PUBLIC = "public"
    SERVICE = "service"
    OPERATOR = "operator"


class IdentityRefused(SafeToLog):
    """The identity is missing, forged, expired, or meant for another service."""


@dataclass(frozen=True)
class Identity:
    """The caller. `subject` is a user with `timezone`; `organization` is that of a SCIM token."""

    issuer: str
    audience: str
    caller_kind: CallerKind
    subject: UUID | None = None
    organization: UUID | None = None
    plan: str | None = None
    timezone: str | None = None


@dataclass(frozen=True)
class Key:
    """A shared secret with its id."""

    id: str
    secret: bytes

    @classmethod
    def parse(cls, text: str) -> "Key":
        """Parse `<key id>:<base64url secret>`; raises ValueError when malformed."""
        key_id, _, secret = text.partition(":")
        try:
            decoded = urlsafe_b64decode(secret)
        except Base64Error as error:
            raise ValueError("the secret of an identity key is not base64url") from error
        if not key_id or "." in key_id or len(decoded) < SECRET_BYTES:
            raise ValueError(f"an identity key is '<id>:<base64url of {SECRET_BYTES} bytes>'")
        return cls(key_id, decoded)


class Signer:
    """Issues identities in the name of one service."""

    def __init__(
        self,
        issuer: str,
        keys: Mapping[str, Key],
        seconds: Callable[[], float] = time.time,
    ) -> None:
        """`keys` by audience."""
        self._issuer = issuer
        self._keys = keys
        self._seconds = seconds
        # Within one second, the same caller and audience give the same text.
        self._issued = lru_cache(maxsize=MOST_REMEMBERED)(self._issue)

    def sign(
        self,
        audience: str,
        caller_kind: CallerKind,
        *,
        subject: UUID | None = None,
        organization: UUID | None = None,
        plan: str | None = None,
        timezone: str | None = None,
    ) -> str:
        """Return the header value for a call to `audience`, valid for a minute."""
        expires = int(self._seconds()) + LIFETIME_SECONDS
        return self._issued(
            audience,
            caller_kind,
            expires=expires,
            subject=subject,
            organization=organization,
            plan=plan,
            timezone=timezone,
        )

    def _issue(
        self,
        audience: str,
        caller_kind: CallerKind,
        *,
        expires: int,
        subject: UUID | None,
        organization: UUID | None,
        plan: str | None,
        timezone: str | None,
    ) -> str:
        key = self._keys[audience]
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "aud": audience,
            CALLER_KIND_CLAIM: caller_kind,
            "exp": expires,
        }
        optional = {"sub": subject, "org": organization, "plan": plan, "zone": timezone}
        claims |= {name: str(value) for name, value in optional.items() if value is not None}
        signed = f"{key.id}.{urlsafe_b64encode(orjson.dumps(claims)).decode()}"
        return f"{signed}.{_signature(key, signed)}"


class Verifier:
    """Verifies identities issued for one service."""

    def __init__(
        self,
        audience: str,
        keys: Mapping[str, Sequence[Key]],
        seconds: Callable[[], float] = time.time,
    ) -> None:
        """`keys` by issuer, several during rotation."""
        self._audience = audience
        self._keys = {key.id: (issuer, key) for issuer, some in keys.items() for key in some}
        self._seconds = seconds

    def verify(self, header: str | None) -> Identity:
        """Return the identity in the header; raises IdentityRefused with the reason for the log."""
        try:
            key_id, encoded, signature = (header or "").split(".")
        except ValueError:
            raise IdentityRefused("missing or malformed") from None
        issuer, key = self._keys.get(key_id, ("", None))
        if key is None:
            raise IdentityRefused("unknown key")
        if not hmac.compare_digest(_signature(key, f"{key_id}.{encoded}"), signature):
            raise IdentityRefused("wrong signature")
        claims = orjson.loads(urlsafe_b64decode(encoded))
        if claims["iss"] != issuer:
            raise IdentityRefused("issuer does not own the key")
        if claims["aud"] != self._audience:
            raise IdentityRefused("meant for another service")
        if self._seconds() > claims["exp"] + LEEWAY_SECONDS:
            raise IdentityRefused("expired")
        return Identity(
            issuer=issuer,
            audience=self._audience,
            caller_kind=CallerKind(claims[CALLER_KIND_CLAIM]),
            subject=_uuid(claims.get("sub")),
            organization=_uuid(claims.get("org")),
            plan=claims.get("plan"),
            timezone=claims.get("zone"),
        )


def _signature(key: Key, text: str) -> str:
    digest = hmac.digest(key.secret, text.encode("utf-8", "surrogateescape"), hashlib.sha256)
    return urlsafe_b64encode(digest).decode()


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None
