"""The invitee's signed link to one booking.

A token is `<key id>.<base64url of booking id, host id and signature>`, the signature HMAC-SHA256
over everything before it. It is not stored, so it cannot leak from the database; its bearer acts
as the invitee. It does not expire: a booking that has ended can be read, but not changed.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from linktime_bookings.domain.errors import BookingNotFound
from linktime_common.identity import Key

# Separates these signatures from others made with the same keys.
_PURPOSE = b"invitee link "
_UUID_BYTES = 16
_PADDING = "=="


@dataclass(frozen=True)
class Linked:
    """The booking of a link, and its host."""

    booking_id: UUID
    host_id: UUID


class Links:
    """Signs links with the first key, and verifies with all keys."""

    def __init__(self, keys: Sequence[str], public_url: str) -> None:
        """`keys` have the form `<key id>:<base64url of 32 bytes>`; raises ValueError otherwise.

        Links start with `public_url`.
        """
        parsed = [Key.parse(key) for key in keys]
        if not parsed:
            raise ValueError("at least one link key is required")
        self._keys = {key.id: key for key in parsed}
        self._current = parsed[0]
        self._public_url = public_url.rstrip("/")

    def url(self, linked: Linked) -> str:
        """Return the address at which the invitee reads, cancels and moves the booking."""
        return f"{self._public_url}/manage/{_token(self._current, linked)}"

    def open(self, token: str) -> Linked:
        """Return the booking and host of a valid token; raises BookingNotFound."""
        key_id, _, encoded = token.partition(".")
        key = self._keys.get(key_id)
        if key is None:
            raise BookingNotFound
        try:
            ids = urlsafe_b64decode(encoded + _PADDING)[: 2 * _UUID_BYTES]
            linked = Linked(UUID(bytes=ids[:_UUID_BYTES]), UUID(bytes=ids[_UUID_BYTES:]))
        except ValueError as error:
            raise BookingNotFound from error
        # Compares the whole text, since base64 has several spellings of the same bytes.
        if not hmac.compare_digest(_token(key, linked).encode(), token.encode()):
            raise BookingNotFound
        return linked


def _token(key: Key, linked: Linked) -> str:
    ids = linked.booking_id.bytes + linked.host_id.bytes
    signature = hmac.digest(key.secret, _PURPOSE + key.id.encode() + b"." + ids, hashlib.sha256)
    return f"{key.id}.{urlsafe_b64encode(ids + signature).decode().rstrip('=')}"
