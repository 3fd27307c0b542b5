"""The job that does rounds of erasures, with a real database."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest

from linktime_common import copies, erased_keys, erasure
from linktime_common.contracts.events.contacts import ErasureRequested
from linktime_common.copies import PAGE
from linktime_common.erased_person import ErasedPerson
from linktime_common.erasure import ErasureRound, add_round, do_rounds
from linktime_common.ids import new_id
from linktime_common.migrate import ERASURE, IDEMPOTENCY, MESSAGING, migrate
from linktime_common.postgres import Connection, Database, connect
from linktime_common.redaction import ERASED_EMAIL, hashed
from linktime_local.testing.databases import TemplateDatabases

OWNER, CONTACT = new_id(), new_id()
EMAIL = "zoe@example.com"
REQUEST = ErasureRequested(
    occurred_at=datetime.now(UTC),
    owner_id=OWNER,
    aggregate_id=new_id(),
    aggregate_version=1,
    contact_ids=[CONTACT],
    booking_ids=[],
    emails=[EMAIL],
    phones=[],
    requested_at=datetime(2100, 1, 1, tzinfo=UTC),
)
ADD_EVENT = """
    INSERT INTO outbox (event_id, routing_key, envelope, published_at)
    VALUES (gen_random_uuid(), 'booking.created.v1', $1, $2)
"""
ADD_OTHERS = """
    INSERT INTO outbox (event_id, routing_key, envelope, published_at)
    SELECT gen_random_uuid(), 'booking.created.v1', '{}', now() FROM generate_series(1, $1::int)
"""
ADD_ANSWER = """
    INSERT INTO idempotency_records
           (scope, key, method, path, fingerprint, memory, claim, claimed_until, status, answer)
    VALUES ($1, $2, 'POST', '/', '', '{}', gen_random_uuid(), now(), 200, $3)
"""
ADD_PARKED = """
    INSERT INTO parked_messages (id, consumer, routing_key, body, headers, reason)
    VALUES (gen_random_uuid(), 'any', $1, $2, '{}', 'any')
"""
PLACES = """
    SELECT (SELECT count(*) FROM outbox WHERE position($1::bytea IN envelope) > 0),
           (SELECT count(*) FROM idempotency_records WHERE position($1::bytea IN answer) > 0),
           (SELECT count(*) FROM parked_messages WHERE position($1::bytea IN body) > 0)
"""


@dataclass
class Service:
    """A service with no tables of its own, whose part can fail."""

    database: Database
    failing: bool = False
    confirmed: list[int] = field(default_factory=list)

    async def erase(self, _database: Database, _person: ErasedPerson) -> Sequence[UUID]:
        if self.failing:
            raise RuntimeError
        return ()

    async def confirm(self, _connection: Connection, one: ErasureRound) -> None:
        self.confirmed.append(one.number)

    async def work(self) -> None:
        await do_rounds(self.database, self.erase, self.confirm)

    async def run(self, statement: str, *values: Any) -> None:
        async with self.database.connection() as connection:
            await connection.execute(statement, *values)

    async def request(self, event: ErasureRequested = REQUEST) -> None:
        async with self.database.transaction() as connection:
            await add_round(connection, event)

    async def places(self, text: str = EMAIL) -> tuple[int, ...]:
        """Return how many events, answers and parked messages have the text."""
        async with self.database.connection() as connection:
            row = await connection.fetchrow(PLACES, text.encode())
        assert row is not None
        return tuple(row)

    async def keys(self) -> list[str]:
        """Return all Idempotency-Keys, sorted."""
        async with self.database.connection() as connection:
            rows = await connection.fetch("SELECT key FROM idempotency_records")
        return sorted(row["key"] for row in rows)

    async def become_due(self) -> None:
        await self.run("UPDATE erasure_rounds SET due_at = now()")


@pytest.fixture
async def service(template_databases: TemplateDatabases) -> AsyncIterator[Service]:
    async def prepare(address: str) -> None:
        await migrate(address, MESSAGING, IDEMPOTENCY, ERASURE)

    async with template_databases.fresh("erasure", prepare) as dsn:
        database = await connect(dsn, application_name="test")
        yield Service(database)
        await database.close()


def event(owner: UUID = OWNER, email: str = EMAIL) -> bytes:
    data = {"booking": {"inviteeName": "Zoë", "inviteeEmail": email}}
    return orjson.dumps({"ownerid": str(owner), "data": data})


@pytest.mark.parametrize("module", [copies, erased_keys, erasure])
async def test_statements_fit_the_schema(service: Service, module: Any) -> None:
    found = [one for name, one in vars(module).items() if name.isupper() and isinstance(one, str)]
    assert found
    async with service.database.connection() as connection:
        for statement in found:
            await connection.prepare(statement)


async def test_copies_are_erased_on_every_page(service: Service) -> None:
    """And those of another host of the same person stay."""
    now = datetime.now(UTC)
    for _ in range(3):
        await service.run(ADD_EVENT, event(), now)
        await service.run(ADD_OTHERS, PAGE)
    await service.run(ADD_EVENT, event(new_id()), now)
    await service.run(ADD_ANSWER, f"user {OWNER}", "mine", event())
    await service.run(ADD_ANSWER, "invitee", "theirs", event() + b" ")
    by_id = orjson.dumps({"id": str(CONTACT), "inviteeEmail": EMAIL})
    await service.run(ADD_ANSWER, "invitee", "of the contact", by_id)
    await service.run(ADD_PARKED, "booking.created.v1", event())
    await service.request()
    await service.work()
    assert await service.places() == (1, 1, 0)
    assert await service.places(ERASED_EMAIL) == (3, 2, 1)
    assert service.confirmed == [1]


async def test_an_event_is_erased_after_it_is_published(service: Service) -> None:
    """Its consumers need it; the round is not confirmed before."""
    await service.run(ADD_EVENT, event(), None)
    await service.request()
    await service.work()
    assert (await service.places(), service.confirmed) == ((1, 0, 0), [])
    await service.run("UPDATE outbox SET published_at = now()")
    await service.become_due()
    await service.work()
    assert (await service.places(), service.confirmed) == ((0, 0, 0), [1])


async def test_a_round_that_failed_is_done_again(service: Service) -> None:
    """A process that stops in the middle leaves the round to another one, after its lease."""
    await service.run(ADD_EVENT, event(), datetime.now(UTC))
    await service.request()
    service.failing = True
    with pytest.raises(RuntimeError):
        await service.work()
    service.failing = False
    await service.work()
    assert (await service.places(), service.confirmed) == ((1, 0, 0), [])
    await service.become_due()
    await service.work()
    await service.become_due()
    await service.work()
    assert (await service.places(), service.confirmed) == ((0, 0, 0), [1])


async def test_a_round_that_is_requested_twice_is_one(service: Service) -> None:
    await service.request()
    await service.request()
    await service.request(REQUEST.model_copy(update={"aggregate_version": 2}))
    await service.work()
    assert sorted(service.confirmed) == [1, 2]


async def test_keys_with_the_address_are_hashed(service: Service) -> None:
    """Those of the host and of invitees; a client makes keys of what it knows."""
    mine, theirs = f"book-{EMAIL}", "Book-Zoe%40Example.com-1"
    await service.run(ADD_ANSWER, f"user {OWNER}", mine, b"{}")
    await service.run(ADD_ANSWER, "event type 1", theirs, b"{}")
    await service.run(ADD_ANSWER, f"user {new_id()}", mine, b"{}")
    await service.run(ADD_ANSWER, f"user {OWNER}", "another", b"{}")
    for number in (1, 2):
        await service.request(REQUEST.model_copy(update={"aggregate_version": number}))
        await service.work()
    assert await service.keys() == sorted([hashed(mine), hashed(theirs), mine, "another"])


async def test_an_older_record_of_a_hashed_key_is_replaced(service: Service) -> None:
    """The same key was used again after a day, and before the old record was deleted."""
    key = f"book-{EMAIL}"
    await service.run(ADD_ANSWER, f"user {OWNER}", hashed(key), b"old")
    await service.run(ADD_ANSWER, f"user {OWNER}", key, b"new")
    await service.request()
    await service.work()
    async with service.database.connection() as connection:
        rows = await connection.fetch("SELECT key, answer FROM idempotency_records")
    assert [(*row,) for row in rows] == [(hashed(key), b"new")]


async def test_a_write_in_progress_keeps_its_key_and_one_given_up_is_removed(
    service: Service,
) -> None:
    kept, given_up = f"in-progress-{EMAIL}", f"given-up-{EMAIL}"
    for key in (kept, given_up):
        await service.run(ADD_ANSWER, f"user {OWNER}", key, b"{}")
    await service.run("UPDATE idempotency_records SET status = NULL, answer = NULL")
    await service.run(
        "UPDATE idempotency_records SET claimed_until = now() + interval '1 hour' WHERE key = $1",
        kept,
    )
    await service.request()
    await service.work()
    assert await service.keys() == [kept]


async def test_keys_are_read_on_every_page(service: Service) -> None:
    """A key that sorts behind a page of others, and the many that are changed themselves."""
    add = f"""
        INSERT INTO idempotency_records
               (scope, key, method, path, fingerprint, memory, claim, claimed_until, status, answer)
        SELECT 'user {OWNER}', $1 || n, 'POST', '/', '', '{{}}', gen_random_uuid(), now(), 200, ''
          FROM generate_series(1, {erased_keys.PAGE + 10}) AS n
    """
    for start in ("a", f"b-{EMAIL}-"):
        await service.run(add, start)
    await service.request()
    await service.work()
    assert [one for one in await service.keys() if EMAIL in one] == []


async def test_the_error_of_a_parked_message_goes_with_its_person(service: Service) -> None:
    """It may quote the message."""
    await service.run(ADD_PARKED, "booking.created.v1", event())
    await service.run(
        "UPDATE parked_messages SET reason = $1, stack = $1, headers = $2",
        f"ValueError: {EMAIL}",
        {"x-last-error": EMAIL, "x-attempt": 3},
    )
    await service.request()
    await service.work()
    async with service.database.connection() as connection:
        rows = await connection.fetch("SELECT reason, stack, headers FROM parked_messages")
    assert [(*row,) for row in rows] == [("ValueError", None, {"x-attempt": 3})]


async def test_a_parked_request_to_erase_keeps_its_addresses(service: Service) -> None:
    """An operator can still replay it."""
    await service.run(ADD_PARKED, ErasureRequested.routing_key(), REQUEST.envelope(None))
    await service.request()
    await service.work()
    assert await service.places() == (0, 0, 1)
