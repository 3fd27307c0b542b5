"""Reserving: rules, idempotency and expiry."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from linktime_availability.domain.errors import EventTypeNotFound, ReservationFreed
from linktime_availability.domain.schedule import Schedule, Window
from linktime_availability.store import reservations
from linktime_availability.use_cases.apply_user import apply_user
from linktime_availability.use_cases.confirm_reservation import confirm_reservation
from linktime_availability.use_cases.free_reservation import free_reservation
from linktime_availability.use_cases.measure_holds import measure_holds
from linktime_availability.use_cases.reserve import reserve
from linktime_common.contracts.internal_api.availability import RefusedReservation, Reservation
from linktime_common.ids import new_id

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
HALF_HOUR = timedelta(minutes=30)
DAY = timedelta(days=1)
OFFICE = Schedule("UTC", {day: (Window(540, 1020),) for day in range(5)})
TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)


async def test_reservation_snapshot(world: Any) -> None:
    """It contains times, buffers, location, questions, event type and host."""
    host = await world.host()
    question = {"id": "q", "label": "Why?", "type": "text", "required": True, "options": []}
    event_type = await world.event_type(
        host.id, buffer_before=10, buffer_after=20, questions=[question]
    )
    held = await world.held(event_type, TEN)
    assert (held.start_time, held.end_time) == (TEN, TEN + HALF_HOUR)
    assert (held.buffer_before, held.buffer_after, held.location) == (10, 20, "Phone")
    assert [asked.model_dump() for asked in held.questions] == [question]
    assert held.event_type.model_dump() == {
        "id": event_type.id,
        "name": "Intro call",
        "slug": event_type.slug,
        "durationMinutes": 30,
    }
    assert held.host.model_dump() == {
        "id": host.id,
        "name": host.name,
        "email": host.email,
        "username": host.username,
        "timezone": "UTC",
        "locale": None,
    }
    assert held.reminder_minutes == [1_440, 60]


async def test_the_hosts_language_is_held(world: Any) -> None:
    """As the last event of the user has it."""
    user = await world.host(locale="de-AT")
    event_type = await world.event_type(user.id)
    assert (await world.held(event_type, TEN)).host.locale == "de-AT"
    async with world.database.transaction() as connection:
        await apply_user(connection, user.model_copy(update={"locale": "fr"}), 2)
    assert (await world.held(event_type, TEN + HOUR)).host.locale == "fr"


async def test_event_type_by_slug_and_host_or_by_id(world: Any) -> None:
    """API keys use host and slug; public requests have the id only."""
    host = await world.host()
    event_type = await world.event_type(host.id)
    await world.held(event_type, TEN, event_type_id=None, event_type_slug=event_type.slug)
    await world.held(event_type, TEN + HOUR, host_id=None)


async def test_event_type_of_another_host(world: Any) -> None:
    """EventTypeNotFound by id and by slug."""
    host, other = await world.host(), await world.host()
    event_type = await world.event_type(host.id)
    with pytest.raises(EventTypeNotFound):
        await world.reserve(event_type, TEN, host_id=other.id)
    with pytest.raises(EventTypeNotFound):
        await world.reserve(
            event_type,
            TEN,
            host_id=other.id,
            event_type_id=None,
            event_type_slug=event_type.slug,
        )
    with pytest.raises(EventTypeNotFound):
        await world.reserve(event_type, TEN, event_type_id=new_id())


async def test_hold_expires_by_the_databases_clock(world: Any) -> None:
    """A minute from now, regardless of the service's clock."""
    event_type = await world.event_type((await world.host()).id)
    held = await world.held(event_type, TEN)
    async with world.database.connection() as connection:
        row = await connection.fetchrow(
            "SELECT status, extract(epoch FROM expires_at - now())::float8 AS seconds"
            "  FROM reservations WHERE id = $1",
            held.reservation_id,
        )
    assert row["status"] == "held"
    assert 50 < row["seconds"] <= 60


REFUSED: Mapping[str, tuple[dict[str, Any], datetime]] = {
    "notice": ({"minimum_notice_minutes": 121}, TEN),
    "horizon": ({"max_days_in_advance": 6}, TEN + 7 * DAY),
    "outside_hours": ({}, TEN + 8 * HOUR),
    "not_on_grid": ({}, TEN + MINUTE),
}


@pytest.mark.parametrize("rule", REFUSED)
async def test_refusal_has_its_rule(world: Any, rule: str) -> None:
    """Nothing is held."""
    changes, start = REFUSED[rule]
    host = await world.host(schedule=OFFICE)
    event_type = await world.event_type(host.id, **changes)
    answer = await world.reserve(event_type, start)
    assert isinstance(answer, RefusedReservation)
    assert answer.rule == rule
    assert answer.error
    assert await world.live(host.id) == 0


@pytest.mark.parametrize(
    "start",
    [
        datetime(1, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_998, tzinfo=UTC),
        TEN + timedelta(microseconds=1),
    ],
)
async def test_extreme_instants_are_refused(world: Any, start: datetime) -> None:
    """The ends of the calendar and fractions of a second."""
    event_type = await world.event_type((await world.host()).id)
    assert isinstance(await world.reserve(event_type, start), RefusedReservation)


async def test_repeat_returns_the_same_reservation(world: Any) -> None:
    """Also after the event type was archived and renamed, or the hold confirmed."""
    host = await world.host()
    event_type = await world.event_type(host.id)
    request = world.request(event_type, TEN)
    first = await reserve(request, world.deps)
    async with world.database.connection() as connection:
        await connection.execute(
            "UPDATE event_types SET active = false, name = 'Other' WHERE id = $1", event_type.id
        )
    assert await reserve(request, world.deps) == first
    await confirm_reservation(request.reservation_id, world.deps)
    assert await reserve(request, world.deps) == first
    assert await world.live(host.id) == 1


@pytest.mark.parametrize("changed", ["start_time", "booking_id", "event_type_id", "reschedule"])
async def test_reused_id_with_other_content_is_refused(world: Any, changed: str) -> None:
    """An id belongs to one reservation."""
    host = await world.host()
    event_type = await world.event_type(host.id)
    request = world.request(event_type, TEN)
    await reserve(request, world.deps)
    other: dict[str, Any] = {
        "start_time": {"start_time": TEN + HOUR},
        "booking_id": {"booking_id": new_id()},
        "event_type_id": {"event_type_id": (await world.event_type(host.id)).id},
        "reschedule": {"reschedule_minutes": 45},
    }[changed]
    answer = await reserve(request.model_copy(update=other), world.deps)
    assert isinstance(answer, RefusedReservation)
    assert answer.rule == "id_reused"
    assert await world.live(host.id) == 1


async def test_freed_id_is_never_revived(world: Any) -> None:
    """The time is free for other reservations."""
    event_type = await world.event_type((await world.host()).id)
    request = world.request(event_type, TEN)
    await reserve(request, world.deps)
    await free_reservation(request.reservation_id, world.deps)
    for start in (TEN, TEN + HOUR):
        with pytest.raises(ReservationFreed):
            await reserve(request.model_copy(update={"start_time": start}), world.deps)
    await world.held(event_type, TEN)
    with pytest.raises(ReservationFreed):
        await confirm_reservation(request.reservation_id, world.deps)
    with pytest.raises(ReservationFreed):
        await reserve(request, world.deps)


async def test_freeing_an_unknown_id_refuses_a_late_reserve(world: Any) -> None:
    """The free request may arrive before the reserve request."""
    host = await world.host()
    event_type = await world.event_type(host.id)
    request = world.request(event_type, TEN)
    for _ in range(2):
        await free_reservation(request.reservation_id, world.deps)
    with pytest.raises(ReservationFreed):
        await reserve(request, world.deps)
    assert await world.live(host.id) == 0


async def test_archived_event_type_allows_moves_only(world: Any) -> None:
    """The same applies to an inactive host."""
    host = await world.host()
    archived = await world.event_type(host.id, active=False)
    with pytest.raises(EventTypeNotFound):
        await world.reserve(archived, TEN)
    await world.held(archived, TEN, reschedule_minutes=30)
    event_type = await world.event_type(host.id)
    async with world.database.transaction() as connection:
        inactive = host.model_copy(update={"active": False})
        await apply_user(connection, inactive, 2)
    with pytest.raises(EventTypeNotFound):
        await world.reserve(event_type, TEN + HOUR)
    await world.held(event_type, TEN + HOUR, reschedule_minutes=30)


async def test_move_keeps_the_length_and_ignores_the_old_time(world: Any) -> None:
    """The new time may overlap the old, which does not count for the daily limit."""
    host = await world.host()
    event_type = await world.event_type(host.id, slot_interval_minutes=15, daily_limit=1)
    old = await world.held(event_type, TEN)
    moved = await world.held(
        event_type, TEN + HALF_HOUR / 2, booking_id=old.booking_id, reschedule_minutes=45
    )
    assert moved.end_time - moved.start_time == timedelta(minutes=45)
    assert moved.event_type.duration_minutes == 30
    assert await world.live(host.id) == 2
    other = await world.reserve(event_type, TEN + 5 * HOUR)
    assert other.rule == "daily_limit"


async def test_buffers_of_both_neighbours(world: Any) -> None:
    """The larger of two buffers counts, on both sides."""
    host = await world.host()
    plain = await world.event_type(host.id, slot_interval_minutes=15)
    wide = await world.event_type(host.id, slot_interval_minutes=15, buffer_after=15)
    await world.held(wide, TEN)
    touching = await world.reserve(plain, TEN + HALF_HOUR)
    assert touching.rule == "buffer"
    await world.held(plain, TEN + 45 * MINUTE)
    before = await world.reserve(wide, TEN + HOUR + 15 * MINUTE - 45 * MINUTE - HALF_HOUR)
    assert isinstance(before, RefusedReservation)


async def test_expired_hold_blocks_until_it_is_freed(world: Any) -> None:
    """It is listed for the sweeper, measured, and kept."""
    host = await world.host()
    event_type = await world.event_type(host.id, daily_limit=1)
    held = await world.held(event_type, TEN)
    async with world.database.connection() as connection:
        await connection.execute(
            "UPDATE reservations SET expires_at = now() - interval '1 hour' WHERE id = $1",
            held.reservation_id,
        )
        expired = await reservations.list_expired(connection, limit=500)
    await measure_holds(world.deps)
    overdue = REGISTRY.get_sample_value("linktime_availability_overdue_holds")
    oldest = REGISTRY.get_sample_value("linktime_availability_oldest_overdue_hold_seconds")
    assert overdue == len(expired)
    assert oldest is not None
    assert oldest >= HOUR.total_seconds()
    assert (held.reservation_id, held.booking_id) in [
        (one.reservation_id, one.booking_id) for one in expired
    ]
    assert (await world.reserve(event_type, TEN + HOUR)).rule == "daily_limit"
    await free_reservation(held.reservation_id, world.deps)
    assert isinstance(await world.reserve(event_type, TEN), Reservation)


async def test_confirmed_reservation_does_not_expire(world: Any) -> None:
    """Confirming is idempotent."""
    event_type = await world.event_type((await world.host()).id)
    held = await world.held(event_type, TEN)
    for _ in range(2):
        await confirm_reservation(held.reservation_id, world.deps)
    async with world.database.connection() as connection:
        row = await connection.fetchrow(
            "SELECT status, expires_at FROM reservations WHERE id = $1", held.reservation_id
        )
    assert tuple(row) == ("confirmed", None)


async def test_override_decides(world: Any) -> None:
    """A closed Monday cannot be booked; an open Saturday can."""
    saturday = date(2026, 3, 7)
    schedule = Schedule("UTC", OFFICE.weekly, {TEN.date(): (), saturday: (Window(600, 660),)})
    host = await world.host(schedule=schedule)
    event_type = await world.event_type(host.id)
    assert (await world.reserve(event_type, TEN)).rule == "outside_hours"
    await world.held(event_type, TEN + 5 * DAY)
