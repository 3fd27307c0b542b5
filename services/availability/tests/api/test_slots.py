"""GET /api/v1/availability/{slug}."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from linktime_availability.domain.schedule import Schedule, Window
from linktime_availability.use_cases.apply_user import apply_user
from linktime_common.ids import new_id
from linktime_local.testing.services import Running

from .slot_lists import slots

NEW_YORK = ZoneInfo("America/New_York")
DAY = timedelta(days=1)


async def test_dates_of_requested_zone(world: Any, service: Running, tomorrow: datetime) -> None:
    """Both ends included; rows have local date and time, and two instants in UTC."""
    host = await world.host()
    event_type = await world.event_type(host.id, duration_minutes=60, slot_interval_minutes=60)
    first = (tomorrow + DAY).astimezone(NEW_YORK).date()
    status, body = await slots(
        service,
        host.id,
        event_type.slug,
        timezone="America/New_York",
        startDate=str(first),
        endDate=str(first + DAY),
    )
    assert status == 200
    assert set(body) == {"data", "eventType", "timezone"}
    assert body["timezone"] == "America/New_York"
    assert body["eventType"] == {
        "id": str(event_type.id),
        "name": "Intro call",
        "slug": event_type.slug,
        "durationMinutes": 60,
    }
    begin = datetime(first.year, first.month, first.day, tzinfo=NEW_YORK)
    end = datetime.combine(first + 2 * DAY, begin.timetz())
    expected = []
    at = begin.astimezone(UTC)
    while at < end:
        local = at.astimezone(NEW_YORK)
        expected.append(
            {
                "date": f"{local:%Y-%m-%d}",
                "time": f"{local:%H:%M}",
                "startTime": f"{at:%Y-%m-%dT%H:%M:%S}.000Z",
                "endTime": f"{at + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}.000Z",
            }
        )
        at += timedelta(hours=1)
    assert body["data"] == expected


async def test_default_dates(world: Any, service: Running) -> None:
    """Today in the requested zone to the same weekday of next week, inclusive."""
    host = await world.host()
    event_type = await world.event_type(host.id)
    today = datetime.now(UTC).date()
    _, body = await slots(service, host.id, event_type.slug, timezone="UTC")
    dates = {row["date"] for row in body["data"]}
    wanted = {str(today + number * DAY) for number in range(8)}
    # Close to midnight the first date may have passed or have no slots left.
    assert dates in (wanted, wanted - {str(today)}) or str(today + 8 * DAY) in dates


async def test_instant_means_its_local_date(
    world: Any, service: Running, tomorrow: datetime
) -> None:
    """22:00 UTC is the next date in Kathmandu; a space in the offset is read as a plus."""
    host = await world.host()
    event_type = await world.event_type(host.id)
    late = tomorrow.replace(hour=22)  # 03:45 of the next day in Kathmandu
    _, body = await slots(
        service,
        host.id,
        event_type.slug,
        timezone="Asia/Kathmandu",
        startDate=late.isoformat(),
        endDate=late.isoformat().replace("+", " "),
    )
    assert {row["date"] for row in body["data"]} == {str((tomorrow + DAY).date())}


async def test_reserved_and_closed_times(world: Any, service: Running, tomorrow: datetime) -> None:
    """Reserved slots and closed dates are not listed."""
    day = (tomorrow + DAY).date()
    hours = (Window(540, 660),)
    schedule = Schedule("UTC", dict.fromkeys(range(7), hours), {day + DAY: ()})
    host = await world.host(schedule=schedule)
    event_type = await world.event_type(host.id)
    world.clock.instant = datetime.now(UTC)
    await world.held(event_type, datetime(day.year, day.month, day.day, 9, 30, tzinfo=UTC))
    _, body = await slots(
        service,
        host.id,
        event_type.slug,
        timezone="UTC",
        startDate=str(day),
        endDate=str(day + DAY),
    )
    assert [(row["date"], row["time"]) for row in body["data"]] == [
        (str(day), time) for time in ("09:00", "10:00", "10:30")
    ]


async def test_longest_list(world: Any, service: Running, tomorrow: datetime) -> None:
    """62 dates in steps of five minutes."""
    host = await world.host()
    event_type = await world.event_type(
        host.id, duration_minutes=5, slot_interval_minutes=5, max_days_in_advance=90
    )
    first = tomorrow.date()
    status, body = await slots(
        service,
        host.id,
        event_type.slug,
        timezone="UTC",
        startDate=str(first),
        endDate=str(first + 61 * DAY),
    )
    assert status == 200
    assert len(body["data"]) == 62 * 288


@pytest.mark.parametrize(
    ("field", "query"),
    [
        ("timezone", {}),
        ("timezone", {"timezone": ""}),
        ("timezone", {"timezone": "Mars/Olympus"}),
        ("timezone", {"timezone": "../../etc/passwd"}),
        ("timezone", {"timezone": "europe/berlin"}),
        ("startDate", {"timezone": "UTC", "startDate": "yesterday"}),
        ("startDate", {"timezone": "UTC", "startDate": "2026-02-30"}),
        ("startDate", {"timezone": "UTC", "startDate": "2026-3-1"}),
        ("startDate", {"timezone": "UTC", "startDate": ""}),
        ("startDate", {"timezone": "UTC", "startDate": "2026-03-01T10:00:00"}),
        ("startDate", {"timezone": "UTC", "startDate": "2026-03-01T10:00:00.0001Z"}),
        ("timezone", {"timezone": "Factory"}),
        ("startDate", {"timezone": "Asia/Tokyo", "startDate": "9999-12-31T23:59:59Z"}),
        ("endDate", {"timezone": "UTC", "startDate": "2026-03-02", "endDate": "2026-03-01"}),
        ("endDate", {"timezone": "UTC", "startDate": "2026-01-01", "endDate": "2026-03-04"}),
        ("endDate", {"timezone": "UTC", "startDate": "2026-01-01", "endDate": "1e9"}),
    ],
)
async def test_invalid_parameter(service: Running, field: str, query: dict[str, str]) -> None:
    """400, whether or not the event type exists."""
    status, body = await slots(service, new_id(), "any", **query)
    assert status == 400
    assert body["error"] == "Invalid request data"
    assert list(body["details"]) == [field]
    assert body["details"][field]


@pytest.mark.parametrize("day", ["0001-01-01", "1970-01-01", "9999-12-31"])
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
async def test_ends_of_the_calendar(world: Any, service: Running, day: str, zone: str) -> None:
    """They are valid dates without slots."""
    host = await world.host()
    event_type = await world.event_type(host.id)
    status, body = await slots(
        service, host.id, event_type.slug, timezone=zone, startDate=day, unknown="ignored"
    )
    assert (status, body["data"]) == (200, [])


async def test_sixty_two_dates_are_allowed(service: Running) -> None:
    """62 is the limit."""
    first = date(2026, 1, 1)
    status, _ = await slots(
        service, new_id(), "any", timezone="UTC", startDate=str(first), endDate="2026-03-03"
    )
    assert status == 404


async def test_event_type_not_found(world: Any, service: Running) -> None:
    """Unknown, another host's, archived, of an inactive host, or a malformed slug."""
    host, other, inactive = await world.host(), await world.host(), await world.host()
    archived = await world.event_type(host.id, active=False)
    anothers = await world.event_type(other.id)
    stopped = await world.event_type(inactive.id)
    async with world.database.transaction() as connection:
        await apply_user(connection, inactive.model_copy(update={"active": False}), 2)
    for host_id, slug in (
        (host.id, "unknown"),
        (host.id, archived.slug),
        (host.id, anothers.slug),
        (inactive.id, stopped.slug),
        (host.id, "%00"),
        (host.id, "A b"),
    ):
        status, body = await slots(service, host_id, slug, timezone="UTC")
        assert (status, body) == (
            404,
            {"error": "Event type not found", "code": "event_type_not_found"},
        ), slug
