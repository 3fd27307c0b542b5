"""Which refusals are logged: the first of each kind in a period; the others are counted."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

MOST_KINDS = 100
"""Kinds that are counted separately in a period, so that many refusals do not fill the disk."""


class RefusalKind(NamedTuple):
    """Refusals with the same client, status, reason and credential; the ids are pairs by name."""

    client: str
    status: int
    reason: str
    ids: tuple[tuple[str, str], ...] = ()


class RefusalCounts:
    """The refusals since the last `take`."""

    def __init__(self) -> None:
        self._counts = Counter[RefusalKind]()
        self._others = 0

    def is_first(self, kind: RefusalKind) -> bool:
        """Count one; returns whether it is the first of its kind and to be logged."""
        if kind not in self._counts and len(self._counts) >= MOST_KINDS:
            self._others += 1
            return False
        self._counts[kind] += 1
        return self._counts[kind] == 1

    def take(self) -> tuple[Mapping[RefusalKind, int], int]:
        """Return how many followed the first of each kind, and how many of other kinds came.

        The next period begins.
        """
        again = {kind: count - 1 for kind, count in self._counts.items() if count > 1}
        others = self._others
        self._counts.clear()
        self._others = 0
        return again, others
