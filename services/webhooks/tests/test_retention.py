"""Bodies are deleted after 30 days, a day at a time, with their deliveries and attempts."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from services.webhooks.tests.deliveries import ENDED, rows, subscribe, take_in
from services.webhooks.tests.events import booking_created
from services.webhooks.tests.subscribers import Subscriber, dispatching

from linktime_local.testing.databases import FreshDsn
from linktime_local.testing.waiting import eventually
from linktime_webhooks.deps import Deps
from linktime_webhooks.store import deliveries, partitions
from linktime_webhooks.store.deliveries import Allotment, Completed
from linktime_webhooks.store.partitions import PARTITIONED
from linktime_webhooks.use_cases.retain import retain_until

SIZES = """
    SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM delivery_history),
           (SELECT count(*) FROM attempts)
"""


@pytest.fixture
async def dsn(fresh_dsn: FreshDsn) -> AsyncIterator[str]:
    """A database for each test: they create and drop partitions."""
    async with fresh_dsn() as address:
        yield address


async def days(deps: Deps, table: str) -> set[date]:
    async with deps.database.connection() as connection:
        return await partitions.days_of(connection, table)


async def in_default(deps: Deps) -> int:
    async with deps.database.connection() as connection:
        return sum([await partitions.count_default(connection, table) for table in PARTITIONED])


async def test_partitions_are_made_ahead_and_rows_find_them(
    deps: Deps, receiver: Subscriber
) -> None:
    """Today and seven days more; rows of the default partition move to their day."""
    owner, today = uuid4(), datetime.now(UTC).date()
    await subscribe(deps, owner, receiver.url)
    async with dispatching(deps):
        await take_in(deps, booking_created(owner))
        await eventually(lambda: _ended(deps, 1))
        assert await in_default(deps) == 3
        await retain_until(deps.database, today)
        assert await in_default(deps) == 0
        await take_in(deps, booking_created(owner))
        await eventually(lambda: _ended(deps, 2))
    assert await in_default(deps) == 0
    assert await rows(deps, SIZES) == [(2, 2, 2)]
    for table in PARTITIONED:
        assert await days(deps, table) == {today + timedelta(days=n) for n in range(8)}


async def test_expired_rows_are_dropped_with_their_day(deps: Deps, receiver: Subscriber) -> None:
    """30 days later they exist, 31 days later they do not."""
    owner, today = uuid4(), datetime.now(UTC).date()
    await subscribe(deps, owner, receiver.url)
    async with dispatching(deps):
        await take_in(deps, booking_created(owner))
        await eventually(lambda: _ended(deps, 1))
    await retain_until(deps.database, today)
    await retain_until(deps.database, today + timedelta(days=30))
    assert await rows(deps, SIZES) == [(1, 1, 1)]
    await retain_until(deps.database, today + timedelta(days=31))
    assert await rows(deps, SIZES) == [(0, 0, 0)]


async def test_pending_deliveries_of_a_dropped_day_have_failed(
    deps: Deps, receiver: Subscriber
) -> None:
    """Without a body they would stay in the queue for ever."""
    owner, today = uuid4(), datetime.now(UTC).date()
    await subscribe(deps, owner, receiver.url)
    await take_in(deps, booking_created(owner))
    async with deps.database.connection() as connection:
        await connection.execute(
            "UPDATE deliveries SET event_created_at = now() - interval '32 days'"
        )
    await retain_until(deps.database, today)
    assert await rows(deps, ENDED) == [("failed", 0)]
    assert await rows(deps, "SELECT id FROM deliveries") == []


async def test_an_event_is_kept_while_a_request_of_it_is_in_progress(
    deps: Deps, receiver: Subscriber
) -> None:
    """Its result counts; a retry that it plans has failed, as any that waits."""
    owner, dispatcher_id, today = uuid4(), uuid4(), datetime.now(UTC).date()
    endpoint_id, _secret = await subscribe(deps, owner, receiver.url)
    await retain_until(deps.database, today)
    await take_in(deps, booking_created(owner), booking_created(owner))
    async with deps.database.connection() as connection:
        allotted = [Allotment(endpoint_id, False, 2)]
        claimed = await deliveries.claim(connection, allotted, owner=dispatcher_id)
    later = today + timedelta(days=31)
    await retain_until(deps.database, later)
    assert await rows(deps, ENDED) == []
    assert await rows(deps, "SELECT count(*) FROM events") == [(2,)]
    results = [
        Completed(one.id, 0, 1, state, "any", 0.0)
        for one, state in zip(claimed, ["delivered", "pending"], strict=True)
    ]
    async with deps.database.connection() as connection:
        assert len(await deliveries.complete(connection, results, owner=dispatcher_id)) == 2
        assert await partitions.expire_live(connection, before=later, limit=10) == 1
    assert sorted(await rows(deps, ENDED)) == [("delivered", 1), ("failed", 1)]
    await retain_until(deps.database, later)
    assert await rows(deps, "SELECT count(*) FROM events") == [(0,)]


async def test_ids_seen_are_forgotten_after_a_month(deps: Deps) -> None:
    """Longer than the broker can hold a duplicate; newer ones are kept."""
    async with deps.database.connection() as connection:
        await connection.execute(
            "INSERT INTO events_seen SELECT gen_random_uuid(), now() - make_interval(days => n)"
            " FROM unnest(ARRAY [29, 31, 32]) AS n"
        )
    await retain_until(deps.database, datetime.now(UTC).date())
    assert await rows(deps, "SELECT count(*) FROM events_seen") == [(1,)]


async def test_two_processes_make_partitions_at_once(deps: Deps) -> None:
    """The second finds them created."""
    today = datetime.now(UTC).date()
    await asyncio.gather(*(retain_until(deps.database, today) for _ in range(3)))
    assert len(await days(deps, "events")) == 8


async def _ended(deps: Deps, number: int) -> bool:
    return len(await rows(deps, ENDED)) == number
