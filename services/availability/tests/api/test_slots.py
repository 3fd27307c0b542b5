"""GET /api/v1/availability/{slug}."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from linktime_availability.domain.schedule import Schedule, Window
from linktime_availability.use_cases.take_in_user import take_in_user
from linktime_common.ids import new_id
from linktime_local.testing.services import Running

from .slot_lists import slots

NEW_YORK = ZoneInfo("America/New_York")
DAY = timedelta(days=1)


async def test_slots_are_listed_by_the_dates_of_the_asked_zone(
    world: Any, service: Running, tomorrow: datetime
) -> None:
    """Both ends included; local date and time beside the two instants in UTC."""
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


async def test_without_dates_it_is_today_and_a_week(world: Any, service: Running) -> None:
    """Today as the asked zone's calendar shows it, to the same weekday, inclusive."""
    host = await world.host()
    event_type = await world.event_type(host.id)
    today = datetime.now(UTC).date()
    _, body = await slots(service, host.id, event_type.slug, timezone="UTC")
    dates = {row["date"] for row in body["data"]}
    wanted = {str(today + number * DAY) for number in range(8)}
    # Run over midnight, or in its last half hour, the first date may have passed or be full.
    assert dates in (wanted, wanted - {str(today)}) or str(today + 8 * DAY) in dates


async def test_an_instant_stands_for_its_date_in_the_zone(
    world: Any, service: Running, tomorrow: datetime
) -> None:
    """Late in the evening in UTC it is the next date in Kathmandu; a blank is read as the plus."""
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


async def test_a_booking_takes_its_slot_and_an_override_its_day(
    world: Any, service: Running, tomorrow: datetime
) -> None:
    """What is reserved or closed is not listed."""
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


async def test_two_months_in_five_minute_steps_are_answered(
    world: Any, service: Running, tomorrow: datetime
) -> None:
    """The most that can be asked for at once."""
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
async def test_a_wrong_parameter_is_named(
    service: Running, field: str, query: dict[str, str]
) -> None:
    """400, whether or not there is such an event type."""
    status, body = await slots(service, new_id(), "any", **query)
    assert status == 400
    assert body["error"] == "Invalid request data"
    assert list(body["details"]) == [field]
    assert body["details"][field]


@pytest.mark.parametrize("day", ["0001-01-01", "1970-01-01", "9999-12-31"])
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
async def test_the_ends_of_the_calendar_have_no_slots(
    world: Any, service: Running, day: str, zone: str
) -> None:
    """They are dates like others, and nothing breaks at them."""
    host = await world.host()
    event_type = await world.event_type(host.id)
    status, body = await slots(
        service, host.id, event_type.slug, timezone=zone, startDate=day, unknown="ignored"
    )
    assert (status, body["data"]) == (200, [])


async def test_sixty_two_dates_are_allowed(service: Running) -> None:
    """The last of them is not yet too many."""
    first = date(2026, 1, 1)
    status, _ = await slots(
        service, new_id(), "any", timezone="UTC", startDate=str(first), endDate="2026-03-03"
    )
    assert status == 404


async def test_what_takes_no_bookings_is_not_there(world: Any, service: Running) -> None:
    """Unknown, another's, archived, of an inactive host, or no slug at all: all the same."""
    host, other, inactive = await world.host(), await world.host(), await world.host()
    archived = await world.event_type(host.id, active=False)
    anothers = await world.event_type(other.id)
    stopped = await world.event_type(inactive.id)
    async with world.database.transaction() as connection:
        await take_in_user(connection, inactive.model_copy(update={"active": False}), 2)
    for host_id, slug in (
        (host.id, "unknown"),
        (host.id, archived.slug),
        (host.id, anothers.slug),
        (inactive.id, stopped.slug),
        (host.id, "%00"),
        (host.id, "A b"),
    ):
        status, body = await slots(service, host_id, slug, timezone="UTC")
        assert (status, body) == (404, {"error": "Event type not found"}), slug
