"""Rows of a service whose owner does not know them.

A row is read before its owner is asked. What a service has copied, its owner had before: what the
owner lacks then was not made during the run.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from linktime_common.contracts.internal_api.inventory import InventoryRow
from linktime_operator.clients import Clients
from linktime_operator.errors import OperatorError
from linktime_operator.operations.inventory import (
    ACCOUNTS,
    BOOKED_HOSTS,
    BOOKING_VERSIONS,
    BOOKINGS,
    CONFIRMED_RESERVATIONS,
    CONTACT_OWNERS,
    EVENT_LINKS,
    HOSTS,
    MAILS,
    MEETINGS,
    ORGANIZATIONS,
    REMINDERS,
    SCIM_TOKENS,
    USERS,
    WEBHOOK_OWNERS,
    RowKind,
    is_empty,
    look_up,
    pages,
)


@dataclass(frozen=True)
class Difference:
    """A row that differs from its owner's; `version` is that of the row, None if it is missing.

    `is_ahead`: the row is newer than its owner's.
    """

    title: str
    kind: RowKind
    id: UUID
    version: int | None = None
    is_ahead: bool = False


IsOrphan = Callable[[InventoryRow, InventoryRow | None], bool]


def _is_unknown(_row: InventoryRow, owner: InventoryRow | None) -> bool:
    return owner is None


def _is_not_held_by(row: InventoryRow, booking: InventoryRow | None) -> bool:
    """Whether the booking does not exist, is cancelled or has another reservation."""
    if booking is None:
        return True
    if booking.state == "DELETED":
        return False
    return booking.state != "CONFIRMED" or booking.about != row.id


@dataclass(frozen=True)
class Ownership:
    """Rows of `kind` belong to rows of `owner`: that in `about`, or that with the same id."""

    kind: RowKind
    owner: RowKind
    title: str
    is_orphan: IsOrphan = _is_unknown

    def owner_id(self, row: InventoryRow) -> UUID:
        """Return the id of the owner's row."""
        return row.about if row.about and self.kind is not BOOKING_VERSIONS else row.id

    async def orphans(self, clients: Clients, rows: list[InventoryRow]) -> list[InventoryRow]:
        """Return those of the rows, read before, whose owner does not know them now."""
        owners = await look_up(clients, self.owner, map(self.owner_id, rows))
        return [row for row in rows if self.is_orphan(row, owners.get(self.owner_id(row)))]

    async def walk(self, clients: Clients) -> AsyncIterator[tuple[int, list[Difference]]]:
        """Yield for each page the number of rows read, and the orphans."""
        async for page in pages(clients, self.kind):
            yield len(page), self._named(await self.orphans(clients, page))

    async def again(self, clients: Clients, suspects: Sequence[Difference]) -> list[Difference]:
        """Return those that are orphans still."""
        rows = await look_up(clients, self.kind, [one.id for one in suspects])
        return self._named(await self.orphans(clients, list(rows.values())))

    async def refusal(self, clients: Clients) -> str | None:
        """Return why nothing is removed, if it would be all because the owner's database is new."""
        # scim may have no organizations, but never no users.
        root = USERS if self.owner is ORGANIZATIONS else self.owner
        if await is_empty(clients, root) and not await is_empty(clients, self.kind):
            return (
                f"{root.service} has no {root.name}, and {self.kind.service} has some: "
                f"nothing is removed. Restore the database of {root.service} first."
            )
        return None

    async def refuse_empty(self, clients: Clients) -> None:
        """Raise OperatorError if there is a refusal."""
        if refusal := await self.refusal(clients):
            raise OperatorError(refusal)

    def _named(self, rows: list[InventoryRow]) -> list[Difference]:
        return [Difference(self.title, self.kind, row.id, row.version) for row in rows]


OWNERSHIPS = (
    Ownership(
        CONFIRMED_RESERVATIONS, BOOKINGS, "confirmed reservation without booking", _is_not_held_by
    ),
    Ownership(BOOKING_VERSIONS, BOOKINGS, "booking version of an unknown booking"),
    Ownership(EVENT_LINKS, BOOKINGS, "calendar event of an unknown booking"),
    Ownership(MEETINGS, BOOKINGS, "meeting of an unknown booking"),
    Ownership(MAILS, BOOKINGS, "mail of an unknown booking"),
    Ownership(REMINDERS, BOOKINGS, "reminders of an unknown booking"),
    Ownership(ACCOUNTS, USERS, "account of an unknown user"),
    Ownership(HOSTS, USERS, "host of an unknown user"),
    Ownership(SCIM_TOKENS, ORGANIZATIONS, "SCIM token of an unknown organization"),
    Ownership(BOOKED_HOSTS, USERS, "bookings of an unknown user"),
    Ownership(CONTACT_OWNERS, USERS, "contacts of an unknown user"),
    Ownership(WEBHOOK_OWNERS, USERS, "webhooks of an unknown user"),
)

COPIED = (
    CONFIRMED_RESERVATIONS,
    BOOKING_VERSIONS,
    EVENT_LINKS,
    MEETINGS,
    ACCOUNTS,
    HOSTS,
)
PROJECTED: Mapping[str, tuple[Ownership, ...]] = {
    service: tuple(one for one in OWNERSHIPS if one.kind in COPIED and one.kind.service == service)
    for service in ("availability", "contacts", "gateway")
}
"""What a resync removes from each service with a projection."""
