"""Commands that act for a host: event types, schedules, time off, bookings and contacts."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from libs.operator.tests.launched import Launcher
from libs.operator.tests.users import new_key, new_user

from linktime_local.testing.waiting import eventually
from linktime_operator.commands import contacts as contacts_commands
from linktime_operator.commands.scheduling import EVENT_TYPE as EVENT_TYPE_COLUMNS

ALL_DAY = [["00:00", "24:00"]]
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
EVENT_TYPE = {
    "name": "A conversation about everything that you want to ask",
    "slug": "a-conversation-about-everything",
    "durationMinutes": 30,
    "minimumNoticeMinutes": 0,
}
NOBODY = str(UUID(int=7))


@dataclass
class Host:
    """Runs commands for one host."""

    launcher: Launcher
    running: dict[str, Any]
    email: str
    key: str

    async def ask(self, command: str, *options: str, document: Any = None) -> Any:
        """Return the JSON that the command prints."""
        given = b"" if document is None else json.dumps(document).encode()
        named = (*command.split(), "--user", self.email, *options, "--json")
        outcome = await self.launcher.command(*named, given=given)
        assert outcome.status == 0, outcome.error
        return outcome.json

    async def table(self, command: str, *options: str) -> list[str]:
        """Return the lines that the command prints."""
        named = (*command.split(), "--user", self.email, *options)
        outcome = await self.launcher.command(*named)
        assert outcome.status == 0, outcome.error
        return outcome.output.splitlines()

    async def refusal(self, command: str, *options: str) -> dict[str, Any]:
        """Return the JSON error that the command prints."""
        named = (*command.split(), "--user", self.email, *options, "--json")
        return (await self.launcher.command(*named)).refusal

    async def refused(self, command: str, *options: str) -> str:
        sentence: str = (await self.refusal(command, *options))["error"]
        return sentence

    async def book(self, start: datetime) -> str:
        """Return the id of a new booking."""
        body = {
            "eventTypeSlug": EVENT_TYPE["slug"],
            "startTime": start.isoformat(),
            "inviteeName": "Maximilian Mustermann of Example",
            "inviteeEmail": "max@example.com",
            "inviteeTimezone": "UTC",
        }
        async with (
            aiohttp.ClientSession(headers={"Authorization": f"Bearer {self.key}"}) as session,
            session.post(f"{self.running['gateway']}/api/v1/bookings", json=body) as response,
        ):
            made = await response.json()
            assert response.status == 201, made
            return str(made["bookingId"])


@pytest.fixture
async def host(launcher: Launcher, running: dict[str, Any]) -> Host:
    user = await new_user(running)
    return Host(launcher, running, user.email, (await new_key(running, user)).key)


async def open_host(host: Host) -> str:
    """Open the host's whole week for an event type; return its id."""
    hours = {"timezone": "UTC", "weekly": dict.fromkeys(DAYS, ALL_DAY)}
    await host.ask("schedule set", "--file", "-", document=hours)
    made = await host.ask("event-type create", "--file", "-", document=EVENT_TYPE)
    return str(made["id"])


async def test_event_types_are_listed_changed_and_archived(host: Host) -> None:
    """An archived one stays in the list; an update restores it."""
    one = ("--id", await open_host(host))
    changed = await host.ask("event-type update", *one, "--file", "-", document={"dailyLimit": 3})
    assert (changed["dailyLimit"], changed["name"]) == (3, EVENT_TYPE["name"])
    assert await host.ask("event-type show", *one) == changed
    assert changed.keys() - {"price", "questions", "schedule"} == set(EVENT_TYPE_COLUMNS)
    lines = [line.split() for line in await host.table("event-type show", *one)]
    assert ["dailyLimit", "3"] in lines
    assert (await host.ask("event-type archive", *one))["active"] is False
    (listed,) = (await host.ask("event-type list"))["data"]
    assert (listed["id"], listed["active"]) == (one[1], False)
    restored = await host.ask("event-type update", *one, "--file", "-", document={"active": True})
    assert restored["active"] is True
    _head, line = await host.table("event-type list")
    assert line.startswith(one[1])
    assert EVENT_TYPE["name"] in line  # whole, as it is no terminal
    assert await host.refused("event-type show", "--id", NOBODY) == "Event type not found"


async def test_a_schedule_is_shown(host: Host) -> None:
    """By day for people; as the API has it for programs."""
    await open_host(host)
    shown = await host.ask("schedule show")
    assert shown["weekly"]["monday"] == ALL_DAY
    (listed,) = await host.ask("schedule list")
    one = {"id": listed["id"], "name": "Working hours", "default": True}
    assert listed == {name: shown[name] for name in ("timezone", "weekly")} | one
    assert await host.ask("schedule show", "--id", listed["id"]) == {**shown, **one}
    shown["overrides"] = {"2030-12-24": []}
    await host.ask("schedule set", "--file", "-", document=shown)
    lines = [line.split() for line in await host.table("schedule show")]
    assert ["monday", "00:00–24:00"] in lines
    assert ["2030-12-24", "closed"] in lines
    head, line = await host.table("schedule list")
    assert head.split() == ["id", "name", "default", "timezone"]
    assert line.split() == [listed["id"], "Working", "hours", "yes", "UTC"]
    document = {"name": "Office", "weekly": {"friday": ALL_DAY}}
    changed = await host.ask("schedule set", "--id", listed["id"], "--file", "-", document=document)
    assert (changed["name"], changed["weekly"]["monday"]) == ("Office", [])
    assert changed["overrides"] == shown["overrides"]
    assert await host.refused("schedule show", "--id", NOBODY) == "Schedule not found"


async def test_time_off_is_added_listed_and_removed(host: Host) -> None:
    """Between two dates or two instants."""
    name = ("--name", "Summer holidays of the whole family in the mountains")
    made = await host.ask("time-off add", "--from", "2030-08-01", "--to", "2030-08-14", *name)
    assert (made["from"], made["to"]) == ("2030-08-01", "2030-08-14")
    instants = ("--from", "2030-01-01T10:00:00Z", "--to", "2030-01-01T12:00:00Z")
    exact = await host.ask("time-off add", *instants, "--name", "Dentist")
    listed = await host.ask("time-off list")
    assert listed["data"] == [exact, made]
    lines = await host.table("time-off list")
    assert f"{exact['id']}  2030-01-01 10:00Z  2030-01-01 12:00Z" in lines[1]
    await host.ask("time-off remove", "--id", made["id"], "--yes")
    assert (await host.ask("time-off list"))["data"] == [exact]
    backwards = ("--from", "2030-08-14", "--to", "2030-08-01")
    assert await host.refused("time-off add", *backwards, *name) == "Invalid request data"


async def test_holidays_are_shown_set_and_cleared(host: Host) -> None:
    """Of two years; a name that is switched off is not enabled."""
    none = {"country": None, "region": None, "disabled": [], "days": []}
    assert await host.ask("holidays show") == none
    place = ("--country", "DE", "--region", "BE")
    changed = await host.ask("holidays set", *place, "--disable", "Good Friday")
    assert (changed["country"], changed["region"]) == ("DE", "BE")
    assert await host.ask("holidays show") == changed
    (head, *lines) = await host.table("holidays show")
    assert head.split() == ["date", "name", "enabled"]
    assert {line.split()[-1] for line in lines if "Good Friday" in line} == {"no"}
    assert len(lines) == len(changed["days"])
    refusal = await host.refusal("holidays set", "--country", "DE", "--region", "XX")
    assert (refusal["code"], list(refusal["details"])) == ("invalid_request", ["region"])
    assert await host.ask("holidays clear") == none


async def test_refusals_have_the_code_of_the_api(host: Host) -> None:
    """And the other fields of the answer: free starts in place of a taken one."""
    await open_host(host)
    day = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=2)
    taken = day + timedelta(hours=1)
    await host.book(taken)
    one = ("--id", await host.book(day))
    refusal = await host.refusal("booking move", *one, "--start", taken.isoformat())
    assert refusal.pop("error") == "This time is already taken"
    assert refusal.pop("code") == "slot_taken"
    assert len(refusal["nearest"]) == 5
    assert (await host.refusal("booking show", "--id", NOBODY))["code"] == "booking_not_found"
    host.email = "nobody@example.com"
    assert (await host.refusal("booking list"))["code"] == "user_not_found"


async def test_bookings_are_listed_moved_and_cancelled(host: Host) -> None:
    """In the host's name, as its history says."""
    await open_host(host)
    start = (datetime.now(UTC) + timedelta(days=2)).replace(
        hour=9, minute=0, second=0, microsecond=0
    )
    one = ("--id", await host.book(start))
    day = str(start.date())
    (listed,) = (await host.ask("booking list", "--from", day, "--to", day))["data"]
    assert listed["id"] == one[1]
    before = str((start - timedelta(days=1)).date())
    assert (await host.ask("booking list", "--to", before))["data"] == []
    later = start + timedelta(hours=3)
    moved = await host.ask("booking move", *one, "--start", later.isoformat(), "--reason", "Late")
    assert datetime.fromisoformat(moved["startTime"]) == later
    cancelled = await host.ask("booking cancel", *one, "--yes", "--reason", "Ill")
    assert (await host.ask("booking show", *one))["history"] == cancelled["history"]
    assert (cancelled["status"], cancelled["cancellationReason"]) == ("CANCELLED", "Ill")
    changes = [(line["type"], line["by"]) for line in cancelled["history"]]
    assert changes == [("created", "host"), ("rescheduled", "host"), ("cancelled", "host")]
    confirmed = await host.ask("booking list", "--status", "confirmed")
    assert confirmed["pagination"]["total"] == 0
    _head, line = await host.table("booking list")
    assert f"{one[1]}  {later:%Y-%m-%d %H:%M}Z" in line
    assert "already" in await host.refused("booking cancel", *one, "--yes")
    assert await host.refused("booking show", "--id", NOBODY) == "Booking not found"


async def test_contacts_are_found_and_deleted(host: Host) -> None:
    """One host's commands do not reach another's contacts."""
    await open_host(host)
    await host.book(datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(2))

    async def contacts() -> Any:
        return (await host.ask("contact list", "--search", "mustermann"))["data"]

    (found,) = await eventually(contacts, within=30, every=0.2)
    one = ("--id", found["id"])
    shown = await host.ask("contact show", *one)
    assert {name: shown[name] for name in found} == found
    assert shown.keys() - {"upcomingMeetings", "pastMeetings"} == set(contacts_commands.DETAIL)
    names = [line.split()[0] for line in await host.table("contact show", *one)]
    assert names == list(contacts_commands.DETAIL)
    names = [line.split()[0] for line in await host.table("contact export", *one)]
    assert names == list(contacts_commands.DETAIL)
    assert len(shown["upcomingMeetings"]) == 1
    lines = await host.table("contact list")
    assert lines[1].startswith(found["id"])
    other = Host(host.launcher, host.running, host.running["demo"]["email"], "")
    assert await other.refused("contact delete", *one, "--yes") == "Contact not found"
    await host.ask("contact delete", *one, "--yes")
    assert await host.refused("contact show", *one) == "Contact not found"


async def test_a_feed_is_revoked_once(host: Host) -> None:
    """Without an address the command fails, as with an API key that does not exist."""
    await host.ask("calendar feed create", "--yes")
    revoked = await host.ask("calendar feed revoke", "--yes")
    assert revoked == {"user": host.email, "revoked": True}
    assert await host.refusal("calendar feed revoke", "--yes") == {
        "error": f"{host.email} has no calendar feed: there is nothing to revoke.",
        "code": "calendar_feed_not_found",
    }


async def test_the_url_of_a_feed_is_read_from_standard_input(host: Host) -> None:
    """It is secret, and a command line is not."""
    feed = ("calendar", "connect", "--user", host.email, "--preset", "ics", "--json")
    url = "http://192.0.2.1:81/secret.ics"
    given = await host.launcher.command(*feed, "--url", url)
    read = await host.launcher.command(*feed, "--url-stdin", given=f"{url}\n".encode())
    assert read.refusal == given.refusal
    none = await host.launcher.command(*feed)
    assert none.refusal != given.refusal
