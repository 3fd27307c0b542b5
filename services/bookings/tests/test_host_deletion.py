"""All rows of a deleted host, with a real database: coming bookings are cancelled first."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from services.bookings.tests.calls import Caller, slot
from services.bookings.tests.fakes import EventType, FakeAvailability, a_host
from services.bookings.tests.invitees import Invitee, book
from services.bookings.tests.rows import change, events, rows

from linktime_bookings.consumers import HANDLERS
from linktime_bookings.deps import Deps
from linktime_bookings.domain.mail_server import MailSecurity, MailServer
from linktime_bookings.store import host_deletion
from linktime_bookings.use_cases.delete_host import MAILS_WAIT, REASON, delete_host
from linktime_common.contracts.events.availability import CalendarEventChanged
from linktime_common.contracts.events.scim import UserDeleted
from linktime_common.contracts.events.webhooks import NoticeRequested
from linktime_common.ids import new_id
from linktime_common.postgres import Database
from linktime_common.user_deletion import delete_users, find_state
from linktime_local.testing.services import Running

TABLES = {
    "bookings": "host_id",
    "booking_counts": "host_id",
    "calendar_feeds": "host_id",
    "deprovisionings": "host_id",
    "email_messages": "owner_id",
    "erasure_rounds": "owner_id",
    "notices": "user_id",
}
WITHOUT_OWNER = ("booking_history", "reminders", "reservation_fates", "idempotency_records")
ADD_OTHERS = """
    WITH fed AS (
        INSERT INTO calendar_feeds VALUES ($1, $1::uuid::text::bytea, now())
    ),
    left_before AS (
        INSERT INTO deprovisionings VALUES (gen_random_uuid(), $1, now())
    ),
    noticed AS (
        INSERT INTO notices VALUES (gen_random_uuid(), $1, 'failing', 'https://example.com', now())
    )
    INSERT INTO erasure_rounds (erasure_id, round, owner_id, emails, phones, ids, requested_at)
    VALUES (gen_random_uuid(), 1, $1, '{}', '{}', '{}', now())
"""
ADD_PAST = """
    INSERT INTO bookings
    SELECT gen_random_uuid(), $1, n, 0, 'CONFIRMED',
           s, s + interval '30 minutes', 0, 0, 'G', 'g@navy.example', 'UTC', NULL, NULL, '[]',
           $1, 'Intro', 'intro', 30, 'Ada', 'ada@host.example', 'ada', NULL, 'api',
           gen_random_uuid(), s, s, NULL, NULL
      FROM generate_series(1, $2::int) AS n,
           LATERAL (SELECT timestamptz '2020-01-01Z' + n * interval '30 minutes' AS s) AS start
"""
MAKE_OLDER = "UPDATE email_messages SET created_at = created_at - $1::interval"
SENT = "UPDATE email_messages SET status = 'SENT'"


MAIL_SERVER = MailServer(
    host="127.0.0.1",
    port=1,
    security=MailSecurity.NONE,
    user=None,
    password=None,
    own_name="meet.example",
)


async def apply(database: Database, event: Any) -> None:
    async with database.transaction() as connection:
        await HANDLERS[type(event)](connection, event)


def about(kind: type[Any], host_id: UUID, **fields: Any) -> Any:
    named = {"owner_id": host_id, "aggregate_id": host_id, "aggregate_version": 1}
    return kind(occurred_at=datetime.now(UTC), **named, **fields)


def deleted(host_id: UUID) -> UserDeleted:
    event: UserDeleted = about(UserDeleted, host_id, organization_ids=[])
    return event


async def work(deps: Deps) -> None:
    """Run the job as if no user had to wait."""
    await change(deps.database, "UPDATE user_deletions SET due_at = now() WHERE runs < 2")
    published = "UPDATE outbox SET published_at = now() WHERE published_at IS NULL"
    await change(deps.database, published)
    await delete_users(deps.database, partial(delete_host, deps))


async def rows_of(database: Database, host_id: UUID) -> dict[str, int]:
    found = {}
    for table, owner in TABLES.items():
        query = f"SELECT count(*) FROM {table} WHERE {owner} = $1"
        ((found[table],),) = await rows(database, query, host_id)
    return found


async def all_rows(database: Database) -> dict[str, int]:
    """Return the numbers of rows in tables without an owner."""
    return {
        table: (await rows(database, f"SELECT count(*) FROM {table}"))[0][0]
        for table in WITHOUT_OWNER
    }


@pytest.fixture
def other(service: Running, availability: FakeAvailability) -> Caller:
    """Another host, with an event type."""
    added = availability.add(EventType(a_host("Bob"), slug="other"))
    return Caller(service, added.host.id)


async def fill(host: Caller, database: Database, slug: str, first: int) -> None:
    """Let the host have rows in every table."""
    moved, cancelled = [
        await host.booked(slot(first + number), eventTypeSlug=slug) for number in range(2)
    ]
    assert (await host.post(f"/{moved}/cancel", {}, key=f"key-{first}")).status == 200
    assert (await host.post(f"/{cancelled}/cancel", {"reason": "ill"})).status == 200
    await host.booked(slot(first + 3), eventTypeSlug=slug)
    await change(database, ADD_OTHERS, host.host_id)
    await change(database, ADD_PAST, host.host_id, 3)


async def test_only_the_rows_of_the_host_are_deleted(
    host: Caller,
    other: Caller,
    deps: Deps,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In batches, twice."""
    monkeypatch.setattr(host_deletion, "BATCH", 2)
    await fill(other, database, "other", 0)
    before, without_owner = await rows_of(database, other.host_id), await all_rows(database)
    await fill(host, database, "intro", 0)
    assert all(before.values()), before
    for _ in range(2):
        await apply(database, deleted(host.host_id))
        await work(deps)
    assert not any((await rows_of(database, host.host_id)).values())
    assert await rows_of(database, other.host_id) == before
    assert await all_rows(database) == without_owner


async def test_coming_bookings_are_cancelled_with_mails(
    host: Caller, deps: Deps, database: Database
) -> None:
    """The rows stay until the mails are sent, or a day."""
    with_mail = replace(deps, mail_server=MAIL_SERVER)
    await host.booked(slot(0))
    await change(database, ADD_PAST, host.host_id, 3)
    await apply(database, deleted(host.host_id))
    await work(with_mail)
    reasons = "SELECT cancellation_reason, status FROM bookings WHERE status = 'CANCELLED'"
    assert await rows(database, reasons) == [(REASON, "CANCELLED")]
    kinds = "SELECT kind FROM email_messages WHERE kind LIKE '%cancelled' ORDER BY kind"
    assert await rows(database, kinds) == [("cancelled",), ("host_cancelled",)]
    assert (await rows_of(database, host.host_id))["bookings"] == 4
    await change(database, SENT)
    await work(with_mail)
    assert not any((await rows_of(database, host.host_id)).values())


async def test_mails_that_cannot_be_sent_delay_the_deletion_for_a_day(
    host: Caller, deps: Deps, database: Database
) -> None:
    with_mail = replace(deps, mail_server=MAIL_SERVER)
    await host.booked(slot(0))
    await apply(database, deleted(host.host_id))
    await work(with_mail)
    async with database.connection() as connection:
        assert await find_state(connection, host.host_id) == "running"
    await change(
        database, "UPDATE email_messages SET created_at = created_at - $1::interval", MAILS_WAIT
    )
    await work(with_mail)
    assert not any((await rows_of(database, host.host_id)).values())


async def test_an_interrupted_job_is_continued(
    host: Caller, deps: Deps, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two batches."""
    monkeypatch.setattr(host_deletion, "BATCH", 1)
    await change(database, ADD_PAST, host.host_id, 3)
    await change(
        database,
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN
            IF (SELECT count(*) FROM bookings) = 2 THEN RAISE EXCEPTION 'not now'; END IF;
            RETURN OLD;
        END $$
        """,
    )
    await change(
        database,
        "CREATE TRIGGER fails BEFORE DELETE ON bookings FOR EACH ROW EXECUTE FUNCTION refuse()",
    )
    await apply(database, deleted(host.host_id))
    with pytest.raises(Exception, match="not now"):
        await work(deps)
    assert (await rows_of(database, host.host_id))["bookings"] == 2
    await change(database, "DROP TRIGGER fails ON bookings")
    await work(deps)
    assert not any((await rows_of(database, host.host_id)).values())


async def test_a_booking_that_is_committed_late_is_cancelled_and_deleted(
    host: Caller, deps: Deps, database: Database
) -> None:
    """Its time was held before the host was deleted; the second run finds it."""
    await apply(database, deleted(host.host_id))
    await work(deps)
    await host.booked(slot(0))
    before = (await events(database)).count("booking.cancelled")
    await work(deps)
    await change(database, "UPDATE outbox SET published_at = now()")
    assert (before, not any((await rows_of(database, host.host_id)).values())) == (0, True)


async def test_late_events_queue_no_mail(deps: Deps, database: Database) -> None:
    """Nor are they dead-lettered, although their booking does not exist."""
    host_id = new_id()
    await apply(database, deleted(host_id))
    for event in (
        about(NoticeRequested, host_id, notice="webhook.failing.24h", url="https://example.com"),
        about(CalendarEventChanged, host_id, booking_id=new_id(), change="calendar_event.moved"),
    ):
        await apply(database, event)
    assert not any((await rows_of(database, host_id)).values())


async def test_answers_to_invitees_are_deleted(
    service: Running, event_type: EventType, deps: Deps, database: Database
) -> None:
    """Those to who made and to who cancelled a booking."""
    made = await book(service, event_type)
    invitee = Invitee(service, made["manageUrl"].rpartition("/")[2], made["bookingId"])
    assert (await invitee.cancel(key="cancel")).status == 200
    answers = "SELECT count(*) FROM idempotency_records"
    assert await rows(database, answers) == [(2,)]
    await apply(database, deleted(event_type.host.id))
    await work(deps)
    assert await rows(database, answers) == [(0,)]
