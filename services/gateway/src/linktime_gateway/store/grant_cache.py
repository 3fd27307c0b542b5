"""Good API keys, sessions and SCIM tokens, remembered for a short time by one process.

A change of one or of its owner is heard on the database (see `changes`) and drops what is
remembered. While nothing can be heard, nothing is remembered. Only good ones are: what is refused
is looked up each time, so that a new key, or one that is good again, works at once.
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
    """What a credential opens, and whose it is: a user's or an organization's."""

    @property
    def owner_id(self) -> UUID: ...


GrantT = TypeVar("GrantT", bound=Grant)


@dataclass(eq=False)
class Fill:
    """A look-up under way. What it finds is kept only if nothing changed since it began."""

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
        self._trusted = False
        self._seconds = seconds

    def get(self, hashed: bytes) -> GrantT | None:
        """The grant if it is remembered."""
        entry = self._grants.get(hashed)
        if entry is None:
            return None
        if self._seconds() >= entry[0]:
            self._drop(hashed)
            return None
        return entry[1]

    def under_way(self, hashed: bytes) -> Fill | None:
        """A look-up of this credential that began before and whose result may be remembered."""
        fill = self._first_fills.get(hashed)
        return fill if fill is not None and self._trusted and not fill.outdated else None

    @contextmanager
    def filling(self, hashed: bytes) -> Iterator[Fill]:
        """Enclose a look-up with this, then `keep` its result inside the block."""
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
        """Remember what `fill` found, unless it may be old already."""
        if not self._trusted or fill.outdated or grant.owner_id in fill.changed_owners:
            return
        if len(self._grants) >= MOST_ENTRIES:
            self._drop(next(iter(self._grants)))
        self._grants[hashed] = (fill.began + LIFETIME_SECONDS, grant)
        self._hashes[grant.owner_id].add(hashed)

    def forget(self, owner_id: UUID) -> None:
        """Drop what is this owner's, also what is being looked up."""
        for fill in self._fills:
            fill.changed_owners.add(owner_id)
        for hashed in self._hashes.pop(owner_id, ()):
            self._grants.pop(hashed, None)

    def trust(self) -> None:
        """Changes are heard again: begin to remember."""
        self._empty()
        self._trusted = True

    def distrust(self) -> None:
        """Changes may be missed: forget everything and read through."""
        self._empty()
        self._trusted = False

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
