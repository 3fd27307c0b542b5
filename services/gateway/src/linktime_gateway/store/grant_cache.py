"""A short-lived cache of valid API keys, sessions and SCIM tokens in one process.

Database notifications (see `changes`) invalidate entries. While none can be received, nothing is
cached. Refusals are not cached, so that a new or reactivated key works immediately.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar
from uuid import UUID

LIFETIME_SECONDS = 30.0
MOST_ENTRIES = 20_000


class Grant(Protocol):
    """The permissions of a credential and its owner, a user or an organization."""

    @property
    def owner_id(self) -> UUID: ...


GrantT = TypeVar("GrantT", bound=Grant)


@dataclass(eq=False)
class Fill:
    """A running look-up. Its result is cached only if nothing changed since its start."""

    began: float
    changed_owners: set[UUID] = field(default_factory=set)
    outdated: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class GrantCache(Generic[GrantT]):
    """Grants by the credential's hash; at most MOST_ENTRIES, each for at most LIFETIME_SECONDS."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._grants: dict[bytes, tuple[float, GrantT]] = {}
        self._hashes: defaultdict[UUID, set[bytes]] = defaultdict(set)
        self._fills: set[Fill] = set()
        self._first_fills: dict[bytes, Fill] = {}
        self._enabled = False
        self._seconds = seconds

    def get(self, hashed: bytes) -> GrantT | None:
        """Return the cached grant, or None."""
        entry = self._grants.get(hashed)
        if entry is None:
            return None
        if self._seconds() >= entry[0]:
            self._drop(hashed)
            return None
        return entry[1]

    def running_fill(self, hashed: bytes) -> Fill | None:
        """Return an earlier look-up of this credential whose result may be cached, or None."""
        fill = self._first_fills.get(hashed)
        return fill if fill is not None and self._enabled and not fill.outdated else None

    @contextmanager
    def filling(self, hashed: bytes) -> Iterator[Fill]:
        """Context of a look-up; call `keep` with its result inside the block."""
        fill = Fill(began=self._seconds())
        self._fills.add(fill)
        first = self._first_fills.setdefault(hashed, fill)
        try:
            yield fill
        finally:
            self._fills.discard(fill)
            if first is fill:
                del self._first_fills[hashed]
            fill.ended.set()

    def keep(self, fill: Fill, hashed: bytes, grant: GrantT) -> None:
        """Cache the result of `fill`, unless it may be outdated."""
        if not self._enabled or fill.outdated or grant.owner_id in fill.changed_owners:
            return
        if len(self._grants) >= MOST_ENTRIES:
            self._drop(next(iter(self._grants)))
        self._grants[hashed] = (fill.began + LIFETIME_SECONDS, grant)
        self._hashes[grant.owner_id].add(hashed)

    def forget(self, owner_id: UUID) -> None:
        """Drop the owner's entries and outdate running look-ups."""
        for fill in self._fills:
            fill.changed_owners.add(owner_id)
        for hashed in self._hashes.pop(owner_id, ()):
            self._grants.pop(hashed, None)

    def enable(self) -> None:
        """Start caching: notifications are received."""
        self._empty()
        self._enabled = True

    def disable(self) -> None:
        """Drop all entries and stop caching: notifications may be missed."""
        self._empty()
        self._enabled = False

    def __len__(self) -> int:
        return len(self._grants)

    def _empty(self) -> None:
        for fill in self._fills:
            fill.outdated = True
        self._grants.clear()
        self._hashes.clear()

    def _drop(self, hashed: bytes) -> None:
        _until, grant = self._grants.pop(hashed)
        hashes = self._hashes[grant.owner_id]
        hashes.discard(hashed)
        if not hashes:
            del self._hashes[grant.owner_id]
