"""Encrypts an endpoint's secrets and custom headers, which may be credentials."""

from collections.abc import Mapping
from uuid import UUID

import orjson

from linktime_common.sealing import Sealer
from linktime_webhooks.domain.custom_headers import MASK
from linktime_webhooks.domain.errors import MaskedHeaderUnknown


def seal_secret(sealer: Sealer, endpoint_id: UUID, secret: bytes) -> bytes:
    """Return the encrypted secret."""
    return sealer.seal(secret, row=f"endpoints/{endpoint_id}")


def seal_headers(sealer: Sealer, endpoint_id: UUID, headers: Mapping[str, str]) -> bytes | None:
    """Return the encrypted headers, or None for none."""
    if not headers:
        return None
    return sealer.seal(orjson.dumps(dict(headers)), row=f"endpoint_headers/{endpoint_id}")


def open_headers(sealer: Sealer, endpoint_id: UUID, sealed: bytes | None) -> dict[str, str]:
    """Return the decrypted headers."""
    if sealed is None:
        return {}
    headers: dict[str, str] = orjson.loads(
        sealer.open(sealed, row=f"endpoint_headers/{endpoint_id}")
    )
    return headers


def with_kept_values(sent: Mapping[str, str], stored: Mapping[str, str]) -> dict[str, str]:
    """Return the custom headers to store: a masked value is replaced by the stored one.

    Names are compared in lower case, as receivers do. Raises MaskedHeaderUnknown if none is stored.
    """
    known = {name.lower(): (name, value) for name, value in stored.items()}
    if any(value == MASK and name.lower() not in known for name, value in sent.items()):
        raise MaskedHeaderUnknown
    kept = [known[name.lower()] if value == MASK else (name, value) for name, value in sent.items()]
    return dict(kept)
