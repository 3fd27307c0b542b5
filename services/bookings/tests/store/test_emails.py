"""Mails are added once, leased by one process, and counted against limits."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.bookings.tests.mail.queued import LIMITS, pass_time
from services.bookings.tests.rows import rows

from linktime_bookings.domain.email_limits import ADDRESS_LIMIT, OWNER_LIMIT
from linktime_bookings.domain.emails import Email, Kind, Status, email_id
from linktime_bookings.store import email_leases, emails
from linktime_bookings.store.emails import LeasedEmail, PreparedEmail
from linktime_bookings.store.outdated_emails import NOT_CONFIRMED, SUPERSEDED
from linktime_common.ids import new_id
from linktime_common.postgres import Database

STATES = "SELECT status, error FROM email_messages ORDER BY id"


def an_email(kind: Kind = Kind.CONFIRMATION, **more: Any) -> Email:
    fact = new_id()
    given: dict[str, Any] = {
        "id": email_id(kind, fact),
        "owner_id": new_id(),
        "kind": kind,
        "recipient": "grace@navy.example",
        "recipient_name": "Grace",
        "locale": "en",
        "timezone": "UTC",
        "facts": {"manageUrl": "https://meet.example/manage/1"},
        "booking_id": fact,
        "sequence": 0,
    }
    return Email(**given | more)


async def added(database: Database, *wanted: Email) -> None:
    async with database.transaction() as connection:
        await emails.add(connection, wanted)


async def leased(database: Database, **more: Any) -> list[LeasedEmail]:
    async with database.connection() as connection:
        found = await emails.lease(
            connection, **{"limit": 10, "seconds": 60, "limits": LIMITS} | more
        )
    return found.emails


async def test_fact_has_one_mail(database: Database) -> None:
    email = an_email(expires_at=datetime(2030, 1, 1, tzinfo=UTC))
    await added(database)
    await added(database, email)
    await added(database, replace(email, recipient="other@navy.example"))
    (found,) = await leased(database)
    assert (found.recipient, found.attempts, found.content) == (email.recipient, 1, None)
    assert (found.facts, found.expires_at) == (email.facts, email.expires_at)
    assert found.kind is Kind.CONFIRMATION


async def test_two_processes_share_the_mails(database: Database) -> None:
    """No mail is leased twice, whichever transaction is first."""
    await added(database, *(an_email() for _ in range(8)))
    found = await asyncio.gather(*(leased(database, limit=4) for _ in range(4)))
    ids = [email.id for batch in found for email in batch]
    assert len(ids) == len(set(ids))
    ids += [email.id for email in await leased(database)]
    assert len(ids) == len(set(ids)) == 8


async def test_whether_more_is_due(database: Database) -> None:
    """Also when all that were found are over a limit, and so not leased."""
    await added(database, *(an_email() for _ in range(5)))
    none = replace(LIMITS, to_invitee=0)
    async with database.connection() as connection:
        for limits, leased_now, has_more in (
            (none, 0, True),
            (LIMITS, 2, True),
            (LIMITS, 1, False),
        ):
            found = await emails.lease(connection, limit=2, seconds=60, limits=limits)
            assert (len(found.emails), found.has_more) == (leased_now, has_more)


async def test_mail_of_a_stopped_worker_is_leased_again(database: Database) -> None:
    """With the message of the first attempt, so that it is the same."""
    await added(database, an_email())
    (first,) = await leased(database)
    async with database.connection() as connection:
        await emails.mark_sending(connection, [PreparedEmail(first, b"message", None)])
    await pass_time(database)
    (second,) = await leased(database)
    assert (second.id, second.content, second.attempts) == (first.id, b"message", 2)
    assert await leased(database) == []


async def test_deferred_mail_is_leased_when_due(database: Database) -> None:
    await added(database, an_email())
    (email,) = await leased(database)
    now = datetime.now(UTC)
    async with database.connection() as connection:
        later, error = now + timedelta(hours=1), "451 try later"
        await emails.settle(
            connection, email, status=Status.DEFERRED, due_at=later, smtp_code=451, error=error
        )
    assert await leased(database) == []
    await pass_time(database)
    assert [found.attempts for found in await leased(database)] == [2]


async def test_sent_mail_stays_sent(database: Database) -> None:
    """Also when a worker whose lease has ended reports a failure afterwards."""
    await added(database, an_email())
    (email,) = await leased(database)
    async with database.connection() as connection:
        assert await emails.settle(connection, email, status=Status.SENT, smtp_code=250)
        assert not await emails.settle(connection, email, status=Status.FAILED, error="timeout")
    found = await rows(database, "SELECT status, smtp_code, error FROM email_messages")
    assert found == [("SENT", 250, None)]
    assert await rows(database, "SELECT true FROM email_messages WHERE sent_at IS NOT NULL")


async def test_worker_whose_lease_has_ended(database: Database) -> None:
    """It changes nothing of the mail that another worker has leased, except that it was sent."""
    await added(database, an_email())
    (former,) = await leased(database, seconds=0)
    late = PreparedEmail(former, b"late", "late@navy.example")
    async with database.connection() as connection:
        assert await emails.mark_sending(connection, [late]) == set()
    (current,) = await leased(database)
    own = PreparedEmail(current, b"own", "own@navy.example")
    lines = "SELECT status, attempts, leased_until, content FROM email_messages"
    kept = [("QUEUED", 2, current.leased_until, None)]
    async with database.connection() as connection:
        await email_leases.give_back(connection, [former])
        assert await emails.mark_sending(connection, [late]) == set()
        assert not await emails.settle(connection, former, status=Status.FAILED, error="timeout")
        assert await rows(database, lines) == kept
        assert await emails.mark_sending(connection, [own]) == {current.id}
        assert await emails.settle(connection, former, status=Status.SENT, smtp_code=250)
        assert await emails.mark_sending(connection, [own]) == set()
    assert await rows(database, lines) == [("SENT", 2, None, b"own")]


async def test_address_has_a_limit(database: Database) -> None:
    """Counted in any letter case and for all hosts; a host's own mails are not in it."""
    limits = replace(LIMITS, to_invitee=2)
    await added(
        database,
        an_email(),
        an_email(recipient="GRACE@navy.example"),
        an_email(Kind.CANCELLED),
        an_email(Kind.HOST_BOOKED),
    )
    assert len(await leased(database, limits=limits)) == 3
    states = await rows(database, STATES)
    assert sorted(state for state in states if state[0] == "SUPPRESSED") == [
        ("SUPPRESSED", ADDRESS_LIMIT)
    ]
    await added(database, an_email(), an_email(recipient="other@navy.example"))
    assert [found.recipient for found in await leased(database, limits=limits)] == [
        "other@navy.example"
    ]


async def test_a_replaced_mail_is_not_counted(database: Database) -> None:
    """With one mail left, the invitee of a booking that was moved at once gets the new time."""
    booking_id, owner_id = new_id(), new_id()
    of_booking = {"booking_id": booking_id, "owner_id": owner_id}
    await added(
        database,
        an_email(**of_booking),
        an_email(Kind.RESCHEDULED, **of_booking, sequence=1),
        an_email(Kind.REMINDER, **of_booking),
    )
    found = await leased(database, limits=replace(LIMITS, to_invitee=1, of_host=1))
    assert [email.kind for email in found] == [Kind.RESCHEDULED]
    assert sorted(await rows(database, STATES)) == [
        ("QUEUED", None),
        ("SUPPRESSED", SUPERSEDED),
        ("SUPPRESSED", NOT_CONFIRMED),
    ]


async def test_host_has_a_limit(database: Database) -> None:
    owner_id = new_id()
    await added(
        database,
        *(an_email(owner_id=owner_id, recipient=f"{n}@navy.example") for n in range(3)),
        an_email(),
    )
    found = await leased(database, limits=replace(LIMITS, of_host=2))
    assert sorted(email.owner_id == owner_id for email in found) == [False, True, True]
    assert ("SUPPRESSED", OWNER_LIMIT) in await rows(database, STATES)


async def test_account_mails_and_notices_have_their_own_counts(database: Database) -> None:
    """Bookings do not use them up."""
    owner_id = new_id()
    limits = replace(LIMITS, to_invitee=1, to_user=1)
    unrelated: dict[str, Any] = {"owner_id": owner_id, "booking_id": None, "sequence": None}
    await added(
        database,
        an_email(),
        *(an_email(Kind.RESET_PASSWORD, **unrelated) for _ in range(2)),
        *(an_email(Kind.WEBHOOK_FAILING, **unrelated, recipient=None) for _ in range(2)),
    )
    found = await leased(database, limits=limits)
    assert sorted(email.kind for email in found) == sorted(
        [Kind.CONFIRMATION, Kind.RESET_PASSWORD, Kind.WEBHOOK_FAILING]
    )


async def test_repeat_is_not_counted(database: Database) -> None:
    limits = replace(LIMITS, to_invitee=1)
    await added(database, an_email())
    assert len(await leased(database, seconds=0, limits=limits)) == 1
    assert len(await leased(database, seconds=0, limits=limits)) == 1
