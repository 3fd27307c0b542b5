"""A person is erased from bookings and mails, with a real database."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.bookings.tests.calls import Caller, slot
from services.bookings.tests.rows import change, rows

from linktime_bookings.deps import Deps
from linktime_bookings.domain.email_limits import keys_of
from linktime_bookings.domain.emails import Status
from linktime_bookings.store import emails, erasure
from linktime_bookings.store.emails import PreparedEmail
from linktime_common.erased_person import ErasedPerson
from linktime_common.postgres import Database
from linktime_common.redaction import ERASED_EMAIL, ERASED_NAME

ZOE, LEA = "Zoë@navy.example", "lea@navy.example"
INVITEES = "SELECT invitee_name, invitee_email, notes FROM bookings ORDER BY starts_at"
MAILS = "SELECT recipient, status FROM email_messages WHERE facts IS NULL ORDER BY kind"
WITH_FACTS = "SELECT count(*) FROM email_messages WHERE facts IS NOT NULL"


def person(host_id: UUID, *ids: UUID, email: str = ZOE) -> ErasedPerson:
    return ErasedPerson(
        owner_id=host_id,
        emails=[email.lower()],
        phones=[],
        ids=ids,
        requested_at=datetime.now(UTC) + timedelta(minutes=1),
    )


async def test_only_the_persons_bookings_are_erased(host: Caller, database: Database) -> None:
    """By address in any letter case, and only this host's."""
    await host.booked(slot(0), inviteeEmail=ZOE, notes="Blue")
    await host.booked(slot(1), inviteeEmail=LEA, notes="Green")
    await host.booked(slot(2), inviteeEmail=ZOE.upper().replace("Ë", "ë"))
    before = await rows(database, INVITEES)
    await erasure.erase(database, person(UUID(int=7)))
    assert await rows(database, INVITEES) == before
    found = [len(await erasure.erase(database, person(host.host_id))) for _ in range(2)]
    assert found == [2, 0]
    erased = (ERASED_NAME, ERASED_EMAIL, None)
    assert await rows(database, INVITEES) == [erased, before[1], erased]
    assert before[1][1:] == (LEA, "Green")
    assert await rows(database, WITH_FACTS) == [(2,)]
    assert await rows(database, MAILS) == [
        (ERASED_EMAIL, "SUPPRESSED"),
        (ERASED_EMAIL, "SUPPRESSED"),
        (None, "SUPPRESSED"),
        (None, "SUPPRESSED"),
    ]


async def test_a_booking_after_the_request_stays(host: Caller, database: Database) -> None:
    """It is of a new contact, unless the contact's bookings name it."""
    booking = await host.booked(slot(0), inviteeEmail=ZOE)
    await change(database, "UPDATE bookings SET created_at = now() + interval '1 hour'")
    assert await erasure.erase(database, person(host.host_id)) == []
    named = person(host.host_id, UUID(booking))
    assert [str(one) for one in await erasure.erase(database, named)] == [booking]


async def test_a_host_who_is_erased_as_a_contact_keeps_the_own_mails(
    host: Caller, database: Database
) -> None:
    """Hosts try their own pages. Mails to them about other bookings used to be suppressed."""
    ((own,),) = await _host_addresses(host, database)
    await host.booked(slot(1), inviteeEmail=own)
    await erasure.erase(database, person(host.host_id, email=own))
    kept = "SELECT recipient, status FROM email_messages WHERE facts IS NOT NULL ORDER BY kind"
    assert await rows(database, kept) == [(LEA, "QUEUED"), (None, "QUEUED")]


async def _host_addresses(host: Caller, database: Database) -> list[tuple[str]]:
    await host.booked(slot(0), inviteeEmail=LEA)
    return await rows(database, "SELECT host_email FROM bookings")


async def test_not_even_a_mask_of_the_address_stays(host: Caller, database: Database) -> None:
    """Mails whose retention has ended have one; a domain can be a person's name."""
    await host.booked(slot(0), inviteeEmail="me@zoe-quinn.example")
    masked = "left(recipient, 1) || '…' || substring(recipient FROM '@.*')"
    await change(
        database,
        f"UPDATE email_messages SET recipient = {masked}, facts = NULL WHERE kind = 'confirmation'",
    )
    await erasure.erase(database, person(host.host_id, email="me@zoe-quinn.example"))
    left = "SELECT count(*) FROM email_messages WHERE recipient LIKE '%zoe-quinn%'"
    assert await rows(database, left) == [(0,)]


async def test_a_mail_that_is_being_sent_does_not_bring_the_person_back(
    host: Caller, deps: Deps, database: Database
) -> None:
    """It was leased before; its content used to be stored again, and a failure to retry it."""
    await host.booked(slot(0), inviteeEmail=ZOE)
    async with database.connection() as connection:
        limits = deps.email_limits
        ((mail,), _more) = await emails.lease(connection, limit=1, seconds=60, limits=limits)
    await erasure.erase(database, person(host.host_id))
    async with database.connection() as connection:
        content = f"To: {ZOE}".encode()
        assert await emails.mark_sending(connection, [PreparedEmail(mail, content, None)]) == set()
        reason = f"450 <{ZOE}> is busy"
        await emails.settle(connection, mail, status=Status.DEFERRED, error=reason)
    found = "SELECT content, error, status FROM email_messages WHERE id = $1"
    assert await rows(database, found, mail.id) == [(None, None, "SUPPRESSED")]


async def test_the_limit_of_mails_to_an_address_does_not_name_it(
    host: Caller, deps: Deps, database: Database
) -> None:
    """So an erasure does not begin the count again, with which a host could flood an address."""
    await host.booked(slot(0), inviteeEmail=ZOE)
    async with database.connection() as connection:
        limits = deps.email_limits
        leased = await emails.lease(connection, limit=2, seconds=60, limits=limits)
    keys = {key for mail in leased.emails for key in keys_of(mail, deps.email_limits)}
    counted = {key for (key,) in await rows(database, "SELECT key FROM email_counts")}
    assert counted == keys
    assert not any("navy" in key for key in counted)
    await erasure.erase(database, person(host.host_id))
    assert {key for (key,) in await rows(database, "SELECT key FROM email_counts")} == counted
