"""`linktime event-type …`, `linktime schedule …` and `linktime explain`"""

from typing import Any

import click

from linktime_operator.clients import Clients
from linktime_operator.commands.base import operation, read_document, reads, user_option
from linktime_operator.operations import scheduling
from linktime_operator.output import as_row, show, show_list

EXPLAINED = ("date", "time", "rule", "cause", "which")

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


@click.command("explain")
@user_option
@click.option("--slug", required=True, help="The event type's.")
@click.option("--date", "day", metavar="DATE", help="A date, such as 2026-03-02.")
@click.option("--at", "instant", metavar="INSTANT", help="One instant, 2026-03-02T09:00:00Z.")
@click.option("--timezone", help="Of the date and the shown times; the schedule's by default.")
@operation
async def explain(
    clients: Clients,
    *,
    email: str,
    slug: str,
    day: str | None,
    instant: str | None,
    timezone: str | None,
    as_json: bool,
) -> None:
    """Why the starts of a date, or one instant, can or cannot be booked."""
    given = {"date": day, "at": instant, "timezone": timezone}
    query = {name: value for name, value in given.items() if value is not None}
    found = await scheduling.explain(clients, email, slug, query)
    if as_json:
        show(found, as_json=True)
        return
    rows = [_explained(row) for row in found["data"]]
    show_list(rows or [_explained({**found, "time": None})], EXPLAINED, as_json=False)


def _explained(row: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of a start, or of a date without any."""
    cause = row["cause"] or {}
    name = next((cause[key] for key in ("name", "date", "id") if cause.get(key)), None)
    shown = {"date": row["date"], "time": row["time"], "rule": row["rule"] or "free"}
    return shown | {"cause": cause.get("kind"), "which": name}
