"""Holds past their time, and creations that were paused beyond them."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from services.bookings.tests.calls import TOMORROW, Caller, slot
from services.bookings.tests.fakes import PAGE, EventType, FakeAvailability
from services.bookings.tests.rows import events, lock_waiters, rows

from linktime_bookings.app import SERVICE
from linktime_bookings.deps import Deps
from linktime_bookings.use_cases import sweep_holds as sweeping
from linktime_bookings.use_cases.sweep_holds import sweep_holds
from linktime_bookings.workers import workers
from linktime_common.contracts.internal_api.availability import ReserveRequest
from linktime_common.errors import Unavailable
from linktime_common.ids import new_id
from linktime_common.postgres import Database
from linktime_common.process import ProcessRole
from linktime_common.supervision import supervised
from linktime_local.testing.services import running
from linktime_local.testing.waiting import eventually

FATES = "SELECT reservation_id, fate FROM reservation_fates"


async def _hold(deps: Deps, event_type: EventType, number: int = 0) -> UUID:
    """A hold that no booking came of."""
    reservation_id = new_id()
    await deps.availability.reserve(
        ReserveRequest(
            reservation_id=reservation_id,
            booking_id=new_id(),
            host_id=event_type.host.id,
            event_type_id=event_type.id,
            start_time=slot(number),
        )
    )
    return reservation_id


async def test_a_hold_without_a_booking_is_given_back(
    deps: Deps, event_type: EventType, availability: FakeAvailability, database: Database
) -> None:
    """Its fate is written first, then it is freed; one that has not expired is left alone."""
    left, young = await _hold(deps, event_type, 0), await _hold(deps, event_type, 1)
    availability.expire([left])
    await sweep_holds(deps)
    assert availability.in_state("freed") == {left}
    assert availability.in_state("held") == {young}
    assert await rows(database, FATES) == [(left, "abandoned")]


async def test_a_hold_with_a_booking_is_confirmed(
    host: Caller, deps: Deps, availability: FakeAvailability
) -> None:
    """The event that confirms it is late: the sweeper does."""
    await host.booked(slot(0))
    (used,) = availability.in_state("held")
    availability.expire()
    await sweep_holds(deps)
    assert availability.in_state("confirmed") == {used}


async def test_many_holds_are_settled_by_two_at_once(
    host: Caller, deps: Deps, event_type: EventType, availability: FakeAvailability
) -> None:
    """More than one page, half used and half not, swept by two: all as their fates say."""
    await asyncio.gather(*(host.booked(slot(number)) for number in range(PAGE)))
    used = availability.in_state("held")
    left = {await _hold(deps, event_type, PAGE + number) for number in range(PAGE)}
    availability.expire()
    await asyncio.gather(sweep_holds(deps), sweep_holds(deps))
    assert availability.in_state("confirmed") == used
    assert availability.in_state("freed") == left


async def test_holds_that_cannot_be_told_are_tried_once_a_round(
    deps: Deps, event_type: EventType, availability: FakeAvailability
) -> None:
    """While availability is deaf to `free` a sweep ends, and the next one goes on."""
    left = await _hold(deps, event_type)
    availability.expire()
    availability.is_deaf = True
    await sweep_holds(deps)
    availability.is_deaf = False
    assert availability.in_state("held") == {left}
    await sweep_holds(deps)
    assert availability.in_state("freed") == {left}


async def test_a_commit_under_way_decides(
    deps: Deps,
    event_type: EventType,
    availability: FakeAvailability,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The sweeper waits for a transaction that is about to use the hold, and not for ever."""
    monkeypatch.setattr(sweeping, "DECIDE_SECONDS", 0.2)
    used = await _hold(deps, event_type)
    availability.expire()
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO reservation_fates VALUES ($1, 'used')", used)
        await sweep_holds(deps)
        assert availability.in_state("held") == {used}
        monkeypatch.setattr(sweeping, "DECIDE_SECONDS", 10)
        sweep = asyncio.ensure_future(sweep_holds(deps))
        await eventually(lambda: lock_waiters(database))
    await sweep
    assert availability.in_state("confirmed") == {used}


async def test_a_creation_paused_beyond_its_hold_takes_no_slot_given_away(
    host: Caller, deps: Deps, availability: FakeAvailability, database: Database
) -> None:
    """Swept and booked by somebody else meanwhile: the paused one is told the slot is taken."""
    availability.hold_answers = asyncio.Event()
    paused = asyncio.ensure_future(host.book(slot(0)))
    await eventually(lambda: availability.reservations)
    availability.expire()
    await sweep_holds(deps)
    held, availability.hold_answers = availability.hold_answers, None
    winner = await host.booked(slot(0), inviteeName="Quicker")
    held.set()
    reply = await paused
    assert (reply.status, reply.body) == (409, {"error": "This time is already taken"})
    assert [str(id_) for (id_,) in await rows(database, "SELECT id FROM bookings")] == [winner]
    assert await events(database) == ["booking.created"]
    assert len(availability.in_state("held")) == 1


async def test_a_creation_paused_beyond_its_hold_starts_over(
    host: Caller, deps: Deps, availability: FakeAvailability, database: Database
) -> None:
    """Nobody took the slot meanwhile: it is booked under a new reservation."""
    availability.hold_answers = asyncio.Event()
    paused = asyncio.ensure_future(host.book(slot(0)))
    await eventually(lambda: availability.reservations)
    availability.expire()
    await sweep_holds(deps)
    (lost,) = availability.in_state("freed")
    held, availability.hold_answers = availability.hold_answers, None
    held.set()
    assert (await paused).status == 201
    (kept,) = availability.in_state("held")
    assert await rows(database, "SELECT reservation_id FROM bookings") == [(kept,)]
    assert sorted(await rows(database, FATES)) == sorted([(lost, "abandoned"), (kept, "used")])


async def test_a_hold_lost_twice_is_a_503(
    host: Caller, deps: Deps, availability: FakeAvailability, database: Database
) -> None:
    """Starting over is done once; then the caller is asked to come again."""
    async with database.connection() as connection:
        await connection.execute(
            """
            CREATE FUNCTION decide_first() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN
                IF NEW.fate = 'used' THEN
                    RAISE unique_violation USING CONSTRAINT = 'reservation_fates_pkey';
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER sweeper_is_always_quicker BEFORE INSERT ON reservation_fates
            FOR EACH ROW EXECUTE FUNCTION decide_first()
            """
        )
    reply = await host.book(slot(0))
    assert reply.status == 503
    assert [verb for verb, _ in availability.calls] == ["reserve", "reserve"]
    assert await events(database) == []


async def test_the_worker_outlives_an_outage(
    deps: Deps, event_type: EventType, availability: FakeAvailability
) -> None:
    """Availability away at first: the worker goes on, and sweeps when it is back."""
    left = await _hold(deps, event_type)
    availability.expire()

    class AwayAtFirst:
        asked = 0

        async def expired(self) -> Any:
            self.asked += 1
            if self.asked == 1:
                raise Unavailable("away")
            return await deps.availability.expired()

        free = deps.availability.free

    away: Any = AwayAtFirst()
    tasks = workers(replace(deps, availability=away), asyncio.Event(), every_seconds=0.01)
    async with supervised(*tasks):
        await eventually(lambda: availability.in_state("freed") == {left})
    assert away.asked >= 2


async def test_a_working_process_sweeps(
    settings: dict[str, Any], deps: Deps, event_type: EventType, availability: FakeAvailability
) -> None:
    """`all` runs the sweeper beside the API, and says that its broker is not there."""
    left = await _hold(deps, event_type)
    availability.expire()
    async with running(
        SERVICE, ProcessRole.ALL, **settings, sweep_interval_seconds=0.05
    ) as service:
        await eventually(lambda: availability.in_state("freed") == {left})
        async with service.session.get(f"{service.internal_url}/readyz") as response:
            assert (await response.json())["checks"] == {"database": True, "broker": False}
        assert (await Caller(service, event_type.host.id).book(TOMORROW)).status == 201
