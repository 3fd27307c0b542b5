"""Comparison of the services with each other, for `linktime doctor --deep`."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from linktime_common.contracts.internal_api.inventory import MOST_ROWS
from linktime_common.contracts.wire import WireModel
from linktime_operator.clients import Clients
from linktime_operator.operations import inventory
from linktime_operator.operations.copies import COPIES
from linktime_operator.operations.inventory import RowKind, in_calls, look_up, pages
from linktime_operator.operations.orphans import OWNERSHIPS, Difference

SETTLE_SECONDS = 5.0
"""After it, what seemed to differ is compared again: an event may have been on its way."""

SHOWN_IDS = 5
REPORT_ROWS = 10_000


class Check(Protocol):
    """One comparison, by pages."""

    def walk(self, clients: Clients) -> AsyncIterator[tuple[int, list[Difference]]]:
        """Yield for each page the number of rows read, and what seems to differ."""

    async def again(self, clients: Clients, suspects: Sequence[Difference]) -> list[Difference]:
        """Return which of at most MOST_ROWS differences are there still."""


@dataclass(frozen=True)
class Unwanted:
    """Rows of which there should be none."""

    kind: RowKind
    title: str

    async def walk(self, clients: Clients) -> AsyncIterator[tuple[int, list[Difference]]]:
        """Yield all of them."""
        async for page in pages(clients, self.kind):
            yield len(page), [Difference(self.title, self.kind, row.id) for row in page]

    async def again(self, clients: Clients, suspects: Sequence[Difference]) -> list[Difference]:
        """Return those that exist still."""
        rows = await look_up(clients, self.kind, [one.id for one in suspects])
        return [one for one in suspects if one.id in rows]


UNWANTED = (
    Unwanted(inventory.OVERDUE_HOLDS, "overdue hold"),
    *(
        Unwanted(kind, f"event of {kind.service} unpublished for a minute")
        for kind in inventory.OLD_EVENTS
    ),
    *(Unwanted(kind, f"parked message of {kind.service}") for kind in inventory.PARKED_MESSAGES),
)
CHECKS: Sequence[Check] = (*COPIES, *OWNERSHIPS, *UNWANTED)

Report = Callable[[str], None]


class NamedDifference(WireModel):
    """Differences of one kind, with the first ids."""

    kind: str
    count: int
    ids: list[str]


async def compare(
    clients: Clients, report: Report, *, settle_seconds: float = SETTLE_SECONDS
) -> list[Difference]:
    """Return all differences; `report` gets a line of progress for each comparison.

    Memory is bounded by the differences, not by the rows.
    """
    clients.require(*inventory.SERVICES)
    suspects: dict[int, list[Difference]] = {}
    for number, check in enumerate(CHECKS):
        read, found = 0, []
        async for rows, differing in check.walk(clients):
            read += rows
            found += differing
            if rows == MOST_ROWS and read % REPORT_ROWS == 0:
                report(f"comparison {number + 1} of {len(CHECKS)}: {read} rows so far")
        suspects[number] = found
        report(f"comparison {number + 1} of {len(CHECKS)}: {read} rows")
    if not any(suspects.values()):
        return []
    report("comparing what differs again")
    await asyncio.sleep(settle_seconds)
    return [
        one
        for number, found in suspects.items()
        for part in in_calls(found)
        for one in await CHECKS[number].again(clients, part)
    ]


def named(differences: Sequence[Difference]) -> list[NamedDifference]:
    """Return the differences by kind."""
    return [
        NamedDifference(
            kind=title, count=len(found), ids=[str(one.id) for one in found[:SHOWN_IDS]]
        )
        for title, found in by_title(differences).items()
    ]


def by_title(differences: Sequence[Difference]) -> Mapping[str, list[Difference]]:
    """Return the differences by title, in the order of the comparisons."""
    found: dict[str, list[Difference]] = defaultdict(list)
    for one in differences:
        found[one.title].append(one)
    return found
