"""Several schedules of a host: one is the default, and each event type can choose one."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from linktime_availability.domain.schedule import MOST_SCHEDULES, Schedule, Window
from linktime_common.identity import CallerKind
from linktime_common.ids import new_id
from linktime_local.testing.services import Running

from .dashboard import dashboard
from .hours import HOURS, WEEK
from .slot_lists import slots

PATH = "schedules"
MORNING, EVENING = [["09:00", "10:00"]], [["20:00", "21:00"]]
NOT_FOUND = (404, {"error": "Schedule not found", "code": "schedule_not_found"})
EVENINGS = {"name": "Evenings", "timezone": "UTC", "weekly": dict.fromkeys(WEEK, EVENING)}


@pytest.fixture
async def host(world: Any) -> Any:
    """Open from nine to ten by the default schedule."""
    hours = dict.fromkeys(range(7), (Window(540, 600),))
    return await world.host(schedule=Schedule("UTC", hours))


async def listed(service: Running, host_id: Any) -> list[dict[str, Any]]:
    """Return all schedules in the order of the list, whose items have no overrides."""
    status, body = await dashboard(service, host_id, "GET", PATH)
    assert status == 200
    assert body["pagination"]["total"] == len(body["data"])
    found = []
    for item in body["data"]:
        status, detail = await dashboard(service, host_id, "GET", f"{PATH}/{item['id']}")
        assert (status, detail) == (200, item | {"overrides": detail["overrides"]})
        found.append(detail)
    return found


async def added(service: Running, host_id: Any, **changes: Any) -> dict[str, Any]:
    status, body = await dashboard(service, host_id, "POST", PATH, EVENINGS | changes)
    assert status == 201, body
    made: dict[str, Any] = body
    return made


async def choose(service: Running, event_type: Any, schedule_id: Any) -> dict[str, Any]:
    path, body = f"event-types/{event_type.id}", {"scheduleId": schedule_id}
    status, answer = await dashboard(service, event_type.host_id, "PATCH", path, body)
    assert status == 200, answer
    changed: dict[str, Any] = answer
    return changed


async def first_time(service: Running, event_type: Any, day: date) -> str | None:
    """Return the wall time of the first free slot of a date in UTC."""
    status, body = await slots(
        service,
        event_type.host_id,
        event_type.slug,
        timezone="UTC",
        startDate=str(day),
        endDate=str(day),
    )
    assert status == 200, body
    return body["data"][0]["time"] if body["data"] else None


async def test_add_read_change_delete(service: Running, host: Any) -> None:
    """The answers are those of a read; a read one can be sent back."""
    (default,) = await listed(service, host.id)
    assert (default["name"], default["default"]) == ("Working hours", True)
    assert default["weekly"]["monday"] == MORNING
    made = await added(service, host.id, overrides={"2026-12-24": []})
    assert (made["default"], made["overrides"]) == (False, {"2026-12-24": []})
    one = f"{PATH}/{made['id']}"
    assert await dashboard(service, host.id, "GET", one) == (200, made)
    assert await dashboard(service, host.id, "PUT", one, made) == (200, made)
    assert await listed(service, host.id) == [default, made]
    changed = await dashboard(service, host.id, "PATCH", one, {"name": "Late"})
    assert changed == (200, made | {"name": "Late"})
    assert await dashboard(service, host.id, "DELETE", one) == (200, {"success": True})
    assert await dashboard(service, host.id, "GET", one) == NOT_FOUND
    assert await listed(service, host.id) == [default]


async def test_event_type_uses_its_schedule(
    world: Any, service: Running, host: Any, tomorrow: datetime
) -> None:
    """Slots, explanations and reservations; another event type stays with the default one."""
    chosen, other = await world.event_type(host.id), await world.event_type(host.id)
    made = await added(service, host.id)
    detail = await choose(service, chosen, made["id"])
    assert (detail["scheduleId"], detail["schedule"]["weekly"]["monday"]) == (made["id"], EVENING)
    assert detail["schedule"].keys() == {"timezone", "weekly", "overrides"}
    day = tomorrow.date()
    assert await first_time(service, chosen, day) == "20:00"
    assert await first_time(service, other, day) == "09:00"
    path = f"availability/{chosen.slug}/explain"
    _, explained = await dashboard(service, host.id, "GET", path, date=str(day))
    assert [row["time"] for row in explained["data"]] == ["20:00", "20:30"]
    world.clock.instant = tomorrow - timedelta(hours=4)
    held = await world.held(chosen, tomorrow.replace(hour=20))
    refused = await world.reserve(chosen, tomorrow.replace(hour=9))
    assert refused.rule == "outside_hours"
    moved = {"booking_id": held.booking_id, "reschedule_minutes": 30}
    await world.held(chosen, tomorrow.replace(hour=20, minute=30), **moved)
    assert (await world.reserve(chosen, tomorrow.replace(hour=9), **moved)).rule == "outside_hours"
    days = {"startDate": str(day), "endDate": str(day), "bookingId": str(held.booking_id)}
    _, free = await slots(service, host.id, chosen.slug, timezone="UTC", **days)
    assert [row["time"] for row in free["data"]] == ["20:00", "20:30"]


async def test_overrides_belong_to_a_schedule(
    world: Any, service: Running, host: Any, tomorrow: datetime
) -> None:
    """The default one's do not count for the others, nor the other way round."""
    chosen, other = await world.event_type(host.id), await world.event_type(host.id)
    day = tomorrow.date()
    later = day + timedelta(days=1)
    made = await added(service, host.id, overrides={str(later): []})
    await choose(service, chosen, made["id"])
    await dashboard(service, host.id, "PUT", f"schedule/overrides/{day}", {"windows": []})
    assert await first_time(service, chosen, day) == "20:00"
    assert await first_time(service, other, day) is None
    assert await first_time(service, chosen, later) is None
    assert await first_time(service, other, later) == "09:00"


async def test_another_default(world: Any, service: Running, host: Any, tomorrow: datetime) -> None:
    """Event types without a schedule follow; those that name the former default keep it."""
    follows, keeps = await world.event_type(host.id), await world.event_type(host.id)
    (before,) = await listed(service, host.id)
    await choose(service, keeps, before["id"])
    await dashboard(service, host.id, "PUT", "schedule/overrides/2030-01-01", {"windows": []})
    made = await added(service, host.id)
    body = {"default": True}
    status, changed = await dashboard(service, host.id, "PATCH", f"{PATH}/{made['id']}", body)
    assert (status, changed) == (200, made | body)
    former = before | {"default": False, "overrides": {"2030-01-01": []}}
    assert await listed(service, host.id) == [changed, former]
    _, hours = await dashboard(service, host.id, "GET", "schedule")
    assert hours == {name: made[name] for name in ("timezone", "weekly", "overrides")}
    day = tomorrow.date()
    assert await first_time(service, follows, day) == "20:00"
    assert await first_time(service, keeps, day) == "09:00"
    again = await dashboard(service, host.id, "PATCH", f"{PATH}/{before['id']}", body)
    assert again == (200, former | body)
    assert await listed(service, host.id) == [former | body, made]
    third = await added(service, host.id, name="Third", default=True)
    assert [one["default"] for one in await listed(service, host.id)] == [True, False, False]
    assert (await dashboard(service, host.id, "GET", f"{PATH}/{third['id']}")) == (200, third)


async def test_default_stays_with_old_route(service: Running, host: Any) -> None:
    """PUT of the schedule replaces the default one's hours, not its name and id."""
    (before,) = await listed(service, host.id)
    status, _ = await dashboard(service, host.id, "PUT", "schedule", HOURS)
    assert status == 200
    (after,) = await listed(service, host.id)
    assert (after["id"], after["name"]) == (before["id"], before["name"])
    assert after["timezone"] == HOURS["timezone"]


async def test_a_schedule_in_use_is_not_deleted(world: Any, service: Running, host: Any) -> None:
    """409 names the event types, archived ones too; the default one is never deleted."""
    event_type = await world.event_type(host.id, name="Chat", active=False)
    made = await added(service, host.id)
    await choose(service, event_type, made["id"])
    status, body = await dashboard(service, host.id, "DELETE", f"{PATH}/{made['id']}")
    assert (status, body["code"]) == (409, "schedule_in_use")
    assert body["eventTypes"] == [{"id": str(event_type.id), "name": "Chat"}]
    assert (await choose(service, event_type, None))["scheduleId"] is None
    assert (await dashboard(service, host.id, "DELETE", f"{PATH}/{made['id']}"))[0] == 200
    (default,) = await listed(service, host.id)
    one = f"{PATH}/{default['id']}"
    for method, sent in (("DELETE", None), ("PATCH", {"default": False})):
        status, body = await dashboard(service, host.id, method, one, sent)
        assert (status, body["code"]) == (409, "default_schedule_required")


async def test_choosing_and_deleting_at_once(world: Any, service: Running, host: Any) -> None:
    """Either the schedule is deleted, or an event type uses it; never both."""
    event_type = await world.event_type(host.id)
    for _ in range(5):
        made = await added(service, host.id)
        path = f"event-types/{event_type.id}"
        (chosen, _), (deleted, _) = await asyncio.gather(
            dashboard(service, host.id, "PATCH", path, {"scheduleId": made["id"]}),
            dashboard(service, host.id, "DELETE", f"{PATH}/{made['id']}"),
        )
        assert (chosen, deleted) in {(200, 409), (404, 200)}
        await choose(service, event_type, None)


async def test_several_become_the_default_at_once(service: Running, host: Any) -> None:
    """One is the default afterwards, and none is lost."""
    made = [await added(service, host.id, name=f"Number {number}") for number in range(3)]
    body = {"default": True}
    changing = [dashboard(service, host.id, "PATCH", f"{PATH}/{one['id']}", body) for one in made]
    adding = added(service, host.id, name="Fourth", default=True)
    await asyncio.gather(*changing, adding)
    found = await listed(service, host.id)
    assert [one["default"] for one in found] == [True, False, False, False, False]
    assert len({one["id"] for one in found}) == 5


async def test_schedules_come_in_pages(service: Running, host: Any) -> None:
    """With the number of all."""
    made = await added(service, host.id)
    _, body = await dashboard(service, host.id, "GET", PATH, page=2, limit=1)
    assert body["data"] == [{name: made[name] for name in made if name != "overrides"}]
    assert body["pagination"] == {"page": 2, "limit": 1, "total": 2, "totalPages": 2}


async def test_another_host(world: Any, service: Running, host: Any) -> None:
    """Its schedules are not found, and cannot be chosen."""
    made, other = await added(service, host.id), await world.host()
    event_type = await world.event_type(other.id)
    one = f"{PATH}/{made['id']}"
    for method, body in (("GET", None), ("PATCH", {"name": "Mine"}), ("DELETE", None)):
        assert await dashboard(service, other.id, method, one, body) == NOT_FOUND
    chosen = {"scheduleId": made["id"]}
    path = f"event-types/{event_type.id}"
    assert await dashboard(service, other.id, "PATCH", path, chosen) == NOT_FOUND
    body = {"name": "Chat", "durationMinutes": 30, **chosen}
    assert await dashboard(service, other.id, "POST", "event-types", body) == NOT_FOUND
    assert await dashboard(service, host.id, "GET", one) == (200, made)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("name", {"name": " "}),
        ("timezone", {"timezone": "Mars/Olympus"}),
        ("weekly.monday", {"weekly": {"monday": [["9:00", "10:00"]]}}),
        ("default", {"default": 1}),
        ("extra", {"extra": 1}),
    ],
)
async def test_invalid(service: Running, host: Any, field: str, change: dict[str, Any]) -> None:
    """400 with the field, for a new and for an existing one; nothing changes."""
    made = await added(service, host.id)
    before = await listed(service, host.id)
    for method, path, body in (
        ("POST", PATH, EVENINGS | change),
        ("PATCH", f"{PATH}/{made['id']}", change),
    ):
        status, answer = await dashboard(service, host.id, method, path, body)
        assert (status, list(answer["details"])) == (400, [field])
    assert await listed(service, host.id) == before


async def test_most_schedules(service: Running, host: Any) -> None:
    """One more is 409."""
    for _ in range(MOST_SCHEDULES - 1):
        await added(service, host.id)
    status, body = await dashboard(service, host.id, "POST", PATH, EVENINGS)
    assert (status, body["code"]) == (409, "too_many_schedules")
    assert len(await listed(service, host.id)) == MOST_SCHEDULES


async def test_with_a_key(service: Running, host: Any) -> None:
    """Schedules can be read, as in the dashboard; a host that does not exist is 404."""
    made = await added(service, host.id)
    for path in (PATH, f"{PATH}/{made['id']}"):
        async with service.session.get(
            f"{service.url}/api/v1/{path}",
            headers=service.identity(CallerKind.API_KEY, subject=host.id),
        ) as response:
            assert response.status == 200
            found = await response.json()
        assert (200, found) == await dashboard(service, host.id, "GET", path)
    assert (await dashboard(service, new_id(), "GET", PATH))[0] == 404
