"""Standard Webhooks 1.0 signatures: https://github.com/standard-webhooks/standard-webhooks"""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Sequence
from secrets import token_bytes
from uuid import UUID

SECRET_BYTES = 32
SECRET_PREFIX = "whsec_"  # noqa: S105 - the standard's prefix, not a secret


def new_secret() -> bytes:
    """Return a new signing key."""
    return token_bytes(SECRET_BYTES)


def show_secret(secret: bytes) -> str:
    """Return the secret as the owner sees it, once."""
    return SECRET_PREFIX + b64encode(secret).decode()


def message_id(event_id: UUID) -> str:
    """Return `webhook-id`: the same for every endpoint, retry and replay of one event."""
    return f"msg_{event_id.hex}"


def headers(
    secrets: Sequence[bytes], *, identifier: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """Return the three headers of one attempt; `timestamp` in seconds since 1970.

    Every secret signs, so a receiver may use any of them during a rotation.
    """
    signed = f"{identifier}.{timestamp}.".encode() + body
    return {
        "webhook-id": identifier,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(_signature(secret, signed) for secret in secrets),
    }


def _signature(secret: bytes, signed: bytes) -> str:
    return f"v1,{b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()}"
