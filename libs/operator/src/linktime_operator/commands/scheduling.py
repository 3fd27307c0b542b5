"""`linktime event-type …` and `linktime schedule …`"""

from typing import Any

import click

from linktime_operator.clients import Clients
from linktime_operator.commands.base import operation, read_document, reads, user_option
from linktime_operator.operations import scheduling
from linktime_operator.output import as_row, show

file_option = click.option(
    "--file", type=click.File("rb"), required=True, help="JSON, or - for standard input."
)


@click.group("event-type")
def event_types() -> None:
    """Event types of hosts."""


@event_types.command("create")
@user_option
@file_option
@reads("file", read_document)
@operation
async def create(clients: Clients, email: str, file: dict[str, Any], as_json: bool) -> None:
    """Create an event type from the JSON of an event type's detail."""
    made = await scheduling.make_event_type(clients, email, file)
    show(as_row(made), as_json=as_json)


@click.group("schedule")
def schedules() -> None:
    """Schedules of hosts."""


@schedules.command("set")
@user_option
@file_option
@reads("file", read_document)
@operation
async def set_schedule(clients: Clients, email: str, file: dict[str, Any], as_json: bool) -> None:
    """Replace a host's timezone, weekly hours and overrides."""
    show(await scheduling.set_schedule(clients, email, file), as_json=as_json)
