"""All rows of a deleted owner, with a real database."""

from datetime import UTC, datetime
from functools import partial
from uuid import UUID, uuid4

import pytest
from services.webhooks.tests.deliveries import rows, subscribe, take_in
from services.webhooks.tests.events import booking_created, contact_created
from services.webhooks.tests.rows import add_attempt, end_all, live

from linktime_common.contracts.events.scim import UserDeleted
from linktime_common.user_deletion import delete_users
from linktime_webhooks.consumers import HANDLERS
from linktime_webhooks.deps import Deps
from linktime_webhooks.domain.delivery import DeliveryState
from linktime_webhooks.store import owner_deletion
from linktime_webhooks.use_cases.delete_owner import delete_owner

URL = "http://127.0.0.1:9/hook"
TABLES = (
    *("attempts", "deliveries", "delivery_history", "endpoint_health", "endpoint_secrets"),
    *("endpoint_turns", "endpoints", "events", "replay_events", "replays", "erasure_rounds"),
)
ADD_OTHERS = """
    WITH replayed AS (
        INSERT INTO replays (id, endpoint_id, since, until, states)
        SELECT gen_random_uuid(), id, now(), now(), '{}' FROM endpoints WHERE owner_id = $1
        RETURNING id
    ),
    chosen AS (
        INSERT INTO replay_events SELECT id, now(), gen_random_uuid() FROM replayed
    ),
    turns AS (
        INSERT INTO endpoint_turns (endpoint_id) SELECT id FROM endpoints WHERE owner_id = $1
    )
    INSERT INTO erasure_rounds (erasure_id, round, owner_id, emails, phones, ids, requested_at)
    VALUES (gen_random_uuid(), 1, $1, '{}', '{}', '{}', now())
"""
CLAIM = "UPDATE deliveries SET lease_until = now() + interval '1 hour', lease_owner = $1"
RELEASE = "UPDATE deliveries SET lease_until = NULL, lease_owner = NULL"


async def run(deps: Deps, statement: str, *values: object) -> None:
    async with deps.database.connection() as connection:
        await connection.execute(statement, *values)


async def apply_deleted(deps: Deps, owner: UUID) -> None:
    event = UserDeleted(
        occurred_at=datetime.now(UTC),
        owner_id=owner,
        aggregate_id=owner,
        aggregate_version=1,
        organization_ids=[],
    )
    handler = HANDLERS[UserDeleted]
    assert callable(handler)
    async with deps.database.transaction() as connection:
        await handler(connection, event)


async def work(deps: Deps) -> None:
    await run(deps, "UPDATE user_deletions SET due_at = now() WHERE runs < 2")
    await delete_users(deps.database, partial(delete_owner, deps.database))


async def counts(deps: Deps) -> dict[str, object]:
    """Return the number of rows of each table."""
    return {table: (await rows(deps, f"SELECT count(*) FROM {table}"))[0][0] for table in TABLES}


async def fill(deps: Deps, owner: UUID) -> None:
    """Let the owner have rows in every table: ended and waiting deliveries with attempts."""
    await subscribe(deps, owner, URL)
    for events in ([booking_created(owner), contact_created(owner)], [booking_created(owner)]):
        await end_all(deps.database, DeliveryState.DELIVERED)
        await take_in(deps, *events)
        for delivery in await live(deps.database):
            ids = str(delivery["id"]), str(delivery["endpoint_id"])
            await add_attempt(deps.database, *ids, body=b"Zoe is here")
    await run(deps, ADD_OTHERS, owner)


@pytest.mark.parametrize("batch", [1, owner_deletion.BATCH])
async def test_only_the_rows_of_the_owner_are_deleted(
    deps: Deps, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """In batches, twice; also of an endpoint that was deleted before."""
    monkeypatch.setattr(owner_deletion, "BATCH", batch)
    owner, other = uuid4(), uuid4()
    await fill(deps, other)
    await end_all(deps.database, DeliveryState.DELIVERED)
    before = await counts(deps)
    await fill(deps, owner)
    await run(deps, "UPDATE endpoints SET deleted_at = now() WHERE owner_id = $1", owner)
    await subscribe(deps, owner, URL)
    after = await counts(deps)
    assert all(after[table] > before[table] for table in TABLES), after  # type: ignore[operator]
    for _ in range(2):
        await apply_deleted(deps, owner)
        await work(deps)
    assert await counts(deps) == before


async def test_a_delivery_that_is_being_sent_is_recorded_first(deps: Deps) -> None:
    """Its dispatcher does not find itself without a row."""
    owner = uuid4()
    await fill(deps, owner)
    await run(deps, CLAIM, uuid4())
    await apply_deleted(deps, owner)
    await work(deps)
    assert (await counts(deps))["deliveries"] == 1
    assert await rows(deps, "SELECT url, events FROM endpoints") == [("", [])]
    await run(deps, RELEASE)
    await work(deps)
    assert not any((await counts(deps)).values())


async def test_late_events_are_not_stored(deps: Deps) -> None:
    owner = uuid4()
    await fill(deps, owner)
    await apply_deleted(deps, owner)
    await work(deps)
    await take_in(deps, booking_created(owner), contact_created(owner))
    assert not any((await counts(deps)).values())
