"""The invitee's signed link to one booking.

A token is `<key id>.<base64url of booking id, host id and signature>`, the signature HMAC-SHA256
over all that stands before it. Nothing about it is stored, so it cannot be read out of the
database; whoever has it is the invitee. It has no end of its own: a booking that is over can be
seen and no longer changed.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from linktime_bookings.domain.errors import BookingNotFound
from linktime_common.identity import Key

# Signatures made with these keys for anything else must not open a booking.
_PURPOSE = b"invitee link "
_UUID_BYTES = 16
_PADDING = "=="


@dataclass(frozen=True)
class Linked:
    """The booking a link leads to, and whose it is."""

    booking_id: UUID
    host_id: UUID


class Links:
    """Signs with the first key, believes all of them."""

    def __init__(self, keys: Sequence[str], public_url: str) -> None:
        """`keys` are written `<key id>:<base64url of 32 bytes>`; raises ValueError otherwise.

        Links begin with `public_url`, the address people see.
        """
        parsed = [Key.parse(key) for key in keys]
        if not parsed:
            raise ValueError("at least one link key is needed")
        self._keys = {key.id: key for key in parsed}
        self._current = parsed[0]
        self._public_url = public_url.rstrip("/")

    def url(self, linked: Linked) -> str:
        """The page where the invitee sees, cancels and moves the booking."""
        return f"{self._public_url}/manage/{_token(self._current, linked)}"

    def open(self, token: str) -> Linked:
        """What a genuine token leads to; raises BookingNotFound for any other text."""
        key_id, _, encoded = token.partition(".")
        key = self._keys.get(key_id)
        if key is None:
            raise BookingNotFound
        try:
            ids = urlsafe_b64decode(encoded + _PADDING)[: 2 * _UUID_BYTES]
            linked = Linked(UUID(bytes=ids[:_UUID_BYTES]), UUID(bytes=ids[_UUID_BYTES:]))
        except ValueError as error:
            raise BookingNotFound from error
        # Compared as it is written: one booking has one token a key, not several spellings.
        if not hmac.compare_digest(_token(key, linked).encode(), token.encode()):
            raise BookingNotFound
        return linked


def _token(key: Key, linked: Linked) -> str:
    ids = linked.booking_id.bytes + linked.host_id.bytes
    signature = hmac.digest(key.secret, _PURPOSE + key.id.encode() + b"." + ids, hashlib.sha256)
    return f"{key.id}.{urlsafe_b64encode(ids + signature).decode().rstrip('=')}"
