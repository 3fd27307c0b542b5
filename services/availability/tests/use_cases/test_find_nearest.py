"""Free starts near one that was refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from linktime_availability.domain.schedule import Schedule, Window
from linktime_availability.use_cases import find_nearest as module
from linktime_availability.use_cases.find_nearest import find_nearest
from linktime_common.contracts.internal_api.availability import Reservation

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)  # a Monday
NINE = NOW + HOUR
OFFICE = Schedule("UTC", {day: (Window(540, 660),) for day in range(5)})  # 09:00 to 11:00


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit of time is not what is tested."""
    monkeypatch.setattr(module, "SECONDS", 60)


@pytest.fixture
async def event_type(world: Any) -> Any:
    world.clock.instant = NOW
    return await world.event_type((await world.host(schedule=OFFICE)).id)


async def nearest(world: Any, event_type: Any, start: datetime, **changes: Any) -> list[datetime]:
    return await find_nearest(world.request(event_type, start, **changes), world.deps)


async def test_nearest_first(world: Any, event_type: Any) -> None:
    """On both sides, five at most, and each of them can be reserved."""
    for number in (1, 2):
        await world.held(event_type, NINE + DAY + number * HOUR / 2)
    found = await nearest(world, event_type, NINE + DAY + HOUR)
    assert found == [
        NINE + DAY + 3 * HOUR / 2,
        NINE + DAY,
        NINE + 2 * DAY,
        NINE + 3 * HOUR / 2,
        NINE + 2 * DAY + HOUR / 2,
    ]
    for start in found:
        assert isinstance(await world.reserve(event_type, start), Reservation)


@pytest.mark.parametrize(
    ("rules", "start", "first"),
    [
        ({}, NOW - 400 * DAY, NINE),
        ({"minimum_notice_minutes": 20 * 24 * 60}, NINE, NINE + 21 * DAY),
        ({"max_days_in_advance": 3}, NINE + 300 * DAY, NINE + 3 * DAY + 3 * HOUR / 2),
        ({}, datetime(9999, 12, 31, 23, tzinfo=UTC), NINE + 60 * DAY + 3 * HOUR / 2),
        ({}, datetime(1, 1, 1, 1, tzinfo=UTC), NINE),
        ({}, NINE + 5 * DAY, NINE + 4 * DAY + 3 * HOUR / 2),
    ],
)
async def test_what_notice_and_horizon_allow(
    world: Any, rules: dict[str, int], start: datetime, first: datetime
) -> None:
    """The nearest to what they allow, also for instants at the ends of the calendar."""
    world.clock.instant = NOW
    host = await world.host(schedule=OFFICE)
    found = await nearest(world, await world.event_type(host.id, **rules), start)
    assert found[0] == first


async def test_of_a_move(world: Any, event_type: Any) -> None:
    """The booking's own time is free, and its own duration counts."""
    held = await world.held(event_type, NINE)
    found = await nearest(
        world, event_type, NINE + 7 * MINUTE, booking_id=held.booking_id, reschedule_minutes=90
    )
    assert found[:2] == [NINE, NINE + HOUR / 2]


async def test_nothing_is_free(world: Any, event_type: Any) -> None:
    """Within a week; and of an unknown event type."""
    host = await world.host(schedule=Schedule("UTC", {}))
    assert await nearest(world, await world.event_type(host.id), NINE) == []
    unknown = await nearest(world, event_type, NINE, host_id=host.id)
    assert unknown == []


async def test_a_late_answer_has_none(
    world: Any, event_type: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal does not wait for them."""
    monkeypatch.setattr(module, "SECONDS", 0)
    assert await nearest(world, event_type, NINE) == []
