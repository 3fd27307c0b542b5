"""Public holidays of a host, in the dashboard and in slots, explanations and reservations."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from linktime_availability.domain.schedule import Schedule, Window
from linktime_availability.use_cases.list_slots import list_slots
from linktime_common.contracts.internal_api.availability import RefusedReservation
from linktime_common.identity import CallerKind
from linktime_common.ids import new_id
from linktime_common.timezones import zone
from linktime_local.testing.services import Running

from .dashboard import dashboard

PATH = "holidays"
BERLIN = {"country": "DE", "region": "BE", "disabled": ["Good Friday"]}
NONE = {"country": None, "region": None, "disabled": [], "days": []}
NEW_YEAR = "New Year's Day"
HOURS = dict.fromkeys(range(7), (Window(540, 600),))  # 09:00 to 10:00


def new_year() -> date:
    """The next one; always in the horizon of two years."""
    return date(datetime.now(UTC).year + 1, 1, 1)


async def put(service: Running, host_id: Any, **changes: Any) -> tuple[int, Any]:
    return await dashboard(service, host_id, "PUT", PATH, BERLIN | changes)


async def test_set_and_read(world: Any, service: Running) -> None:
    """All days of this and the next year; the answer can be sent back; null ends it."""
    host, other = await world.host(), await world.host()
    assert await dashboard(service, host.id, "GET", PATH) == (200, NONE)
    status, body = await put(service, host.id)
    assert (status, {name: body[name] for name in BERLIN}) == (200, BERLIN)
    days = [(one["date"], one["name"], one["enabled"]) for one in body["days"]]
    assert (str(new_year()), NEW_YEAR, True) in days
    assert days == sorted(days)
    assert {enabled for _, name, enabled in days if name == "Good Friday"} == {False}
    years = {int(day[:4]) for day, _, _ in days}
    assert years == {new_year().year - 1, new_year().year}
    assert await dashboard(service, host.id, "GET", PATH) == (200, body)
    async with service.session.get(
        f"{service.url}/api/v1/holidays",
        headers=service.identity(CallerKind.API_KEY, subject=host.id),
    ) as answer:
        assert (answer.status, await answer.json()) == (200, body)
    assert await dashboard(service, host.id, "PUT", PATH, body) == (200, body)
    assert await dashboard(service, other.id, "GET", PATH) == (200, NONE)
    assert await dashboard(service, host.id, "PUT", PATH, {"country": None}) == (200, NONE)
    assert await dashboard(service, host.id, "GET", PATH) == (200, NONE)
    assert (await dashboard(service, new_id(), "PUT", PATH, BERLIN))[0] == 404


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("country", {"country": "XX"}),
        ("country", {"country": "Germany"}),
        ("country", {"country": ""}),
        ("country", {"country": "ß", "region": None}),
        ("country", {"country": "\N{LATIN SMALL LIGATURE FI}", "region": None}),
        ("region", {"region": "XX"}),
        ("region", {"country": None, "region": "BE"}),
        ("disabled", {"disabled": "Good Friday"}),
        ("disabled", {"disabled": ["Good Friday"] * 201}),
        ("disabled", {"disabled": ["Good Friday", "Nope"]}),
        ("disabled", {"disabled": ["Independence Day"]}),
        ("extra", {"extra": 1}),
    ],
)
async def test_invalid(world: Any, service: Running, field: str, change: dict[str, Any]) -> None:
    """400 with the field; nothing changes."""
    host = await world.host()
    status, body = await put(service, host.id, **change)
    assert (status, list(body["details"])) == (400, [field])
    assert await dashboard(service, host.id, "GET", PATH) == (200, NONE)


async def test_names_are_read_in_any_letter_case(world: Any, service: Running) -> None:
    """As shown, with marks too; unknown ones are named. Those that are stored can be sent again."""
    host = await world.host()
    _, body = await put(service, host.id, disabled=["good friday", "WOMEN'S DAY"])
    assert body["disabled"] == ["Good Friday", "Women's Day"]
    _, refused = await put(service, host.id, disabled=["Good Friday", "Nope"])
    assert refused["details"] == {
        "disabled": "No holidays of the country or region have these names: Nope; "
        "write those of days"
    }
    status, moved = await put(service, host.id, region="BY", disabled=body["disabled"])
    assert (status, moved["disabled"]) == (200, body["disabled"])
    status, _ = await put(service, host.id, country="US", region=None, disabled=["Women's Day"])
    assert status == 400


async def test_no_bookings_on_a_holiday(world: Any, service: Running) -> None:
    """For all schedules; one that is switched off does not count."""
    host = await world.host(schedule=Schedule("UTC", HOURS))
    event_type = await world.event_type(host.id, max_days_in_advance=730)
    world.clock.instant = datetime.now(UTC)
    day = new_year()
    nine = datetime(day.year, 1, 1, 9, tzinfo=UTC)
    opened = {str(day): [["09:00", "10:00"]]}
    other = {"name": "Other", "timezone": "UTC", "weekly": {}, "overrides": opened}
    _, schedule = await dashboard(service, host.id, "POST", "schedules", other)
    chosen = await world.event_type(
        host.id, max_days_in_advance=730, schedule_id=UUID(schedule["id"])
    )

    async def listed(one: Any) -> bool:
        _, rendered = await list_slots(
            host_id=host.id, slug=one.slug, zone=zone("UTC"), first=day, last=day, deps=world.deps
        )
        return rendered != b"[]"

    assert await listed(event_type)
    assert await listed(chosen)
    await put(service, host.id)
    assert not await listed(event_type)
    assert not await listed(chosen)
    refused = await world.reserve(event_type, nine)
    assert isinstance(refused, RefusedReservation)
    assert (refused.rule, refused.code) == ("holiday", "holiday")
    path = f"availability/{event_type.slug}/explain"
    _, body = await dashboard(service, host.id, "GET", path, date=str(day))
    assert {row["rule"] for row in body["data"]} == {"holiday"}
    cause = {name: value for name, value in body["data"][0]["cause"].items() if value is not None}
    assert cause == {"kind": "holiday", "name": NEW_YEAR, "date": str(day)}
    await put(service, host.id, disabled=[NEW_YEAR])
    assert await listed(event_type)
    assert await listed(chosen)
    await world.held(event_type, nine)
