"""`linktime event-type …`, `linktime schedule …` and `linktime explain`"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import click

from linktime_operator.clients import Clients
from linktime_operator.commands.base import (
    DocumentFile,
    Identifier,
    operation,
    read_document,
    reads,
    user_option,
)
from linktime_operator.commands.confirming import destructive
from linktime_operator.commands.paging import limit_option, page_option
from linktime_operator.operations import scheduling
from linktime_operator.output import as_row, show, show_list, show_page

EVENT_TYPES = ("id", "slug", "name", "minutes", "active")
EVENT_TYPE = (
    *("id", "slug", "name", "description", "active", "bookingUrl", "location"),
    *("durationMinutes", "slotIntervalMinutes", "bufferBefore", "bufferAfter"),
    *("minimumNoticeMinutes", "maxDaysInAdvance", "changeNoticeMinutes"),
    *("dailyLimit", "weeklyLimit", "monthlyLimit", "maxActivePerInvitee"),
    *("reminderMinutes", "scheduleId", "createdAt"),
)
EXPLAINED = ("date", "time", "rule", "cause", "which")
SCHEDULES = ("id", "name", "default", "timezone")
CLOSED = "closed"

file_option = click.option(
    "--file", type=DocumentFile(), required=True, help="JSON, or - for standard input."
)
id_option = click.option(
    "--id", "event_type_id", type=Identifier(), required=True, help="The event type's id."
)
schedule_option = click.option(
    "--id", "schedule_id", type=Identifier(), help="The schedule's id; the default one without."
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


@event_types.command("list")
@user_option
@page_option
@limit_option
@operation
async def list_all(clients: Clients, *, email: str, page: int, limit: int, as_json: bool) -> None:
    """A host's event types, archived ones too, oldest first."""
    found = await scheduling.list_event_types(clients, email, page=page, limit=limit)
    if not as_json:
        found["data"] = [{**one, "minutes": one["durationMinutes"]} for one in found["data"]]
    show_page(found, EVENT_TYPES, as_json=as_json)


@event_types.command("show")
@user_option
@id_option
@operation
async def show_one(clients: Clients, email: str, event_type_id: UUID, as_json: bool) -> None:
    """Show an event type; --json has its questions and schedule."""
    found = await scheduling.find_event_type(clients, email, event_type_id)
    show(found, EVENT_TYPE, as_json=as_json)


@event_types.command("update")
@user_option
@id_option
@file_option
@reads("file", read_document)
@operation
async def update(
    clients: Clients, *, email: str, event_type_id: UUID, file: dict[str, Any], as_json: bool
) -> None:
    """Change the fields that are in the JSON.

    {"active": true} restores an archived event type.
    """
    changed = await scheduling.change_event_type(clients, email, event_type_id, file)
    show(changed, EVENT_TYPE, as_json=as_json)


@event_types.command("archive")
@user_option
@id_option
@operation
async def archive(clients: Clients, email: str, event_type_id: UUID, as_json: bool) -> None:
    """Take no more bookings for an event type; existing ones stay."""
    changed = await scheduling.change_event_type(clients, email, event_type_id, {"active": False})
    show(changed, EVENT_TYPE, as_json=as_json)


@click.group("schedule")
def schedules() -> None:
    """Schedules of hosts."""


@schedules.command("list")
@user_option
@operation
async def list_schedules(clients: Clients, email: str, as_json: bool) -> None:
    """A host's schedules, the default one first."""
    found = await scheduling.list_schedules(clients, email)
    show_list(found["data"], SCHEDULES, as_json=as_json)


@schedules.command("show")
@user_option
@schedule_option
@operation
async def show_schedule(
    clients: Clients, email: str, schedule_id: UUID | None, as_json: bool
) -> None:
    """A schedule's timezone, weekly hours and overrides."""
    _show(await scheduling.find_schedule(clients, email, schedule_id), as_json=as_json)


@schedules.command("set")
@user_option
@schedule_option
@file_option
@reads("file", read_document)
@operation
async def set_schedule(
    clients: Clients, *, email: str, schedule_id: UUID | None, file: dict[str, Any], as_json: bool
) -> None:
    """Replace the timezone and all hours of a schedule.

    Those of the default schedule; with --id, change the fields of that schedule that are in the
    JSON, also name and default.
    """
    changed = await scheduling.set_schedule(clients, email, file, schedule_id)
    _show(changed, as_json=as_json)


@schedules.command("add")
@user_option
@file_option
@reads("file", read_document)
@operation
async def add_schedule(clients: Clients, email: str, file: dict[str, Any], as_json: bool) -> None:
    """Add a schedule from JSON.

    Its fields are name, timezone, weekly, overrides and default.
    """
    show(await scheduling.add_schedule(clients, email, file), SCHEDULES, as_json=as_json)


@schedules.command("delete")
@user_option
@click.option(
    "--id", "schedule_id", type=Identifier(), required=True, help="As `schedule list` shows it."
)
@destructive("Delete the schedule {schedule_id} of {email}?")
@operation
async def delete_schedule(clients: Clients, email: str, schedule_id: UUID, as_json: bool) -> None:
    """Delete a schedule that no event type uses; the default one stays."""
    await scheduling.delete_schedule(clients, email, schedule_id)
    show({"id": str(schedule_id), "deleted": True}, as_json=as_json)


def _show(schedule: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        show(schedule, as_json=True)
        return
    days = {**schedule["weekly"], **schedule["overrides"]}
    hours = {day: _windows(windows) for day, windows in days.items()}
    show({"timezone": schedule["timezone"], **hours}, as_json=False)


def _windows(windows: list[list[str]]) -> str:
    return ", ".join(map("–".join, windows)) or CLOSED


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
    """Why starts can or cannot be booked."""
    given = {"date": day, "at": instant, "timezone": timezone}
    query = {name: value for name, value in given.items() if value is not None}
    found = await scheduling.explain(clients, email, slug, query)
    if as_json:
        show(found, as_json=True)
        return
    rows = [_explained(row) for row in found["data"]]
    rows = rows or [_explained({**found, "time": None})]
    show_list(rows, EXPLAINED, as_json=False, last_is_whole=True)


def _explained(row: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of a start, or of a date without any."""
    cause = row["cause"] or {}
    name = next((cause[key] for key in ("name", "date", "id") if cause.get(key)), None)
    shown = {"date": row["date"], "time": row["time"], "rule": row["rule"] or "free"}
    return shown | {"cause": cause.get("kind"), "which": name}
