"""The operator restores bookings whose reservation is lost or whose version is too new."""

from typing import Any

from services.availability.tests.stories import TEN, Story, begin

from linktime_availability.use_cases.free_reservation import free_reservation
from linktime_availability.use_cases.restore_bookings import restore_bookings
from linktime_common.contracts.internal_api.resync import SeenBooking


def seen(story: Story, number: int, *, version: int, before: int | None) -> SeenBooking:
    return SeenBooking(booking=story.state(number), version=version, seen=before)


async def test_a_freed_reservation_takes_its_time_again(world: Any) -> None:
    """A second time changes nothing."""
    story = await begin(world)
    await story.apply("created")
    await free_reservation(story.reservation_ids[0], world.deps)
    for _ in range(2):
        entry = seen(story, 0, version=1_000, before=1_000)
        assert await restore_bookings([entry], world.deps) == []
        assert await story.statuses() == ["confirmed", None, None]


async def test_a_newer_version_gives_way_to_the_owners(world: Any) -> None:
    """bookings was restored to before the move: the old time counts again."""
    story = await begin(world)
    await story.apply("created", "moved")
    await free_reservation(story.reservation_ids[1], world.deps)
    entry = seen(story, 0, version=1_000, before=1_001)
    assert await restore_bookings([entry], world.deps) == []
    assert await story.statuses() == ["confirmed", "freed", None]


async def test_what_changed_since_the_comparison_stays(world: Any) -> None:
    """The booking was cancelled after it was seen."""
    story = await begin(world)
    await story.apply("created", "cancelled")
    entry = seen(story, 0, version=1_000, before=1_000)
    assert await restore_bookings([entry], world.deps) == []
    assert "confirmed" not in await story.statuses()


async def test_a_time_that_is_taken_is_named(world: Any) -> None:
    """Nothing is changed, and the next booking is restored."""
    lost, fine = await begin(world), await begin(world)
    await world.held(lost.event_type, TEN)
    entries = [seen(one, 0, version=1_000, before=None) for one in (lost, fine)]
    assert await restore_bookings(entries, world.deps) == [lost.booking_id]
    assert await lost.statuses() == [None, None, None]
    assert await fine.statuses() == ["confirmed", None, None]
