"""All rows of a deleted host: event types, schedules, calendars, reservations."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from services.availability.tests.calendar_rows import (
    ADD_LINK,
    ADD_OBJECT,
    WITH_ZOE,
    add,
    calendar_of,
)
from services.availability.tests.stories import Story, begin

from linktime_availability.consumers import HANDLERS
from linktime_availability.domain.errors import EventTypeNotFound, HostNotFound
from linktime_availability.store.host_deletion import INDEXED, delete_host
from linktime_availability.use_cases.find_host import find_open_host
from linktime_availability.use_cases.resync import resync
from linktime_common import owned_rows
from linktime_common.contracts.events.scim import UserDeleted, UserState, UserUpdated
from linktime_common.contracts.internal_api.resync import Resync, VersionedBooking
from linktime_common.contracts.internal_api.scim import DirectoryUser
from linktime_common.ids import new_id
from linktime_common.user_deletion import delete_users

ADD_OTHERS = """
    WITH policies AS (
        INSERT INTO calendar_policies VALUES ($1, 'fail_open')
    ),
    slugs AS (
        INSERT INTO former_slugs (host_id, slug, event_type_id)
        SELECT $1, 'old-' || id, id FROM event_types WHERE host_id = $1
    ),
    named AS (
        INSERT INTO other_schedules VALUES (gen_random_uuid(), $1, 'Summer', 'UTC', '{}', '{}')
    ),
    overridden AS (
        INSERT INTO schedule_overrides VALUES ($1, '2026-03-02', '[]')
    ),
    away AS (
        INSERT INTO time_off (id, host_id, name, first_date, last_date)
        VALUES (gen_random_uuid(), $1, 'Away', '2026-03-02', '2026-03-03')
    ),
    holidays AS (
        INSERT INTO holiday_settings VALUES ($1, 'DE', NULL, '{}')
    ),
    shown AS (
        INSERT INTO brands (host_id, accent_colour) VALUES ($1, '#1a73e8')
    )
    INSERT INTO erasure_rounds (erasure_id, round, owner_id, emails, phones, ids, requested_at)
    VALUES (gen_random_uuid(), 1, $1, '{}', '{}', '{}', now())
"""
ADD_BUSY = """
    INSERT INTO busy_intervals
    VALUES ($1, $2, 'a.ics', '2026-03-02T09:00Z', '2026-03-02T10:00Z')
"""
OTHERS = ("busy_intervals", "reservations")


async def apply(world: Any, event: Any) -> None:
    async with world.database.transaction() as connection:
        await HANDLERS[type(event)](connection, event)


def deleted(host_id: UUID) -> UserDeleted:
    return UserDeleted(
        occurred_at=datetime.now(UTC),
        owner_id=host_id,
        aggregate_id=host_id,
        aggregate_version=1,
        organization_ids=[],
    )


def updated(user: UserState, version: int) -> UserUpdated:
    return UserUpdated(
        occurred_at=datetime.now(UTC),
        owner_id=user.id,
        aggregate_id=user.id,
        aggregate_version=version,
        user=user,
    )


async def work(world: Any) -> None:
    await add(world, "UPDATE user_deletions SET due_at = now() WHERE runs < 2")
    await delete_users(world.database, partial(delete_host, world.database))


async def rows_of(world: Any, host_id: UUID) -> dict[str, int]:
    found = {}
    async with world.database.connection() as connection:
        for table, condition in (*INDEXED, *((one, "host_id = $1") for one in OTHERS)):
            query = f"SELECT count(*) FROM {table} WHERE {condition}"
            found[table] = await connection.fetchval(query, host_id)
        query = "SELECT count(*) FROM erasure_rounds WHERE owner_id = $1"
        found["erasure_rounds"] = await connection.fetchval(query, host_id)
    return found


async def busy_host(world: Any) -> Story:
    """Return a story whose host has rows in every table: a freed and a confirmed reservation."""
    story = await begin(world)
    await story.reserve_all()
    await story.apply("created", "moved")
    host_id = story.host.id
    calendar = await calendar_of(world, host_id)
    await add(world, ADD_OBJECT, calendar, host_id, "a.ics", WITH_ZOE)
    await add(world, ADD_LINK, new_id(), host_id, calendar, None, "a.ics")
    await add(world, ADD_BUSY, calendar, host_id)
    await add(world, ADD_OTHERS, host_id)
    return story


async def versions(world: Any, story: Story) -> int:
    async with world.database.connection() as connection:
        query = "SELECT count(*) FROM booking_versions WHERE booking_id = $1"
        found: int = await connection.fetchval(query, story.booking_id)
    return found


@pytest.mark.parametrize("batch", [1, owned_rows.BATCH])
async def test_only_the_rows_of_the_host_are_deleted(
    world: Any, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """In batches, twice; versions of the bookings, too."""
    monkeypatch.setattr(owned_rows, "BATCH", batch)
    story, other = await busy_host(world), await busy_host(world)
    before = await rows_of(world, other.host.id)
    assert all(before.values()), before
    for _ in range(2):
        await apply(world, deleted(story.host.id))
        await work(world)
    assert not any((await rows_of(world, story.host.id)).values())
    assert await rows_of(world, other.host.id) == before
    assert (await versions(world, story), await versions(world, other)) == (0, 1)


async def test_an_interrupted_job_is_continued(world: Any) -> None:
    """Between two tables."""
    story = await busy_host(world)
    host_id = story.host.id
    await add(
        world,
        f"""
        CREATE FUNCTION refuse_deletion() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'not now'; END $$;
        CREATE TRIGGER fails BEFORE DELETE ON schedules FOR EACH ROW
        WHEN (OLD.host_id = '{host_id}') EXECUTE FUNCTION refuse_deletion()
        """,
    )
    await apply(world, deleted(host_id))
    with pytest.raises(Exception, match="not now"):
        await work(world)
    found = await rows_of(world, host_id)
    assert (found["calendars"], found["schedules"], found["hosts"]) == (0, 1, 1)
    await add(world, "DROP FUNCTION refuse_deletion CASCADE")
    await work(world)
    assert not any((await rows_of(world, host_id)).values())


async def test_a_booking_that_arrives_meanwhile_is_refused(world: Any) -> None:
    """As soon as the event has arrived, and after the rows are deleted."""
    host = await world.host()
    event_type = await world.event_type(host.id)
    start = world.clock.now() + timedelta(hours=1)
    await world.held(event_type, start)
    await apply(world, deleted(host.id))
    for _ in range(2):
        with pytest.raises(EventTypeNotFound):
            await world.reserve(event_type, start + timedelta(hours=1))
        with pytest.raises(HostNotFound):
            await find_open_host(host.username, world.deps)
        await work(world)


async def test_late_events_and_a_resync_restore_nothing(world: Any) -> None:
    """Before and after the rows are deleted."""
    story = await busy_host(world)
    user = story.host
    for version in (10, 11):
        await apply(world, deleted(user.id))
        await apply(world, updated(user, version))
        await story.apply("moved again", "cancelled")
        page = Resync(
            users=[DirectoryUser(user=user, version=version + 10)],
            bookings=[VersionedBooking(booking=story.state(2), version=version)],
        )
        assert await resync(page, world.deps) == 0
        with pytest.raises(HostNotFound):
            await find_open_host(user.username, world.deps)
        await work(world)
    assert not any((await rows_of(world, user.id)).values())
