"""Commands for event types and schedules."""

import codecs
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from libs.operator.tests.launched import Launcher
from libs.operator.tests.users import new_key, new_user

from linktime_common.json_input import TOO_DEEP

MONDAYS = {"timezone": "UTC", "weekly": {"monday": [["09:00", "10:00"]]}, "overrides": {}}
EVENT_TYPE = {"name": "Chat", "slug": "chat", "durationMinutes": 30, "minimumNoticeMinutes": 0}


async def slots(running: dict[str, Any], key: str, slug: str) -> list[str]:
    """Return the wall times of the next week's free slots."""
    first = (datetime.now(UTC) + timedelta(days=1)).date()
    query = f"timezone=UTC&startDate={first}&endDate={first + timedelta(days=6)}"
    async with (
        aiohttp.ClientSession() as session,
        session.get(
            f"{running['gateway']}/api/v1/availability/{slug}?{query}",
            headers={"Authorization": f"Bearer {key}"},
        ) as response,
    ):
        answer = await response.json()
        assert response.status == 200, answer
        return [slot["time"] for slot in answer["data"]]


async def test_an_event_type_and_hours_count_at_once(
    launcher: Launcher, running: dict[str, Any], tmp_path: Path
) -> None:
    """From a file, also with a byte order mark, or from standard input; the slots show both."""
    user = await new_user(running)
    key = (await new_key(running, user)).key
    file = tmp_path / "chat.json"
    file.write_bytes(codecs.BOM_UTF8 + json.dumps(EVENT_TYPE).encode())
    made = await launcher.command(
        "event-type", "create", "--user", user.email, "--file", str(file), "--json"
    )
    assert set(made.json) == {"id", "slug"}
    hours = await launcher.command(
        "schedule",
        "set",
        "--user",
        user.email,
        "--file",
        "-",
        "--json",
        given=json.dumps(MONDAYS).encode(),
    )
    assert hours.status == 0, hours.error
    assert await slots(running, key, "chat") == ["09:00", "09:30"]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b"{", "The document is not JSON"),
        (b'"\xff"', "The document is not UTF-8"),
        (b"[]", "must be a JSON object"),
        (b'{"a":' * 300 + b"1" + b"}" * 300, f"{TOO_DEEP}."),
        (b'{"a":' * 1_000 + b"1" + b"}" * 1_000, f"{TOO_DEEP}."),
        (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, f"{TOO_DEEP}."),
        (b'{"a":' + b"[" * 32 + b"]" * 32 + b"}", f"{TOO_DEEP}."),
        (b'{"name": "X", "slug": "x", "durationMinutes": 1}', "Invalid request data"),
    ],
)
async def test_a_wrong_document_is_refused_in_words(
    launcher: Launcher, running: dict[str, Any], document: bytes, said: str
) -> None:
    """By the command or by the service."""
    demo = running["demo"]["email"]
    refused = await launcher.command(
        "event-type", "create", "--user", demo, "--file", "-", "--json", given=document
    )
    assert said in refused.refusal["error"]
    is_read = document == b"[]" or said == "Invalid request data"
    assert refused.refusal["code"] == ("invalid_request" if is_read else "malformed_body")


async def test_a_schedule_is_added_and_deleted(launcher: Launcher, running: dict[str, Any]) -> None:
    """One that is used is refused with the reason."""
    of_user = ("--user", (await new_user(running)).email)
    document = json.dumps(MONDAYS | {"name": "Evenings"}).encode()
    adding = ("schedule", "add", *of_user, "--file", "-", "--json")
    made = await launcher.command(*adding, given=document)
    assert (made.json["name"], made.json["default"]) == ("Evenings", False)
    deleting = ("schedule", "delete", *of_user, "--id")
    deleted = await launcher.command(*deleting, made.json["id"], "--json")
    assert deleted.json == {"id": made.json["id"], "deleted": True}
    (left,) = (await launcher.command("schedule", "list", *of_user, "--json")).json
    refused = await launcher.command(*deleting, left["id"], "--json")
    assert refused.refusal["code"] == "default_schedule_required"


async def test_explain(launcher: Launcher, running: dict[str, Any], tmp_path: Path) -> None:
    """A date as a table, one instant as JSON, and a wrong date as a sentence."""
    user = await new_user(running)
    file = tmp_path / "chat.json"
    file.write_text(json.dumps(EVENT_TYPE | {"maxDaysInAdvance": 30}))
    of_user = ("--user", user.email)
    await launcher.command("event-type", "create", *of_user, "--file", str(file))
    await launcher.command(
        "schedule", "set", *of_user, "--file", "-", given=json.dumps(MONDAYS).encode()
    )
    today = datetime.now(UTC).date()
    monday = today + timedelta(days=7 - today.weekday())
    explain = ("explain", *of_user, "--slug", "chat")
    table = await launcher.command(*explain, "--date", str(monday))
    assert [line.split() for line in table.output.splitlines()] == [
        ["date", "time", "rule", "cause", "which"],
        [str(monday), "09:00", "free", "–", "–"],
        [str(monday), "09:30", "free", "–", "–"],
    ]
    closed = await launcher.command(*explain, "--date", str(monday + timedelta(days=1)))
    assert "outside_hours" in closed.output
    one = await launcher.command(*explain, "--at", f"{monday}T09:07:00Z", "--json")
    assert [row["rule"] for row in one.json["data"]] == ["not_on_grid"]
    wrong = await launcher.command(*explain, "--date", "tomorrow")
    assert (wrong.status, "date" in wrong.error) == (1, True)
