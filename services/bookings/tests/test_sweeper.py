"""Expired holds, and creations that were paused until their hold expired."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from services.bookings.tests.calls import FIRST_START, Caller, slot
from services.bookings.tests.fakes import PAGE, EventType, FakeAvailability
from services.bookings.tests.rows import events, lock_waiters, rows
from services.bookings.tests.surroundings import Surroundings, surroundings_of

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
from linktime_local.testing.databases import TemplateDatabases
from linktime_local.testing.services import running
from linktime_local.testing.waiting import eventually

FATES = "SELECT reservation_id, fate FROM reservation_fates"


async def _hold(deps: Deps, event_type: EventType, number: int = 0) -> UUID:
    """Return a hold without a booking."""
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


@pytest.fixture
async def prepared(
    template_databases: TemplateDatabases,
) -> AsyncIterator[Surroundings]:
    """Of each test: one changes the schema."""
    async with surroundings_of(template_databases) as made:
        yield made


async def test_hold_without_a_booking_is_freed(
    deps: Deps, event_type: EventType, availability: FakeAvailability, database: Database
) -> None:
    """The fate is written first; an unexpired hold is not changed."""
    left, young = await _hold(deps, event_type, 0), await _hold(deps, event_type, 1)
    availability.expire([left])
    await sweep_holds(deps)
    assert availability.in_state("freed") == {left}
    assert availability.in_state("held") == {young}
    assert await rows(database, FATES) == [(left, "abandoned")]


async def test_hold_with_a_booking_is_confirmed(
    host: Caller, deps: Deps, availability: FakeAvailability
) -> None:
    """The sweeper confirms it if the event is late."""
    await host.booked(slot(0))
    (used,) = availability.in_state("held")
    availability.expire()
    await sweep_holds(deps)
    assert availability.in_state("confirmed") == {used}


async def test_concurrent_sweeps(
    host: Caller, deps: Deps, event_type: EventType, availability: FakeAvailability
) -> None:
    """More than one page of holds, half of them used, swept by two."""
    for number in range(PAGE):  # one by one: a crowd would only test how long each may wait
        await host.booked(slot(number))
    used = availability.in_state("held")
    left = {await _hold(deps, event_type, PAGE + number) for number in range(PAGE)}
    availability.expire()
    await asyncio.gather(sweep_holds(deps), sweep_holds(deps))
    assert availability.in_state("confirmed") == used
    assert availability.in_state("freed") == left


async def test_failed_calls_are_retried_by_the_next_sweep(
    deps: Deps, event_type: EventType, availability: FakeAvailability
) -> None:
    """A sweep ends although `free` fails; the next one frees the hold."""
    left = await _hold(deps, event_type)
    availability.expire()
    availability.fails_settling = True
    await sweep_holds(deps)
    availability.fails_settling = False
    assert availability.in_state("held") == {left}
    await sweep_holds(deps)
    assert availability.in_state("freed") == {left}


async def test_sweep_waits_for_a_commit(
    deps: Deps,
    event_type: EventType,
    availability: FakeAvailability,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The wait for a transaction that uses the hold is limited."""
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


async def test_paused_creation_whose_slot_is_taken(
    host: Caller, deps: Deps, availability: FakeAvailability, database: Database
) -> None:
    """The hold was swept and the slot booked meanwhile: 409."""
    availability.reply_gate = asyncio.Event()
    paused = asyncio.ensure_future(host.book(slot(0)))
    await eventually(lambda: availability.reservations)
    availability.expire()
    await sweep_holds(deps)
    held, availability.reply_gate = availability.reply_gate, None
    winner = await host.booked(slot(0), inviteeName="Quicker")
    held.set()
    reply = await paused
    assert (reply.status, reply.body) == (
        409,
        {"error": "This time is already taken", "code": "slot_taken"},
    )
    assert [str(id_) for (id_,) in await rows(database, "SELECT id FROM bookings")] == [winner]
    assert await events(database) == ["booking.created"]
    assert len(availability.in_state("held")) == 1


async def test_paused_creation_reserves_again(
    host: Caller, deps: Deps, availability: FakeAvailability, database: Database
) -> None:
    """The hold was swept and the slot is free: booked with a new reservation."""
    availability.reply_gate = asyncio.Event()
    paused = asyncio.ensure_future(host.book(slot(0)))
    await eventually(lambda: availability.reservations)
    availability.expire()
    await sweep_holds(deps)
    (lost,) = availability.in_state("freed")
    held, availability.reply_gate = availability.reply_gate, None
    held.set()
    assert (await paused).status == 201
    (kept,) = availability.in_state("held")
    assert await rows(database, "SELECT reservation_id FROM bookings") == [(kept,)]
    assert sorted(await rows(database, FATES)) == sorted([(lost, "abandoned"), (kept, "used")])


async def test_a_hold_lost_twice_is_a_503(
    host: Caller, deps: Deps, availability: FakeAvailability, database: Database
) -> None:
    """Reserving again is done once; then 503."""
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


async def test_worker_continues_after_an_outage(
    deps: Deps, event_type: EventType, availability: FakeAvailability
) -> None:
    """Availability is unavailable at first: the worker sweeps when it is back."""
    left = await _hold(deps, event_type)
    availability.expire()

    class FailsOnce:
        asked = 0

        async def expired(self) -> Any:
            self.asked += 1
            if self.asked == 1:
                raise Unavailable("failing")
            return await deps.availability.expired()

        free = deps.availability.free

    failing: Any = FailsOnce()
    tasks = workers(replace(deps, availability=failing), asyncio.Event(), every_seconds=0.01)
    async with supervised(*tasks):
        await eventually(lambda: availability.in_state("freed") == {left})
    assert failing.asked >= 2


async def test_a_working_process_sweeps(
    settings: dict[str, Any], deps: Deps, event_type: EventType, availability: FakeAvailability
) -> None:
    """`all` runs the sweeper beside the API, also without a broker."""
    left = await _hold(deps, event_type)
    availability.expire()
    async with running(
        SERVICE, ProcessRole.ALL, **settings, sweep_interval_seconds=0.05
    ) as service:
        await eventually(lambda: availability.in_state("freed") == {left})

        async def is_as_expected() -> bool:
            async with service.session.get(f"{service.internal_url}/readyz") as response:
                checks = (await response.json())["checks"]
            return bool(checks == {"database": True, "broker": False, "consumer": False})

        # A busy machine may exceed the time limit of a check.
        await eventually(is_as_expected)
        assert (await Caller(service, event_type.host.id).book(FIRST_START)).status == 201
