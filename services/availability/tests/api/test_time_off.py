"""Time off in the dashboard, and its effect on slots, bookings and explanations."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from linktime_availability.domain.schedule import Schedule, Window
from linktime_availability.domain.time_off import MOST_TIME_OFF
from linktime_common.contracts.internal_api.availability import RefusedReservation, Reservation
from linktime_common.identity import CallerKind
from linktime_common.ids import new_id
from linktime_local.testing.services import Running

from .dashboard import dashboard
from .slot_lists import slots

PATH = "time-off"
SUMMER = {"from": "2026-08-03", "to": "2026-08-14", "name": "Summer"}
INSTANTS = {
    "from": "2026-08-03T10:00:00.000Z",
    "to": "2026-08-03T11:30:00.000Z",
    "name": "Dentist",
}
DAY = timedelta(days=1)


async def added(service: Running, host_id: Any, body: dict[str, str]) -> dict[str, Any]:
    status, answer = await dashboard(service, host_id, "POST", PATH, body)
    assert status == 201, answer
    assert {name: answer[name] for name in body} == body
    found: dict[str, Any] = answer
    return found


async def listed(service: Running, host_id: Any) -> list[dict[str, Any]]:
    status, body = await dashboard(service, host_id, "GET", PATH)
    assert status == 200
    assert body["pagination"]["total"] == len(body["data"])
    found: list[dict[str, Any]] = body["data"]
    return found


async def test_add_list_change_remove(world: Any, service: Running) -> None:
    """Earliest first, also with the API key; an answer can be sent back."""
    host, other = await world.host(), await world.host()
    dentist = await added(service, host.id, INSTANTS)
    summer = await added(service, host.id, SUMMER)
    assert await listed(service, host.id) == [summer, dentist]
    assert await listed(service, other.id) == []
    async with service.session.get(
        f"{service.url}/api/v1/time-off",
        headers=service.identity(CallerKind.API_KEY, subject=host.id),
    ) as response:
        assert (await response.json())["data"] == [summer, dentist]
    path = f"{PATH}/{dentist['id']}"
    later = {"to": "2026-08-03T12:00:00.000Z"}
    changed = dentist | later
    assert await dashboard(service, host.id, "PATCH", path, later) == (200, changed)
    assert await dashboard(service, host.id, "PATCH", path, changed) == (200, changed)
    as_dates = {"from": "2026-08-01", "to": "2026-08-01"}
    dates = changed | as_dates
    assert await dashboard(service, host.id, "PATCH", path, as_dates) == (200, dates)
    assert await listed(service, host.id) == [dates, summer]
    assert (await dashboard(service, host.id, "DELETE", path))[0] == 200
    assert await listed(service, host.id) == [summer]


async def test_not_found(world: Any, service: Running) -> None:
    """Unknown, malformed, removed, or another host's."""
    host, other = await world.host(), await world.host()
    one = await added(service, host.id, SUMMER)
    for host_id, id_ in ((host.id, new_id()), (host.id, "x"), (other.id, one["id"])):
        for method in ("PATCH", "DELETE"):
            answer = await dashboard(service, host_id, method, f"{PATH}/{id_}", {})
            assert answer == (404, {"error": "Time off not found", "code": "time_off_not_found"})
    status, body = await dashboard(service, new_id(), "POST", PATH, SUMMER)
    assert (status, body) == (404, {"error": "Host not found", "code": "host_not_found"})


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("to", {"to": "2026-08-02"}),
        ("to", {"to": "2026-08-14T10:00:00Z"}),
        ("to", {"from": INSTANTS["from"]}),
        ("to", {"from": INSTANTS["from"], "to": INSTANTS["from"]}),
        ("from", {"from": "2026-8-3"}),
        ("from", {"from": "2026-08-03T10:00:00"}),
        ("from", {"from": "0001-01-01"}),
        ("from", {"from": 1}),
        ("to", {"to": None}),
        ("name", {"name": " "}),
        ("name", {"name": "a\nb"}),
        ("name", {"name": "a" * 201}),
        ("reason", {"reason": "ill"}),
    ],
)
async def test_invalid_field(
    world: Any, service: Running, field: str, body: dict[str, Any]
) -> None:
    """400, also in a change; nothing is stored."""
    host = await world.host()
    one = await added(service, host.id, SUMMER)
    for method, path, sent in (
        ("POST", PATH, SUMMER | body),
        ("PATCH", f"{PATH}/{one['id']}", body),
    ):
        status, answer = await dashboard(service, host.id, method, path, sent)
        assert (status, list(answer["details"])) == (400, [field]), answer
    assert await listed(service, host.id) == [one]


async def test_most_entries(world: Any, service: Running) -> None:
    """200; one more is 409, and is possible after another is removed."""
    host = await world.host()
    async with world.database.connection() as connection:
        await connection.execute(
            "INSERT INTO time_off (id, host_id, name, first_date, last_date)"
            " SELECT gen_random_uuid(), $1, 'Off', '2030-01-01', '2030-01-01'"
            " FROM generate_series(1, $2)",
            host.id,
            MOST_TIME_OFF - 1,
        )
    last = await added(service, host.id, SUMMER)
    status, body = await dashboard(service, host.id, "POST", PATH, SUMMER)
    assert (status, body["error"].startswith("There are 200 entries")) == (409, True)
    await dashboard(service, host.id, "DELETE", f"{PATH}/{last['id']}")
    await added(service, host.id, SUMMER)


async def test_repeated_with_the_same_key(world: Any, service: Running) -> None:
    """It is added once."""
    host = await world.host()
    first = await dashboard(service, host.id, "POST", PATH, SUMMER, key="k")
    assert await dashboard(service, host.id, "POST", PATH, SUMMER, key="k") == first
    assert await listed(service, host.id) == [first[1]]


async def test_blocks_slots_and_bookings(world: Any, service: Running, tomorrow: datetime) -> None:
    """Dates are those of the schedule's zone, and an instant blocks the slots that it overlaps."""
    zone = "Pacific/Auckland"
    weekly = dict.fromkeys(range(7), (Window(540, 720),))
    host = await world.host(schedule=Schedule(zone, weekly))
    event_type = await world.event_type(host.id)
    world.clock.instant = tomorrow
    day = (tomorrow + 3 * DAY).date()
    query = {"timezone": zone, "startDate": str(day), "endDate": str(day + 2 * DAY)}

    async def starts() -> list[tuple[str, str]]:
        status, body = await slots(service, host.id, event_type.slug, **query)
        assert status == 200
        return [(row["date"], row["time"]) for row in body["data"]]

    before = await starts()
    assert len(before) == 18
    _, body = await slots(service, host.id, event_type.slug, **query)
    third = {row["time"]: row["startTime"] for row in body["data"] if row["date"] > str(day + DAY)}
    booked = await world.held(event_type, datetime.fromisoformat(third["09:00"]))
    await added(service, host.id, {"from": str(day), "to": str(day + DAY), "name": "Off"})
    just_after = third["10:30"].replace(":00.000Z", ":00.001Z")
    minutes = {"from": third["10:00"], "to": just_after, "name": "Dentist"}
    await added(service, host.id, minutes)
    last = str(day + 2 * DAY)
    assert await starts() == [(last, clock) for clock in ("09:30", "11:00", "11:30")]
    refused = await world.reserve(event_type, datetime.fromisoformat(third["10:00"]))
    assert isinstance(refused, RefusedReservation)
    assert refused.rule == "time_off"
    kept = await world.reserve(
        event_type,
        datetime.fromisoformat(third["09:30"]),
        booking_id=booked.booking_id,
        reschedule_minutes=30,
    )
    assert isinstance(kept, Reservation)
    status, explained = await dashboard(
        service, host.id, "GET", f"availability/{event_type.slug}/explain", date=str(day)
    )
    assert status == 200
    assert {row["rule"] for row in explained["data"]} == {"time_off"}
