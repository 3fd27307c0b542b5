"""Mending of what `linktime doctor --deep` names; the owner of a row has the truth."""

from collections.abc import Sequence
from uuid import UUID

from linktime_common.contracts.internal_api.inventory import RowToRemove
from linktime_common.contracts.internal_api.resync import (
    BookingIds,
    BookingPage,
    Restore,
    Restored,
    Resync,
    Resynced,
    SeenBooking,
    VersionedBooking,
)
from linktime_common.contracts.internal_api.scim import DirectoryUser, DirectoryUsers, WantedUsers
from linktime_operator.clients import LONG_CALL_SECONDS, Clients
from linktime_operator.errors import OperatorError
from linktime_operator.operations import resync
from linktime_operator.operations.comparison import by_title
from linktime_operator.operations.copies import COPIES, RESERVED
from linktime_operator.operations.inventory import (
    ACCOUNTS,
    BOOKED_HOSTS,
    BOOKING_VERSIONS,
    CONFIRMED_RESERVATIONS,
    HOSTS,
    MEETINGS,
    RESERVATIONS,
    RowKind,
    in_calls,
    look_up,
    remove,
)
from linktime_operator.operations.orphans import OWNERSHIPS, Difference, Ownership

USERS_PER_CALL = 100
CANCEL = "cancel with mails"
ACTIONS = {
    **{one.title: "remove it" for one in OWNERSHIPS},
    **{title: "send it again" for one in COPIES for title in one.titles.values()},
    **dict.fromkeys(RESERVED.titles.values(), "take its time again"),
    **{one.title: "free it" for one in OWNERSHIPS if one.kind is CONFIRMED_RESERVATIONS},
    **{one.title: CANCEL for one in OWNERSHIPS if one.kind is BOOKED_HOSTS},
}
"""What is done about each difference; nothing about the others."""


async def mend(clients: Clients, differences: Sequence[Difference]) -> list[UUID]:
    """Mend the differences; return the bookings whose time another booking has.

    Raises OperatorError as `refuse_empty` does, before any change.
    """
    await refuse_empty(clients, differences)
    for ownership, rows in _orphans(differences).items():
        for some in in_calls(rows):
            wanted = [RowToRemove(id=row.id, version=row.version) for row in some]
            await remove(clients, ownership.kind, wanted)
    for kind in (ACCOUNTS, HOSTS):
        await _mend_users(clients, kind, _of(differences, kind))
    await _mend_meetings(clients, _of(differences, MEETINGS))
    times = [*_of(differences, RESERVATIONS), *_of(differences, BOOKING_VERSIONS)]
    return await _mend_times(clients, sorted({row.id for row in times}))


async def refusal(clients: Clients, differences: Sequence[Difference]) -> str | None:
    """Return why nothing is mended, if an owner has no rows at all."""
    for ownership in _orphans(differences):
        if found := await ownership.refusal(clients):
            return found
    return None


async def refuse_empty(clients: Clients, differences: Sequence[Difference]) -> None:
    """Raise OperatorError if there is a refusal."""
    if found := await refusal(clients, differences):
        raise OperatorError(found)


def _orphans(differences: Sequence[Difference]) -> dict[Ownership, list[Difference]]:
    found = by_title(differences)
    return {one: found[one.title] for one in OWNERSHIPS if one.title in found}


def _of(differences: Sequence[Difference], kind: RowKind) -> list[Difference]:
    titles = {title for one in COPIES if one.kind is kind for title in one.titles.values()}
    return [one for one in differences if one.title in titles]


async def _mend_users(clients: Clients, kind: RowKind, rows: list[Difference]) -> None:
    """Send the users again, those of which the service has a newer version in a new one."""
    newer = [row for row in rows if row.is_ahead]
    for row in newer:
        path = f"/internal/users/{row.id}/republish"
        await clients.call("scim", "POST", path, DirectoryUser)
    for some in in_calls(rows, USERS_PER_CALL):
        users = await clients.call(
            "scim",
            "POST",
            "/internal/users/lookup",
            DirectoryUsers,
            body=WantedUsers(ids=[row.id for row in some]),
            reads=True,
        )
        await _send(clients, kind.service, Resync(users=users.data))


async def _mend_meetings(clients: Clients, rows: list[Difference]) -> None:
    """Record the bookings again; a meeting in a newer version is removed first."""
    for some in in_calls(rows):
        newer = [row for row in some if row.is_ahead]
        wanted = [RowToRemove(id=row.id, version=row.version) for row in newer]
        await remove(clients, MEETINGS, wanted)
        for part in resync.parts(await _bookings(clients, [row.id for row in some])):
            await _send(clients, MEETINGS.service, Resync(bookings=part))


async def _mend_times(clients: Clients, ids: list[UUID]) -> list[UUID]:
    refused: list[UUID] = []
    for some in in_calls(ids):
        # What availability has is read before the bookings: what comes between is newer than both.
        known = await look_up(clients, BOOKING_VERSIONS, some)
        seen = [
            SeenBooking(
                booking=entry.booking,
                version=entry.version,
                seen=known[entry.booking.id].version if entry.booking.id in known else None,
            )
            for entry in await _bookings(clients, some)
        ]
        for part in resync.parts(seen):
            done = await clients.call(
                BOOKING_VERSIONS.service,
                "POST",
                "/internal/bookings/restore",
                Restored,
                body=Restore(bookings=part),
                seconds=LONG_CALL_SECONDS,
            )
            refused += done.refused
    return refused


async def _bookings(clients: Clients, ids: Sequence[UUID]) -> list[VersionedBooking]:
    found = await clients.call(
        "bookings",
        "POST",
        "/internal/bookings/lookup",
        BookingPage,
        body=BookingIds(ids=list(ids)),
        seconds=LONG_CALL_SECONDS,
        reads=True,
    )
    return found.data


async def _send(clients: Clients, service: str, page: Resync) -> None:
    await clients.call(
        service, "POST", "/internal/resync", Resynced, body=page, seconds=LONG_CALL_SECONDS
    )
