"""All rows of a deleted owner, with a real database."""

from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from services.contacts.tests.bookings import a_booking

from linktime_common import owned_rows
from linktime_common.clock import SystemClock
from linktime_common.contracts.events.bookings import BookingCreated, BookingState
from linktime_common.contracts.events.scim import UserDeleted
from linktime_common.contracts.internal_api.resync import VersionedBooking
from linktime_common.ids import new_id
from linktime_common.postgres import Database
from linktime_common.user_deletion import delete_users, find_state
from linktime_contacts.consumers import HANDLERS
from linktime_contacts.deps import Deps
from linktime_contacts.store.owner_deletion import INDEXED, UNINDEXED, delete_owner
from linktime_contacts.use_cases.rebuild import rebuild

ADD = """
    WITH talks AS (
        INSERT INTO conversations
        VALUES (gen_random_uuid(), $1, 'SMS', '+4930', '+4931', now(), now())
        RETURNING id
    ),
    said AS (
        INSERT INTO messages (id, owner_id, conversation_id, source, external_id, direction, media,
                              sent_at)
        SELECT gen_random_uuid(), $1, id, 'crm', n::text, 'INBOUND', '[]', now()
          FROM talks, generate_series(1, 3) AS n
    ),
    called AS (
        INSERT INTO calls (id, owner_id, source, external_id, direction, started_at,
                           duration_seconds, status, transcript, metadata)
        VALUES (gen_random_uuid(), $1, 'crm', '1', 'INBOUND', now(), 1, 'COMPLETED', '[]', '{}')
    ),
    named AS (
        INSERT INTO contact_aliases
        SELECT $1, 'phone', '+4930', id FROM contacts WHERE owner_id = $1 LIMIT 1
    ),
    erased AS (
        INSERT INTO erasures (id, owner_id, contact_ids, booking_ids, emails, phones, waiting_for,
                              requested_at, due_at)
        VALUES (gen_random_uuid(), $1, '{}', '{}', '{}', '{}', '{}', now(), now())
    )
    INSERT INTO erasure_rounds (erasure_id, round, owner_id, emails, phones, ids, requested_at)
    VALUES (gen_random_uuid(), 1, $1, '{}', '{}', '{}', now())
"""


async def apply(database: Database, event: Any) -> None:
    async with database.transaction() as connection:
        await HANDLERS[type(event)](connection, event)


def created(booking: BookingState) -> BookingCreated:
    return BookingCreated(
        occurred_at=datetime.now(UTC),
        owner_id=booking.host.id,
        aggregate_id=booking.id,
        aggregate_version=1,
        booking=booking,
        manage_url="https://meet.example/1",
        contact_id=None,
    )


def deleted(owner_id: UUID) -> UserDeleted:
    return UserDeleted(
        occurred_at=datetime.now(UTC),
        owner_id=owner_id,
        aggregate_id=owner_id,
        aggregate_version=1,
        organization_ids=[],
    )


async def owner_of_everything(database: Database) -> UUID:
    owner_id = new_id()
    for number in range(3):
        email = f"zoe-{number}@example.com"
        await apply(database, created(a_booking(owner_id, invitee_email=email)))
    async with database.connection() as connection:
        await connection.execute(ADD, owner_id)
    return owner_id


async def rows_of(database: Database, owner_id: UUID) -> dict[str, int]:
    async with database.connection() as connection:
        return {
            table: await connection.fetchval(
                f"SELECT count(*) FROM {table} WHERE owner_id = $1", owner_id
            )
            for table in (*INDEXED, *UNINDEXED)
        }


async def work(database: Database) -> None:
    await delete_users(database, partial(delete_owner, database))


async def become_due(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute("UPDATE user_deletions SET due_at = now()")


@pytest.mark.parametrize("batch", [1, owned_rows.BATCH])
async def test_only_the_rows_of_the_owner_are_deleted(
    database: Database, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """In batches, and the second time nothing."""
    monkeypatch.setattr(owned_rows, "BATCH", batch)
    owner_id, other = [await owner_of_everything(database) for _ in range(2)]
    before = await rows_of(database, other)
    assert all(before.values()), before
    for _ in range(2):
        await apply(database, deleted(owner_id))
        await become_due(database)
        await work(database)
    assert not any((await rows_of(database, owner_id)).values())
    assert await rows_of(database, other) == before


async def test_an_interrupted_job_is_continued(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What earlier batches have deleted stays deleted."""
    monkeypatch.setattr(owned_rows, "BATCH", 1)
    owner_id = await owner_of_everything(database)
    async with database.connection() as connection:
        await connection.execute(
            """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'not now'; END $$;
            CREATE TRIGGER fails BEFORE DELETE ON messages FOR EACH ROW
            WHEN (OLD.external_id = '3') EXECUTE FUNCTION refuse()
            """
        )
    await apply(database, deleted(owner_id))
    with pytest.raises(Exception, match="not now"):
        await work(database)
    assert (await rows_of(database, owner_id))["messages"] == 1
    async with database.connection() as connection:
        await connection.execute("DROP FUNCTION refuse CASCADE")
        assert await find_state(connection, owner_id) == "running"
    await become_due(database)
    await work(database)
    assert not any((await rows_of(database, owner_id)).values())


async def test_late_events_and_a_resync_restore_nothing(database: Database) -> None:
    """Also if they arrive before the job runs."""
    owner_id = new_id()
    booking = a_booking(owner_id)
    for _ in range(2):
        await apply(database, deleted(owner_id))
        await apply(database, created(booking))
        entry = VersionedBooking(booking=booking, version=2)
        assert await rebuild([entry], Deps(database, SystemClock())) == 0
        await work(database)
    assert not any((await rows_of(database, owner_id)).values())
