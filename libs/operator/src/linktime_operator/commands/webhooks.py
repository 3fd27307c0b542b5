"""`linktime webhook …`"""

import click

from linktime_operator.clients import Clients
from linktime_operator.commands.base import operation, user_option
from linktime_operator.operations import webhooks
from linktime_operator.output import as_rows, show, show_list


@click.group("webhook")
def group() -> None:
    """Subscribers' endpoints."""


@group.command("create")
@user_option
@click.option("--url", required=True)
@click.option("--events", required=True, metavar="A,B", help="Such as booking.created.")
@operation
async def create(clients: Clients, email: str, url: str, events: str, as_json: bool) -> None:
    """Make an endpoint; its secret is shown this once."""
    names = [name.strip() for name in events.split(",") if name.strip()]
    made = await webhooks.create(clients, email, url, names)
    show(as_rows([made], "id", "url", "events", "secret")[0], as_json=as_json)


@group.command("list")
@user_option
@operation
async def list_all(clients: Clients, email: str, as_json: bool) -> None:
    """A user's endpoints, oldest first."""
    found = await webhooks.list_of(clients, email)
    columns = ("id", "url", "events", "createdAt")
    show_list(as_rows(found.data, *columns), columns, as_json=as_json)
