"""Bookings' events in any order and number lead to the same reservations."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from services.availability.tests.stories import HALF_HOUR, NAMES, TEN, begin

from linktime_availability.domain.errors import (
    ReservationFreed,
    ReservationIdTaken,
    TimeTaken,
)
from linktime_availability.use_cases.apply_booking import apply_created
from linktime_availability.use_cases.free_reservation import free_reservation
from linktime_availability.use_cases.reserve import reserve
from linktime_availability.use_cases.resync import resync
from linktime_common.contracts.internal_api.availability import RefusedReservation, Reservation
from linktime_common.contracts.internal_api.resync import Resync, VersionedBooking
from linktime_common.ids import new_id

REPEATS: dict[str, Callable[[Sequence[str]], list[str]]] = {
    "once": list,
    "each twice in a row": lambda names: [name for name in names for _ in range(2)],
    "all of them again": lambda names: [*names, *names],
    "all of them again, backwards": lambda names: [*names, *reversed(names)],
}


@pytest.mark.parametrize("reserved", [True, False], ids=["reserved", "reservations lost"])
@pytest.mark.parametrize("repeated", REPEATS)
@pytest.mark.parametrize("names", [NAMES, NAMES[:3]], ids=["cancelled", "kept"])
async def test_every_order_ends_in_the_same_state(
    world: Any, names: tuple[str, ...], repeated: str, reserved: bool
) -> None:
    """The last version decides, whatever the order and the repeats."""
    last = "freed" if "cancelled" in names else "confirmed"
    for order in itertools.permutations(names):
        story = await begin(world)
        if reserved:
            await story.reserve_all()
        consumed = REPEATS[repeated](order)
        await story.apply(*consumed)
        assert await story.statuses() == ["freed", "freed", last], consumed
        assert await world.live(story.host.id) == (last == "confirmed")


async def test_old_event_frees_its_previous_reservation(world: Any) -> None:
    """The newest event names only its direct predecessor."""
    story = await begin(world)
    await story.reserve_all()
    await story.apply("moved again")
    assert await story.statuses() == ["held", "freed", "confirmed"]
    await story.apply("moved")
    assert await story.statuses() == ["freed", "freed", "confirmed"]


async def test_lost_event_leaks_no_reservation(world: Any) -> None:
    """A newer version frees the known reservation of the older one."""
    story = await begin(world)
    await story.reserve_all()
    await story.apply("created", "moved again")
    assert await story.statuses() == ["freed", "freed", "confirmed"]


async def test_only_the_bookings_own_reservation_is_confirmed(world: Any) -> None:
    """A hold of a pending move is not changed."""
    story = await begin(world)
    await story.reserve_all()
    await story.apply("created")
    assert await story.statuses() == ["confirmed", "held", "held"]


async def test_missing_reservation_is_created_from_the_event(world: Any) -> None:
    """It blocks its time and buffers, and a late reserve with its id returns it."""
    story = await begin(world)
    await story.apply("created")
    assert await story.statuses() == ["confirmed", None, None]
    assert (await world.reserve(story.event_type, TEN)).rule == "busy"
    assert (await world.reserve(story.event_type, TEN - HALF_HOUR)).rule == "buffer"
    request = world.request(
        story.event_type,
        TEN,
        reservation_id=story.reservation_ids[0],
        booking_id=story.booking_id,
    )
    answer = await reserve(request, world.deps)
    assert isinstance(answer, Reservation)
    assert answer.reservation_id == story.reservation_ids[0]


async def test_missing_reservation_whose_time_is_taken(world: Any) -> None:
    """The handler fails, so that the message is retried and parked; the other booking stays."""
    story = await begin(world)
    other = await world.held(story.event_type, TEN)
    with pytest.raises(TimeTaken):
        await story.apply("created")
    assert await story.statuses() == [None, None, None]
    await free_reservation(other.reservation_id, world.deps)
    await story.apply("created")
    assert await story.statuses() == ["confirmed", None, None]


async def test_creations_in_one_transaction(world: Any) -> None:
    """Held, lost, known, older than the known version, and repeated."""
    held, lost, known, moved = [await begin(world) for _ in range(4)]
    for story in (held, known, moved):
        await story.reserve_all()
    await known.apply("created")
    await moved.apply("moved")
    events = [story.event("created") for story in (held, lost, known, moved, held)]
    async with world.database.transaction() as connection:
        await apply_created(connection, events)
    assert await held.statuses() == ["confirmed", "held", "held"]
    assert await lost.statuses() == ["confirmed", None, None]
    assert await known.statuses() == ["confirmed", "held", "held"]
    assert await moved.statuses() == ["freed", "confirmed", "held"]
    await held.apply("cancelled")
    assert await held.statuses() == ["freed", "freed", "freed"]


async def test_a_freed_reservation_is_not_revived_by_its_event(world: Any) -> None:
    """A direct call freed it before the event arrived: the creation fails until that event is
    applied, and is old afterwards."""
    story = await begin(world)
    await story.reserve_all()
    await free_reservation(story.reservation_ids[0], world.deps)
    with pytest.raises(ReservationFreed):
        await story.apply("created")
    await story.apply("moved", "created")
    assert await story.statuses() == ["freed", "confirmed", "held"]


async def test_a_reservation_of_another_booking_is_not_taken_over(world: Any) -> None:
    """A reservation belongs to one booking."""
    story = await begin(world)
    held = await world.held(story.event_type, TEN)
    story.reservation_ids = (held.reservation_id, new_id(), new_id())
    with pytest.raises(ReservationIdTaken):
        await story.apply("created")
    assert await world.statuses(held.reservation_id) == ["held"]


async def test_a_late_reserve_of_a_cancelled_booking_is_refused(world: Any) -> None:
    """Its cancellation was applied before the reserve arrived."""
    story = await begin(world)
    await story.apply("cancelled")
    request = world.request(
        story.event_type,
        story.start(2),
        reservation_id=story.reservation_ids[2],
        booking_id=story.booking_id,
    )
    with pytest.raises(ReservationFreed):
        await reserve(request, world.deps)


async def test_resync_of_an_empty_database(world: Any) -> None:
    """All entries are applied; the second time, none is newer."""
    story, gone = await begin(world), await begin(world)
    page = Resync(
        bookings=[
            VersionedBooking(booking=story.state(1), version=1_001),
            VersionedBooking(booking=gone.state(2, cancelled=True), version=1_003),
        ]
    )
    assert await resync(page, world.deps) == 2
    assert await story.statuses() == [None, "confirmed", None]
    assert await gone.statuses() == [None, None, "freed"]
    assert await resync(page, world.deps) == 0


async def test_resync_frees_the_reservation_of_a_lost_event(world: Any) -> None:
    """The old time is freed; the hold of a pending move is not changed."""
    story = await begin(world)
    await story.reserve_all()
    await story.apply("created")
    page = Resync(bookings=[VersionedBooking(booking=story.state(1), version=1_001)])
    assert await resync(page, world.deps) == 1
    assert await story.statuses() == ["freed", "confirmed", "held"]


async def test_failed_booking_does_not_stop_a_resync(world: Any) -> None:
    """The next booking of the page is applied."""
    story, fine = await begin(world), await begin(world)
    await world.held(story.event_type, TEN)
    page = Resync(
        bookings=[
            VersionedBooking(booking=story.state(0), version=1_000),
            VersionedBooking(booking=fine.state(0), version=1_000),
        ]
    )
    assert await resync(page, world.deps) == 1
    assert await fine.statuses() == ["confirmed", None, None]
    assert isinstance(await world.reserve(fine.event_type, TEN), RefusedReservation)
