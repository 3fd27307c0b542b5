"""The job that deletes users, with a real database."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest

from linktime_common import owned_rows, user_deletion
from linktime_common.contracts.events.scim import UserDeleted
from linktime_common.ids import new_id
from linktime_common.migrate import IDEMPOTENCY, MESSAGING, USER_DELETION, migrate
from linktime_common.owned_rows import BATCH, BLOCKS, delete_rows, delete_unindexed
from linktime_common.postgres import Database, connect
from linktime_common.user_deletion import (
    delete_users,
    find_state,
    is_deleted,
    on_user_deleted,
    unless_deleted,
)
from linktime_local.testing.databases import TemplateDatabases

OWNER = new_id()
EVENT = UserDeleted(
    occurred_at=datetime.now(UTC),
    owner_id=OWNER,
    aggregate_id=OWNER,
    aggregate_version=1,
    organization_ids=[],
)
ADD_EVENT = """
    INSERT INTO outbox (event_id, routing_key, envelope, published_at)
    VALUES (gen_random_uuid(), 'booking.created.v1', $1, $2)
"""
ADD_ANSWER = """
    INSERT INTO idempotency_records
           (scope, key, method, path, fingerprint, memory, claim, claimed_until, status, answer)
    VALUES ($1, 'key', 'POST', '/', '', '{}', gen_random_uuid(), now(), 200, '')
"""
ADD_PARKED = """
    INSERT INTO parked_messages (id, consumer, routing_key, body, headers, reason)
    VALUES (gen_random_uuid(), 'any', $1, $2, '{}', 'any')
"""
COPIES = """
    SELECT (SELECT count(*) FROM outbox),
           (SELECT count(*) FROM idempotency_records),
           (SELECT count(*) FROM parked_messages)
"""
MAKE_NOTES = """
    CREATE TABLE notes (owner_id uuid NOT NULL, content text NOT NULL);
    CREATE INDEX notes_of_owner ON notes (owner_id);
"""
ADD_NOTES = "INSERT INTO notes SELECT $1, repeat('x', $3) FROM generate_series(1, $2::int)"
COUNT_NOTES = "SELECT count(*) FROM notes WHERE owner_id = $1"


@dataclass
class Service:
    """A service with one table, whose part can fail or wait."""

    database: Database
    failing: bool = False
    waiting: bool = False
    asked: list[UUID] = field(default_factory=list)

    async def delete_own(self, user_id: UUID) -> bool:
        self.asked.append(user_id)
        if self.failing:
            raise RuntimeError
        return not self.waiting

    async def work(self) -> None:
        await delete_users(self.database, self.delete_own)

    async def run(self, statement: str, *values: Any) -> None:
        async with self.database.connection() as connection:
            await connection.execute(statement, *values)

    async def value(self, statement: str, *values: Any) -> Any:
        async with self.database.connection() as connection:
            return await connection.fetchval(statement, *values)

    async def request(self, event: UserDeleted = EVENT) -> None:
        async with self.database.transaction() as connection:
            await on_user_deleted(connection, event)

    async def state(self) -> str:
        async with self.database.connection() as connection:
            return await find_state(connection, OWNER)

    async def copies(self) -> tuple[int, ...]:
        """Return the numbers of events, answers and parked messages."""
        async with self.database.connection() as connection:
            row = await connection.fetchrow(COPIES)
        assert row is not None
        return tuple(row)

    async def become_due(self) -> None:
        await self.run("UPDATE user_deletions SET due_at = now() WHERE due_at < 'infinity'")


@pytest.fixture
async def service(template_databases: TemplateDatabases) -> AsyncIterator[Service]:
    async def prepare(address: str) -> None:
        await migrate(address, MESSAGING, IDEMPOTENCY, USER_DELETION)

    async with template_databases.fresh("user_deletion", prepare) as dsn:
        database = await connect(dsn, application_name="test")
        yield Service(database)
        await database.close()


def event_of(owner: UUID) -> bytes:
    return orjson.dumps({"ownerid": str(owner), "data": {"email": "ann@example.com"}})


@pytest.mark.parametrize("module", [owned_rows, user_deletion])
async def test_statements_fit_the_schema(service: Service, module: Any) -> None:
    found = [
        one
        for name, one in vars(module).items()
        if name.isupper() and isinstance(one, str) and one.split()[0] in {"SELECT", "INSERT"}
    ]
    assert found
    async with service.database.connection() as connection:
        for statement in found:
            await connection.prepare(statement)


async def test_a_user_is_deleted_in_two_runs(service: Service) -> None:
    """The second one, later, is the last; a repeat of the event changes nothing."""
    assert await service.state() == "waiting"
    for _ in range(2):
        await service.request()
    assert await service.state() == "running"
    await service.work()
    await service.work()
    assert (await service.state(), service.asked) == ("done", [OWNER])
    for _ in range(3):
        await service.become_due()
        await service.work()
    await service.request()
    await service.work()
    assert (await service.state(), service.asked) == ("done", [OWNER] * 2)


async def test_copies_of_the_user_are_deleted(service: Service) -> None:
    """Those of others stay, and so does a parked request to delete the user."""
    for owner in (OWNER, new_id()):
        await service.run(ADD_EVENT, event_of(owner), datetime.now(UTC))
        await service.run(ADD_ANSWER, f"user {owner}")
        await service.run(ADD_PARKED, "booking.created.v1", event_of(owner))
    await service.run(ADD_PARKED, UserDeleted.routing_key(), EVENT.envelope())
    await service.request()
    await service.work()
    assert await service.copies() == (1, 1, 2)


async def test_an_event_is_deleted_after_it_is_published(service: Service) -> None:
    """Its consumers need it; the deletion is not done before."""
    await service.run(ADD_EVENT, event_of(OWNER), None)
    await service.request()
    await service.work()
    assert (await service.state(), await service.copies()) == ("running", (1, 0, 0))
    await service.run("UPDATE outbox SET published_at = now()")
    await service.become_due()
    await service.work()
    assert (await service.state(), await service.copies()) == ("done", (0, 0, 0))


async def test_a_run_that_failed_or_waits_is_repeated(service: Service) -> None:
    """A process that stops in the middle leaves the user to another one, after its lease."""
    await service.request()
    service.failing = True
    with pytest.raises(RuntimeError):
        await service.work()
    service.failing, service.waiting = False, True
    await service.work()
    assert (await service.state(), len(service.asked)) == ("running", 1)
    await service.become_due()
    await service.work()
    assert (await service.state(), len(service.asked)) == ("running", 2)
    service.waiting = False
    await service.become_due()
    await service.work()
    assert (await service.state(), len(service.asked)) == ("done", 3)


async def test_a_long_run_is_interrupted_before_its_lease_ends(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then another run continues."""
    monkeypatch.setattr(user_deletion, "WORK_SECONDS", 0.0)
    await service.request()
    await service.work()
    assert await service.state() == "running"
    monkeypatch.undo()
    await service.become_due()
    await service.work()
    assert await service.state() == "done"


async def test_late_events_of_a_deleted_user_are_ignored(service: Service) -> None:
    handled: list[UUID] = []

    async def handle(_connection: Any, event: UserDeleted) -> None:
        handled.append(event.owner_id)

    other = EVENT.model_copy(update={"owner_id": new_id()})
    await service.request()
    async with service.database.transaction() as connection:
        for event in (EVENT, other):
            await unless_deleted(handle)(connection, event)
        assert await is_deleted(connection, OWNER)
    assert handled == [other.owner_id]


@pytest.mark.parametrize("delete", [delete_rows, delete_unindexed])
async def test_rows_are_deleted_in_batches(service: Service, delete: Any) -> None:
    """More than one batch, and more blocks than one statement reads; others' rows stay."""
    other = new_id()
    await service.run(MAKE_NOTES)
    for owner in (OWNER, other, OWNER):
        await service.run(ADD_NOTES, owner, BATCH + 1, 10)
        await service.run(ADD_NOTES, owner, BLOCKS, 7_000)  # about one in a block
    before = await service.value(COUNT_NOTES, other)
    await delete(service.database, "notes", OWNER)
    assert await service.value(COUNT_NOTES, OWNER) == 0
    assert await service.value(COUNT_NOTES, other) == before == BATCH + 1 + BLOCKS


async def test_a_part_of_a_table_is_read_by_its_blocks(service: Service) -> None:
    """Not from its beginning each time."""
    given = "PREPARE part (text, text, text) AS SELECT FROM outbox WHERE "
    async with service.database.connection() as connection:
        await connection.execute(given + owned_rows.IN_BLOCKS)
        plan = await connection.fetch("EXPLAIN EXECUTE part ('', '(0,0)', '(1,0)')")
        await connection.execute("DEALLOCATE part")
    assert "Tid Range Scan" in plan[0][0]
