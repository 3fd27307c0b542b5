"""What is behind each rule, with an API key, on the dashboard and for the operator."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from linktime_availability.domain.schedule import Schedule, Window
from linktime_availability.domain.time_off import TimeOff
from linktime_availability.store import time_off
from linktime_common.identity import CallerKind
from linktime_common.ids import new_id
from linktime_local.testing.services import Running

from .dashboard import dashboard

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HOURS = (Window(540, 660),)  # 09:00 to 11:00


async def explain(service: Running, host_id: Any, slug: str, **query: Any) -> tuple[int, Any]:
    """Explain with an API key."""
    async with service.session.get(
        f"{service.url}/api/v1/availability/{slug}/explain",
        headers=service.identity(CallerKind.API_KEY, subject=host_id),
        params=query,
    ) as response:
        return response.status, await response.json()


async def cause(service: Running, event_type: Any, at: datetime) -> tuple[str, dict[str, Any]]:
    """Return the rule of an instant and the parts of its cause that are not null."""
    status, body = await explain(
        service, event_type.host_id, event_type.slug, at=at.isoformat(timespec="milliseconds")
    )
    assert status == 200, body
    (row,) = body["data"]
    found = row["cause"] or {}
    return row["rule"], {name: value for name, value in found.items() if value is not None}


def wire(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%S}.000Z"


@pytest.fixture
async def host(world: Any, tomorrow: datetime) -> Any:
    """Open from nine to eleven in UTC, closed in three days."""
    closed = {tomorrow.date() + 3 * DAY: ()}
    return await world.host(schedule=Schedule("UTC", dict.fromkeys(range(7), HOURS), closed))


@pytest.fixture
def nine(tomorrow: datetime) -> datetime:
    """Tomorrow at nine."""
    return tomorrow.replace(hour=9)


async def test_booking(world: Any, service: Running, host: Any, nine: datetime) -> None:
    """Its id and time, for the time itself and for its buffers."""
    world.clock.instant = datetime.now(UTC)
    event_type = await world.event_type(host.id, buffer_after=15)
    held = await world.held(event_type, nine)
    booking = {
        "kind": "booking",
        "id": str(held.booking_id),
        "startTime": wire(nine),
        "endTime": wire(nine + HOUR / 2),
    }
    assert await cause(service, event_type, nine) == ("busy", booking)
    assert await cause(service, event_type, nine + HOUR / 2) == ("buffer", booking)
    assert (await cause(service, event_type, nine + HOUR))[0] is None


async def test_dates(
    world: Any, service: Running, host: Any, nine: datetime, tomorrow: datetime
) -> None:
    """Of hours, an override, notice, horizon and limits."""
    world.clock.instant = datetime.now(UTC)
    day = tomorrow.date()
    event_type = await world.event_type(host.id, daily_limit=1, max_days_in_advance=10)
    await world.held(event_type, nine)
    evening, grid = nine + 9 * HOUR, nine + HOUR / 6
    for at, rule, kind, on in (
        (evening, "outside_hours", "date", day),
        (grid, "not_on_grid", "date", day),
        (evening + 3 * DAY, "outside_hours", "override", day + 3 * DAY),
        (nine + HOUR, "daily_limit", "date", day),
        (nine + 20 * DAY, "horizon", "date", datetime.now(UTC).date() + 10 * DAY),
        (nine - 3 * DAY, "notice", "date", None),
    ):
        found, what = await cause(service, event_type, at)
        assert (found, what["kind"]) == (rule, kind)
        assert on is None or what["date"] == str(on), rule
    found, what = await cause(service, event_type, nine + HOUR)
    assert (what["startTime"], what["endTime"]) == (f"{day}T00:00:00.000Z",
                                                    f"{day + DAY}T00:00:00.000Z")  # fmt: skip


async def test_week_and_month(world: Any, service: Running, host: Any, nine: datetime) -> None:
    """The first date of the period."""
    world.clock.instant = datetime.now(UTC)
    for limit in ("weekly_limit", "monthly_limit"):
        event_type = await world.event_type(host.id, **{limit: 1})
        held = await world.held(event_type, nine + HOUR * (limit == "monthly_limit"))
        _, body = await explain(service, host.id, event_type.slug, date=str(held.start_time.date()))
        full = next(row for row in body["data"] if row["rule"] == limit)
        day = nine.date()
        first = day - day.weekday() * DAY if limit == "weekly_limit" else day.replace(day=1)
        assert full["cause"]["date"] == str(first)


async def test_time_off(world: Any, service: Running, host: Any, nine: datetime) -> None:
    """Its id and name, which invitees do not see."""
    event_type = await world.event_type(host.id)
    off = TimeOff.ranging(nine, nine + HOUR, id=new_id(), host_id=host.id, name="Dentist")
    async with world.database.transaction() as connection:
        await time_off.insert(connection, off)
    assert await cause(service, event_type, nine) == (
        "time_off",
        {
            "kind": "time_off",
            "id": str(off.id),
            "name": "Dentist",
            "startTime": wire(nine),
            "endTime": wire(nine + HOUR),
        },
    )


async def test_date_without_starts(
    world: Any, service: Running, host: Any, tomorrow: datetime
) -> None:
    """The date, and whether it has an override."""
    event_type = await world.event_type(host.id)
    closed = tomorrow.date() + 3 * DAY
    _, body = await explain(service, host.id, event_type.slug, date=str(closed))
    assert (body["rule"], body["data"]) == ("outside_hours", [])
    assert (body["cause"]["kind"], body["cause"]["date"]) == ("override", str(closed))


async def test_three_callers_get_the_same(
    world: Any, service: Running, host: Any, tomorrow: datetime
) -> None:
    """With an API key, with a session, and for the operator; of a date and of an instant."""
    event_type = await world.event_type(host.id)
    path = f"availability/{event_type.slug}/explain"
    for query in ({"date": str(tomorrow.date())}, {"at": wire(tomorrow), "timezone": "Asia/Tokyo"}):
        _, keyed = await explain(service, host.id, event_type.slug, **query)
        _, signed_in = await dashboard(service, host.id, "GET", path, **query)
        url = f"{service.internal_url}/internal/hosts/{host.id}/{path}"
        headers = service.identity(CallerKind.OPERATOR)
        async with service.session.get(url, headers=headers, params=query) as response:
            assert keyed == signed_in == await response.json()
    assert (keyed["date"], keyed["data"][0]["time"]) == (str(tomorrow.date()), "21:00")


async def test_one_instant_agrees_with_the_date(
    world: Any, service: Running, host: Any, tomorrow: datetime
) -> None:
    """Rule and cause of each start."""
    world.clock.instant = datetime.now(UTC)
    event_type = await world.event_type(host.id, buffer_before=30)
    await world.held(event_type, tomorrow.replace(hour=10))
    _, body = await explain(service, host.id, event_type.slug, date=str(tomorrow.date()))
    assert len(body["data"]) == 4
    for row in body["data"]:
        _, one = await explain(service, host.id, event_type.slug, at=row["startTime"])
        assert one["data"] == [row]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "date"),
        ({"at": "2026-03-01"}, "at"),
        ({"at": "2026-03-01T09:00:00"}, "at"),
        ({"at": "1969-12-31T00:00:00Z"}, "at"),
        ({"at": "9999-12-31T00:00:00Z"}, "at"),
        ({"at": "2026-03-01T09:00:00Z", "date": "2026-03-01"}, "at"),
    ],
)
async def test_invalid_parameter(
    world: Any, service: Running, host: Any, query: dict[str, str], field: str
) -> None:
    """400 with the field named."""
    event_type = await world.event_type(host.id)
    status, body = await explain(service, host.id, event_type.slug, **query)
    assert (status, list(body["details"])) == (400, [field])


async def test_ends_of_the_calendar(world: Any, service: Running, host: Any) -> None:
    """Instants of the first and the last date, in zones far from UTC."""
    event_type = await world.event_type(host.id)
    for at in (date(1970, 1, 1), date(9998, 12, 31)):
        for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
            status, _ = await explain(
                service, host.id, event_type.slug, at=f"{at}T12:00:00Z", timezone=zone
            )
            assert status == 200
