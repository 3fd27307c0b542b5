"""Standard Webhooks 1.0 signatures: https://github.com/standard-webhooks/standard-webhooks"""

import hashlib
import hmac
import secrets
from base64 import b64encode
from uuid import UUID

SECRET_BYTES = 32
SECRET_PREFIX = "whsec_"  # noqa: S105 - the standard's prefix, not a secret


def new_secret() -> bytes:
    """The key a new endpoint signs with."""
    return secrets.token_bytes(SECRET_BYTES)


def show_secret(secret: bytes) -> str:
    """How the owner sees it, once."""
    return SECRET_PREFIX + b64encode(secret).decode()


def message_id(event_id: UUID) -> str:
    """`webhook-id`: the same for every endpoint, retry and replay of one event."""
    return f"msg_{event_id.hex}"


def headers(secret: bytes, *, identifier: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of one attempt; `timestamp` in seconds since 1970."""
    signed = f"{identifier}.{timestamp}.".encode() + body
    digest = hmac.digest(secret, signed, hashlib.sha256)
    return {
        "webhook-id": identifier,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{b64encode(digest).decode()}",
    }
