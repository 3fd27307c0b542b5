"""Working hours in the dashboard: schedules and calendar overrides."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from linktime_availability.domain.schedule import MOST_OVERRIDES
from linktime_common.contracts.internal_api.scim import DirectoryUser
from linktime_common.ids import new_id
from linktime_local.testing.services import Running

from .dashboard import dashboard
from .hours import HOURS, WEEK

PATH = "schedule"
FULL = range(0, 1000, 10)  # minutes of a hundred windows
DAY = f"{PATH}/overrides/2026-12-24"
MORNING = [["09:00", "12:00"]]
NO_HOST = (404, {"error": "Host not found", "code": "host_not_found"})


async def overrides(service: Running, host_id: Any) -> dict[str, Any]:
    status, body = await dashboard(service, host_id, "GET", PATH)
    assert status == 200
    found: dict[str, Any] = body["overrides"]
    return found


async def test_default_schedule(world: Any, service: Running) -> None:
    """Nine to five in the user's zone, also for a user missing in the projection."""
    user = world.user(timezone="Asia/Kathmandu")
    world.directory.users[user.id] = DirectoryUser(user=user, version=1)
    status, body = await dashboard(service, user.id, "GET", PATH)
    assert status == 200
    assert body == {
        "timezone": "Asia/Kathmandu",
        "weekly": {
            day: [] if day in {"saturday", "sunday"} else [["09:00", "17:00"]] for day in WEEK
        },
        "overrides": {},
    }
    assert await dashboard(service, new_id(), "GET", PATH) == NO_HOST


async def test_replace(world: Any, service: Running) -> None:
    """The response equals that of a read, and can be sent again."""
    host, other = await world.host(), await world.host()
    before = await dashboard(service, other.id, "GET", PATH)
    await dashboard(service, host.id, "PUT", f"{PATH}/overrides/2026-01-01", {"windows": []})
    status, body = await dashboard(service, host.id, "PUT", PATH, HOURS)
    assert status == 200
    assert body["timezone"] == "Europe/Berlin"
    assert body["weekly"]["monday"] == [["09:00", "12:00"], ["13:00", "24:00"]]
    assert body["weekly"]["sunday"] == []
    assert body["overrides"] == {"2026-03-01": [["10:00", "11:00"]], "2026-12-24": []}
    assert await dashboard(service, host.id, "GET", PATH) == (200, body)
    assert await dashboard(service, host.id, "PUT", PATH, body) == (200, body)
    assert await dashboard(service, other.id, "GET", PATH) == before
    assert await dashboard(service, new_id(), "PUT", PATH, HOURS) == NO_HOST


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("timezone", {"timezone": "Mars/Olympus"}),
        ("weekly", {"weekly": None}),
        ("weekly.funday", {"weekly": {"funday": []}}),
        ("weekly.monday", {"weekly": {"monday": [["9:00", "10:00"]]}}),
        ("overrides.2026-02-30", {"overrides": {"2026-02-30": []}}),
        ("overrides.2026-03-01", {"overrides": {"2026-03-01": [["10:00", "25:00"]]}}),
        ("extra", {"extra": 1}),
    ],
)
async def test_invalid_schedule(
    world: Any, service: Running, field: str, change: dict[str, Any]
) -> None:
    """400 with the field; nothing changes."""
    host = await world.host()
    before = await dashboard(service, host.id, "GET", PATH)
    status, body = await dashboard(service, host.id, "PUT", PATH, HOURS | change)
    assert (status, list(body["details"])) == (400, [field])
    assert await dashboard(service, host.id, "GET", PATH) == before


async def test_put_and_delete_override(world: Any, service: Running) -> None:
    """Other hours, closed, then the weekday's again; other dates stay."""
    host = await world.host()
    other_day = f"{PATH}/overrides/2026-12-31"
    await dashboard(service, host.id, "PUT", other_day, {"windows": []})
    windows = [["13:00", "15:00"], *MORNING]
    status, body = await dashboard(service, host.id, "PUT", DAY, {"windows": windows})
    assert status == 200
    assert body == {"date": "2026-12-24", "windows": [*MORNING, ["13:00", "15:00"]]}
    assert await overrides(service, host.id) == {
        "2026-12-24": body["windows"],
        "2026-12-31": [],
    }
    status, body = await dashboard(service, host.id, "PUT", DAY, {"windows": []})
    assert body == {"date": "2026-12-24", "windows": []}
    assert await dashboard(service, host.id, "DELETE", DAY) == (200, {"success": True})
    assert await overrides(service, host.id) == {"2026-12-31": []}


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("windows", {}),
        ("windows", {"windows": None}),
        ("windows", {"windows": "09:00-10:00"}),
        ("windows", {"windows": [["24:00", "10:00"]]}),
        ("windows", {"windows": [["09:00", "12:00"], ["11:00", "13:00"]]}),
        ("windows", {"windows": [["00:00", "00:01"]] * 101}),
        ("windows.0.1", {"windows": [["09:00"]]}),
        ("windows.0.0", {"windows": [[9, 10]]}),
        ("date", {"windows": [], "date": "2026-12-25"}),
        ("body", []),
    ],
)
async def test_invalid_override(world: Any, service: Running, field: str, body: Any) -> None:
    """400, and the date stays unchanged; closing a date needs an explicit empty list."""
    host = await world.host()
    status, answer = await dashboard(service, host.id, "PUT", DAY, body)
    assert status == 400
    assert field in answer["details"]
    assert await overrides(service, host.id) == {}


@pytest.mark.parametrize("day", ["2026-02-30", "2026-1-1", "today", "%00", "20261224", "0"])
async def test_path_is_not_a_date(world: Any, service: Running, day: str) -> None:
    """404 with the format of a date."""
    host = await world.host()
    for method, body in (("PUT", {"windows": []}), ("DELETE", None)):
        status, answer = await dashboard(service, host.id, method, f"{PATH}/overrides/{day}", body)
        assert status == 404
        assert "2026-03-01" in answer["error"]


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
async def test_date_out_of_range(world: Any, service: Running, day: str) -> None:
    """The first and last date of the calendar are refused; their neighbours are stored."""
    host = await world.host()
    path = f"{PATH}/overrides/{day}"
    assert (await dashboard(service, host.id, "PUT", path, {"windows": []}))[0] == 404
    status, answer = await dashboard(
        service, host.id, "PUT", PATH, HOURS | {"overrides": {day: []}}
    )
    assert (status, answer["details"]) == (400, {f"overrides.{day}": "The date is out of range"})
    kept = {"0001-01-02": [], "9999-12-30": MORNING}
    for near, windows in kept.items():
        path = f"{PATH}/overrides/{near}"
        assert (await dashboard(service, host.id, "PUT", path, {"windows": windows}))[0] == 200
    assert await overrides(service, host.id) == kept


async def test_delete_missing_override(world: Any, service: Running) -> None:
    """404, also for another host's override."""
    host, other = await world.host(), await world.host()
    await dashboard(service, host.id, "PUT", DAY, {"windows": MORNING})
    answer = (404, {"error": "This date has no override", "code": "override_not_found"})
    assert await dashboard(service, other.id, "DELETE", DAY) == answer
    assert await dashboard(service, new_id(), "DELETE", DAY) == answer
    assert await dashboard(service, new_id(), "PUT", DAY, {"windows": []}) == NO_HOST
    assert await overrides(service, host.id) == {"2026-12-24": MORNING}


async def test_override_limit(world: Any, service: Running) -> None:
    """Concurrent writes respect it; existing overrides can still be changed."""
    host = await world.host()
    first = date(2027, 1, 1)
    days = [str(first + timedelta(days=number)) for number in range(MOST_OVERRIDES + 3)]
    hours = HOURS | {"overrides": {day: [] for day in days[: MOST_OVERRIDES - 1]}}
    assert (await dashboard(service, host.id, "PUT", PATH, hours))[0] == 200
    answers = await asyncio.gather(
        *(
            dashboard(service, host.id, "PUT", f"{PATH}/overrides/{day}", {"windows": []})
            for day in days[MOST_OVERRIDES - 1 :]
        )
    )
    assert sorted(status for status, _ in answers) == [200, 409, 409, 409]
    assert len(await overrides(service, host.id)) == MOST_OVERRIDES
    path = f"{PATH}/overrides/{days[0]}"
    assert (await dashboard(service, host.id, "PUT", path, {"windows": MORNING}))[0] == 200
    hours["overrides"] = {day: [] for day in days[: MOST_OVERRIDES + 1]}
    status, body = await dashboard(service, host.id, "PUT", PATH, hours)
    assert (status, list(body["details"])) == (400, ["overrides"])


async def test_override_window_limit(world: Any, service: Running) -> None:
    """Every read of a schedule includes all windows, so their total is limited."""
    host = await world.host()
    days = [str(date(2027, 1, 1) + timedelta(days=number)) for number in range(101)]
    many = [[f"{at // 60:02}:{at % 60:02}", f"{at // 60:02}:{at % 60 + 5:02}"] for at in FULL]
    hours = HOURS | {"overrides": dict.fromkeys(days, many)}
    status, body = await dashboard(service, host.id, "PUT", PATH, hours)
    assert (status, body["details"]) == (
        400,
        {"overrides": "Must have at most 10000 windows in total"},
    )
    hours["overrides"] = dict.fromkeys(days[:100], many)
    assert (await dashboard(service, host.id, "PUT", PATH, hours))[0] == 200
    one_more, changed = (f"{PATH}/overrides/{day}" for day in (days[100], days[0]))
    for path, windows, wanted in (
        (one_more, MORNING, 409),
        (one_more, [], 200),
        (changed, MORNING, 200),
        (one_more, MORNING, 200),
    ):
        answer = await dashboard(service, host.id, "PUT", path, {"windows": windows})
        assert answer[0] == wanted, answer


async def test_repeated_write(world: Any, service: Running) -> None:
    """A repeat does not undo later changes; a repeated DELETE is not a 404."""
    host = await world.host()
    closed, morning = {"windows": []}, {"windows": MORNING}
    first = await dashboard(service, host.id, "PUT", DAY, closed, key="close")
    await dashboard(service, host.id, "PUT", DAY, morning)
    assert await dashboard(service, host.id, "PUT", DAY, closed, key="close") == first
    assert (await dashboard(service, host.id, "PUT", DAY, morning, key="close"))[0] == 422
    assert await overrides(service, host.id) == {"2026-12-24": MORNING}
    for _ in range(2):
        answer = await dashboard(service, host.id, "DELETE", DAY, key="drop")
        assert answer == (200, {"success": True})
    before = await dashboard(service, host.id, "PUT", PATH, HOURS, key="all")
    await dashboard(service, host.id, "DELETE", DAY)
    assert await dashboard(service, host.id, "PUT", PATH, HOURS, key="all") == before
    assert list(await overrides(service, host.id)) == ["2026-03-01"]
