"""`linktime time-off …`"""

from uuid import UUID

import click

from linktime_operator.clients import Clients
from linktime_operator.commands.base import Identifier, operation, user_option
from linktime_operator.commands.confirming import destructive
from linktime_operator.commands.paging import limit_option, page_option
from linktime_operator.operations import scheduling
from linktime_operator.output import show, show_page

COLUMNS = ("id", "from", "to", "name")


@click.group("time-off")
def group() -> None:
    """Time off of hosts, in which no bookings are taken."""


@group.command("list")
@user_option
@page_option
@limit_option
@operation
async def list_all(clients: Clients, *, email: str, page: int, limit: int, as_json: bool) -> None:
    """A host's time off, earliest first."""
    found = await scheduling.list_time_off(clients, email, page=page, limit=limit)
    show_page(found, COLUMNS, as_json=as_json)


@group.command("add")
@user_option
@click.option(
    "--from",
    "since",
    required=True,
    metavar="DATE",
    help="The first date in the schedule's timezone, or the first instant.",
)
@click.option(
    "--to",
    "until",
    required=True,
    metavar="DATE",
    help="The last date, which is included, or the instant after the last.",
)
@click.option("--name", required=True, help="Such as Summer holidays.")
@operation
async def add(
    clients: Clients, *, email: str, since: str, until: str, name: str, as_json: bool
) -> None:
    """Add time off between two dates or two instants."""
    made = await scheduling.add_time_off(clients, email, since=since, until=until, name=name)
    show(made, COLUMNS, as_json=as_json)


@group.command("remove")
@user_option
@click.option(
    "--id", "time_off_id", type=Identifier(), required=True, help="As `time-off list` shows it."
)
@destructive("Remove the time off {time_off_id} of {email}?")
@operation
async def remove(clients: Clients, email: str, time_off_id: UUID, as_json: bool) -> None:
    """Remove time off."""
    await scheduling.remove_time_off(clients, email, time_off_id)
    show({"id": str(time_off_id), "removed": True}, as_json=as_json)
