"""`linktime booking …`"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import click

from linktime_common.contracts.events.bookings import BookingStatus
from linktime_operator.clients import Clients
from linktime_operator.commands.base import Identifier, operation, user_option
from linktime_operator.commands.confirming import destructive
from linktime_operator.commands.moments import MomentParameter, from_option, to_option
from linktime_operator.commands.paging import limit_option, page_option
from linktime_operator.operations import bookings
from linktime_operator.output import show, show_page

COLUMNS = ("id", "startTime", "inviteeName", "status")
DETAIL = (
    *("id", "status", "startTime", "endTime", "eventType", "location"),
    *("inviteeName", "inviteeEmail", "inviteePhone", "inviteeTimezone", "notes"),
    *("source", "createdAt", "updatedAt", "cancelledAt", "cancellationReason"),
)

id_option = click.option(
    "--id", "booking_id", type=Identifier(), required=True, help="The booking's id."
)
reason_option = click.option("--reason", help="The invitee reads it.")


@click.group("booking")
def group() -> None:
    """Bookings of hosts."""


@group.command("list")
@user_option
@click.option(
    "--status",
    type=click.Choice(list(BookingStatus), case_sensitive=False),
    help="By default all.",
)
@from_option
@to_option
@page_option
@limit_option
@operation
async def list_all(
    clients: Clients,
    *,
    email: str,
    status: str | None,
    since: datetime | None,
    until: datetime | None,
    page: int,
    limit: int,
    as_json: bool,
) -> None:
    """A host's bookings in a range of starts, newest start first."""
    query = {"status": status, "from": since, "to": until, "page": page, "limit": limit}
    show_page(await bookings.list_of(clients, email, query), COLUMNS, as_json=as_json)


@group.command("show")
@user_option
@id_option
@operation
async def show_one(clients: Clients, email: str, booking_id: UUID, as_json: bool) -> None:
    """Show a booking; --json has its answers, mails and history."""
    _show(await bookings.find(clients, email, booking_id), as_json=as_json)


@group.command("cancel")
@user_option
@id_option
@reason_option
@destructive("Cancel the booking {booking_id} of {email}?")
@operation
async def cancel(
    clients: Clients, *, email: str, booking_id: UUID, reason: str | None, as_json: bool
) -> None:
    """Cancel a booking in the host's name; the invitee gets a mail."""
    await bookings.cancel(clients, email, booking_id, reason)
    _show(await bookings.find(clients, email, booking_id), as_json=as_json)


@group.command("move")
@user_option
@id_option
@click.option(
    "--start",
    type=MomentParameter(),
    required=True,
    metavar="INSTANT",
    help="The new start, such as 2026-03-01T14:00:00Z.",
)
@reason_option
@operation
async def move(
    clients: Clients,
    *,
    email: str,
    booking_id: UUID,
    start: datetime,
    reason: str | None,
    as_json: bool,
) -> None:
    """Move a booking in the host's name; the invitee gets a mail."""
    await bookings.move(clients, email, booking_id, start=start, reason=reason)
    _show(await bookings.find(clients, email, booking_id), as_json=as_json)


def _show(booking: Mapping[str, Any], *, as_json: bool) -> None:
    shown = booking if as_json else {**booking, "eventType": booking["eventType"]["slug"]}
    show(shown, DETAIL, as_json=as_json)
