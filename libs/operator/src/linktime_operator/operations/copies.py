"""Rows of an owner that a service does not have, or has in another version."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from linktime_common.contracts.internal_api.inventory import InventoryRow
from linktime_operator.clients import Clients
from linktime_operator.operations.inventory import (
    ACCOUNTS,
    BOOKING_VERSIONS,
    BOOKINGS,
    HOSTS,
    MEETINGS,
    RESERVATIONS,
    USERS,
    RowKind,
    look_up,
    pages,
)
from linktime_operator.operations.orphans import Difference

Judge = Callable[[InventoryRow, InventoryRow | None], str | None]
"""Returns what is wrong with the copy of an owner's row, or None."""


def _own_id(row: InventoryRow) -> UUID:
    return row.id


def _reservation(booking: InventoryRow) -> UUID:
    if booking.about is None:
        raise ValueError("a booking has no reservation")
    return booking.about


def _version(owner: InventoryRow, copy: InventoryRow | None) -> str | None:
    if owner.state == "DELETED":
        return None
    if copy is None:
        return "missing"
    if copy.state == "ERASED" or copy.version == owner.version:
        return None
    return "behind" if (copy.version or 0) < (owner.version or 0) else "ahead"


def _reserved(booking: InventoryRow, reservation: InventoryRow | None) -> str | None:
    if booking.state != "CONFIRMED":
        return None
    if reservation is None:
        return "missing"
    return "freed" if reservation.state == "freed" else None


@dataclass(frozen=True)
class Copies:
    """Each row of `owner` has one of `kind`, found by `key`, that `judge` compares with it."""

    kind: RowKind
    owner: RowKind
    titles: dict[str, str]
    key: Callable[[InventoryRow], UUID] = _own_id
    judge: Judge = _version

    async def walk(self, clients: Clients) -> AsyncIterator[tuple[int, list[Difference]]]:
        """Yield for each page the number of rows read, and what seems to differ."""
        async for page in pages(clients, self.owner):
            yield len(page), await self._compare(clients, page)

    async def again(self, clients: Clients, suspects: Sequence[Difference]) -> list[Difference]:
        """Return what differs still, of rows that the owner did not change meanwhile."""
        before = await look_up(clients, self.owner, [one.id for one in suspects])
        found = await self._compare(clients, list(before.values()))
        after = await look_up(clients, self.owner, [one.id for one in found])
        return [one for one in found if after.get(one.id) == before[one.id] and one in suspects]

    async def _compare(self, clients: Clients, rows: list[InventoryRow]) -> list[Difference]:
        copies = await look_up(clients, self.kind, map(self.key, rows))
        found = []
        for row in rows:
            copy = copies.get(self.key(row))
            wrong = self.judge(row, copy)
            if wrong is not None:
                version = copy.version if copy else None
                found.append(
                    Difference(
                        self.titles[wrong], self.kind, row.id, version, is_ahead=wrong == "ahead"
                    )
                )
        return found


def _titles(what: str, service: str) -> dict[str, str]:
    return {
        "missing": f"{what} that {service} does not know",
        "behind": f"{what} of which {service} has an older version",
        "ahead": f"{what} of which {service} has a newer version",
    }


RESERVED = Copies(
    RESERVATIONS,
    BOOKINGS,
    {"missing": "booking without reservation", "freed": "booking with a freed reservation"},
    _reservation,
    _reserved,
)
COPIES = (
    RESERVED,
    Copies(BOOKING_VERSIONS, BOOKINGS, _titles("booking", "availability")),
    Copies(MEETINGS, BOOKINGS, _titles("booking", "contacts")),
    Copies(ACCOUNTS, USERS, _titles("user", "gateway")),
    Copies(HOSTS, USERS, _titles("user", "availability")),
)
