"""Every statement fits the schema, and constraints refuse overlaps and incomplete rows."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from linktime_availability import store
from linktime_availability.domain.errors import ReservationIdTaken, TimeTaken
from linktime_availability.store import reservations
from linktime_common.contracts.internal_api.availability import Reservation
from linktime_common.ids import new_id
from linktime_local.testing.sql_constants import refused_constants, sql_constants


async def test_every_statement_fits_the_schema(world: Any) -> None:
    """PostgreSQL can prepare it on the migrated database."""
    assert len(sql_constants(store)) >= 80
    async with world.database.connection() as connection:
        assert await refused_constants(connection, store) == {}


async def beside(world: Any, minutes: int) -> Reservation:
    """Return another booking's reservation, `minutes` after a held one; not stored."""
    host = await world.host()
    held = await world.held(await world.event_type(host.id), world.clock.now())
    later = timedelta(minutes=minutes)
    return held.model_copy(
        update={
            "reservation_id": new_id(),
            "booking_id": new_id(),
            "start_time": held.start_time + later,
            "end_time": held.end_time + later,
        }
    )


@pytest.mark.parametrize("minutes", [-29, 0, 29])
async def test_the_constraint_refuses_an_overlap(world: Any, minutes: int) -> None:
    """Two bookings never hold the same time."""
    overlapping = await beside(world, minutes)
    async with world.database.connection() as connection:
        with pytest.raises(TimeTaken):
            await reservations.insert_held(connection, overlapping, hold_seconds=60)
        with pytest.raises(TimeTaken):
            await reservations.insert_confirmed(connection, overlapping)


@pytest.mark.parametrize("minutes", [-30, 30])
async def test_the_constraint_allows_touching(world: Any, minutes: int) -> None:
    """Intervals are half-open."""
    touching = await beside(world, minutes)
    async with world.database.connection() as connection:
        await reservations.insert_held(connection, touching, hold_seconds=60)
        with pytest.raises(ReservationIdTaken):
            await reservations.insert_held(connection, touching, hold_seconds=60)


async def test_the_constraint_ignores_the_own_booking_and_freed_time(
    world: Any,
) -> None:
    """A booking being moved holds both times; a freed reservation blocks nothing."""
    host = await world.host()
    event_type = await world.event_type(host.id)
    held = await world.held(event_type, world.clock.now())
    again = held.model_copy(update={"reservation_id": new_id()})
    other = held.model_copy(update={"reservation_id": new_id(), "booking_id": new_id()})
    async with world.database.connection() as connection:
        await reservations.insert_held(connection, again, hold_seconds=60)
        await reservations.free_of_booking(connection, held.booking_id)
        await reservations.insert_held(connection, other, hold_seconds=60)


async def test_a_live_reservation_is_complete(world: Any) -> None:
    """Only tombstones may have an id alone."""
    async with world.database.connection() as connection:
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(
                "INSERT INTO reservations (id, status) VALUES ($1, 'confirmed')", new_id()
            )
