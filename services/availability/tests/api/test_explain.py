"""Why a date's starts can or cannot be booked, over HTTP."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from linktime_availability.api.explain import ExplainedDate
from linktime_availability.domain.schedule import Schedule, Window
from linktime_common.ids import new_id
from linktime_local.testing.services import Running

from .dashboard import dashboard
from .slot_lists import slots

HOURS = (Window(540, 660),)  # 09:00 to 11:00


async def explain(service: Running, host_id: Any, slug: str, **query: Any) -> tuple[int, Any]:
    return await dashboard(service, host_id, "GET", f"availability/{slug}/explain", **query)


async def test_rules_of_starts(world: Any, service: Running, tomorrow: datetime) -> None:
    """Busy, within a buffer, outside the hours, and free."""
    schedule = Schedule("Asia/Kathmandu", dict.fromkeys(range(7), HOURS))
    host = await world.host(schedule=schedule)
    event_type = await world.event_type(host.id, slot_interval_minutes=15, buffer_after=15)
    world.clock.instant = datetime.now(UTC)
    day = tomorrow.date() + timedelta(days=2)
    taken = datetime(day.year, day.month, day.day, 3, 45, tzinfo=UTC)  # 09:30 in Kathmandu
    await world.held(event_type, taken)
    status, body = await explain(service, host.id, event_type.slug, date=str(day))
    assert status == 200
    assert ExplainedDate.model_validate(body).model_dump(mode="json") == body
    assert {name: body[name] for name in ("date", "timezone", "rule")} == {
        "date": str(day),
        "timezone": "Asia/Kathmandu",
        "rule": None,
    }
    assert body["eventType"]["slug"] == event_type.slug
    assert {(row["date"], row["time"]): row["rule"] for row in body["data"]} == {
        (str(day), time): rule
        for time, rule in (
            ("09:00", "buffer"),
            ("09:15", "busy"),
            ("09:30", "busy"),
            ("09:45", "busy"),
            ("10:00", "buffer"),
            ("10:15", None),
            ("10:30", None),
            ("10:45", "outside_hours"),
        )
    }
    (free,) = [row for row in body["data"] if row["time"] == "10:15"]
    assert free["startTime"] == f"{taken + timedelta(minutes=45):%Y-%m-%dT%H:%M}:00.000Z"
    assert free["endTime"] == f"{taken + timedelta(minutes=75):%Y-%m-%dT%H:%M}:00.000Z"


async def test_free_starts_equal_listed_slots(
    world: Any, service: Running, tomorrow: datetime
) -> None:
    """For a date in any zone."""
    host = await world.host(schedule=Schedule("Europe/Berlin", dict.fromkeys(range(7), HOURS)))
    event_type = await world.event_type(host.id, minimum_notice_minutes=24 * 60)
    for zone in ("Europe/Berlin", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu"):
        for number in range(3):
            day = str(tomorrow.date() + timedelta(days=number))
            _, body = await explain(service, host.id, event_type.slug, date=day, timezone=zone)
            free = [
                {name: value for name, value in row.items() if name not in {"rule", "cause"}}
                for row in body["data"]
                if row["rule"] is None
            ]
            _, listed = await slots(
                service, host.id, event_type.slug, timezone=zone, startDate=day, endDate=day
            )
            assert free == listed["data"]
            assert {row["date"] for row in body["data"]} == {day}


async def test_date_without_starts(world: Any, service: Running, tomorrow: datetime) -> None:
    """Closed by an override, or by the weekly hours."""
    day = tomorrow.date()
    weekly = {(day.weekday() + 1) % 7: HOURS, day.weekday(): HOURS}
    host = await world.host(schedule=Schedule("UTC", weekly, {day: ()}))
    event_type = await world.event_type(host.id)
    for closed in (day, day + timedelta(days=3)):
        _, body = await explain(service, host.id, event_type.slug, date=str(closed))
        assert (body["rule"], body["data"]) == ("outside_hours", [])
    opened = day + timedelta(days=1)
    _, body = await explain(service, host.id, event_type.slug, date=str(opened))
    assert (body["rule"], len(body["data"])) == (None, 4)


@pytest.mark.parametrize(
    ("day", "rule"),
    [
        (date(1970, 1, 1), "notice"),
        (date(2020, 2, 29), "notice"),
        (date(2999, 12, 31), "horizon"),
        (date(9998, 12, 31), "horizon"),
    ],
)
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
async def test_far_dates(world: Any, service: Running, day: date, rule: str, zone: str) -> None:
    """The past, and dates beyond every horizon; overrides there are applied."""
    schedule = Schedule("UTC", dict.fromkeys(range(7), HOURS))
    host = await world.host(schedule=schedule)
    event_type = await world.event_type(host.id)
    _, body = await explain(service, host.id, event_type.slug, date=str(day), timezone=zone)
    assert [row["rule"] for row in body["data"]] == [rule] * 4
    await dashboard(service, host.id, "PUT", f"schedule/overrides/{day}", {"windows": []})
    _, body = await explain(service, host.id, event_type.slug, date=str(day))
    assert (body["rule"], body["data"]) == ("outside_hours", [])


async def test_an_instant_keeps_its_milliseconds(
    world: Any, service: Running, tomorrow: datetime
) -> None:
    """The row used to show the second before, which can be free."""
    host = await world.host()
    event_type = await world.event_type(host.id)
    at = f"{tomorrow:%Y-%m-%dT%H}:00:00"
    status, body = await explain(service, host.id, event_type.slug, at=f"{at}.500Z")
    assert status == 200
    ((start, end, rule),) = [
        (row["startTime"], row["endTime"], row["rule"]) for row in body["data"]
    ]
    assert (start, end[-5:], rule) == (f"{at}.500Z", ".500Z", "not_on_grid")


async def test_archived_event_type(world: Any, service: Running, tomorrow: datetime) -> None:
    """Every start is `inactive`, also if the host is inactive."""
    day = str(tomorrow.date())
    host, inactive = await world.host(), await world.host(active=False)
    for event_type in (
        await world.event_type(host.id, active=False),
        await world.event_type(inactive.id),
    ):
        status, body = await explain(service, event_type.host_id, event_type.slug, date=day)
        assert status == 200
        assert {row["rule"] for row in body["data"]} == {"inactive"}


async def test_day_of_five_minute_steps(world: Any, service: Running, tomorrow: datetime) -> None:
    """288 starts, one of them taken."""
    host = await world.host()
    event_type = await world.event_type(host.id, duration_minutes=5, slot_interval_minutes=5)
    world.clock.instant = datetime.now(UTC)
    taken = tomorrow + timedelta(days=1)
    await world.held(event_type, taken)
    status, body = await explain(service, host.id, event_type.slug, date=str(taken.date()))
    assert (status, len(body["data"])) == (200, 288)
    removed = [(row["time"], row["rule"]) for row in body["data"] if row["rule"]]
    assert removed == [("12:00", "busy")]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "date"),
        ({"date": ""}, "date"),
        ({"date": "tomorrow"}, "date"),
        ({"date": "2026-02-30"}, "date"),
        ({"date": "2026-03-01T09:00:00Z"}, "date"),
        ({"date": "1969-12-31"}, "date"),
        ({"date": "0001-01-01"}, "date"),
        ({"date": "9999-01-01"}, "date"),
        ({"date": "2026-03-01", "timezone": "Mars/Olympus"}, "timezone"),
        ({"date": "2026-03-01", "timezone": ""}, "timezone"),
    ],
)
async def test_invalid_parameter(
    world: Any, service: Running, query: dict[str, str], field: str
) -> None:
    """400 with the field named."""
    host = await world.host()
    event_type = await world.event_type(host.id)
    status, body = await explain(service, host.id, event_type.slug, **query)
    assert (status, list(body["details"])) == (400, [field])
    assert body["details"][field]


async def test_not_found(world: Any, service: Running) -> None:
    """404 for another host's, unknown and malformed slugs."""
    host = await world.host()
    anothers = await world.event_type((await world.host()).id)
    for host_id, slug in (
        (host.id, anothers.slug),
        (host.id, "none"),
        (host.id, "None"),
        (host.id, "%00"),
        (new_id(), anothers.slug),
    ):
        answer = await explain(service, host_id, slug, date="2026-03-01")
        assert answer == (404, {"error": "Event type not found", "code": "event_type_not_found"})
