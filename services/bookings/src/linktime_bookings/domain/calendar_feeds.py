"""The secret address of a host's bookings, for calendar programs."""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

TOKEN_PREFIX = "lt_feed_"  # noqa: S105 - the public part
PAST = timedelta(days=30)
"""How long a booking stays in the feed after its start."""
MOST_BOOKINGS = 1_000

_SECRET_BYTES = 32

BookingVersion = tuple[UUID, int]
"""A booking and its version, which increases with every change."""


@dataclass(frozen=True)
class OpenedFeed:
    """What an address leads to; `versions` are those of the bookings that the feed shows."""

    host_id: UUID
    versions: Sequence[BookingVersion]


def new_token() -> str:
    """Return a new secret, the last part of the address."""
    return TOKEN_PREFIX + secrets.token_urlsafe(_SECRET_BYTES)


def hash_of(token: str) -> bytes:
    """Return the hash that is stored of a token; it is random and long, so one round is enough."""
    return hashlib.sha256(token.encode(errors="surrogateescape")).digest()


def tag_of(layout: bytes, versions: Iterable[BookingVersion]) -> str:
    """Return the entity tag of the feed, without quotes.

    `layout` is what decides how a booking is shown. Versions are unique per booking, so the tag
    changes with every booking that is added, changed or left out, and with nothing else.
    """
    digest = hashlib.sha256(layout)
    for booking_id, version in sorted(versions):
        digest.update(f"\n{booking_id} {version}".encode())
    return digest.hexdigest()[:32]
