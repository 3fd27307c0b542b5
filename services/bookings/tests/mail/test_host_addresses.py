"""Mails about a booking reach the host at the address that the account has when they are sent."""

from collections.abc import AsyncIterator
from dataclasses import replace
from email import message_from_bytes

import pytest
from services.bookings.tests.calls import Caller, slot
from services.bookings.tests.fakes import serving
from services.bookings.tests.feeds import Directory
from services.bookings.tests.mail.queued import (
    HOST,
    add,
    an_account,
    an_email,
    delivery_to,
    facts,
    notice,
    recipients_of,
    send_again,
    server_of,
)
from services.bookings.tests.rows import rows

from linktime_bookings.clients.directory import RecipientDirectory
from linktime_bookings.deps import Deps
from linktime_bookings.domain.emails import BookingFacts, Kind
from linktime_bookings.mail.delivery import MailDelivery
from linktime_common.http.client import InternalClient, open_session
from linktime_common.ids import new_id
from linktime_common.postgres import Database
from linktime_local.testing.mail_sinks import AfterData, FaultyMailSink
from linktime_local.testing.services import signer_of

PRESENT = "new@host.example"
LINES = "SELECT kind, recipient, status FROM email_messages ORDER BY kind"


@pytest.fixture
async def delivery(deps: Deps, mail_sink: FaultyMailSink) -> AsyncIterator[MailDelivery]:
    delivery = delivery_to(deps, server_of(mail_sink))
    yield delivery
    assert delivery._client is not None
    await delivery._client.close()


async def stored(database: Database) -> list[bytes]:
    return [row[0] for row in await rows(database, "SELECT content FROM email_messages")]


def moved(first: BookingFacts) -> BookingFacts:
    return first.model_copy(update={"booking": first.booking.model_copy(update={"sequence": 1})})


async def test_present_address_and_language(
    delivery: MailDelivery, directory: Directory, mail_sink: FaultyMailSink, host: Caller
) -> None:
    """The log of the booking has no address before the mail is sent."""
    booking_id = await host.booked(slot(0))
    directory.users[host.host_id] = an_account(host.host_id, locale="de")

    async def logged() -> list[str | None]:
        logs = (await host.get(f"/{booking_id}")).body["emailLogs"]
        return [mail["recipient"] for mail in logs if mail["type"] == "host_booked"]

    assert await logged() == [None]
    await delivery.send_due()
    assert await logged() == [PRESENT]
    (mail,) = (mail for mail in mail_sink.mails if mail.recipients == [PRESENT])
    assert mail.parsed["To"].addresses[0].addr_spec == PRESENT
    assert mail.parsed["Subject"].startswith("Neue Buchung")


async def test_mail_of_an_earlier_version(
    delivery: MailDelivery, database: Database, directory: Directory, mail_sink: FaultyMailSink
) -> None:
    """Such rows have the address as of the booking."""
    mail = replace(an_email(Kind.HOST_BOOKED), recipient=HOST)
    directory.users[mail.owner_id] = an_account(mail.owner_id)
    await add(database, mail)
    await delivery.send_due()
    assert await rows(database, LINES) == [("host_booked", PRESENT, "SENT")]


@pytest.mark.parametrize(("known", "address"), [(True, PRESENT), (False, HOST)])
async def test_host_who_has_left(
    delivery: MailDelivery,
    database: Database,
    directory: Directory,
    mail_sink: FaultyMailSink,
    *,
    known: bool,
    address: str,
) -> None:
    """The cancellation is sent: to the inactive account's address, or that of the booking."""
    mail = an_email(Kind.HOST_CANCELLED)
    if known:
        directory.users[mail.owner_id] = an_account(mail.owner_id, active=False)
    await add(database, mail)
    await delivery.send_due()
    assert await rows(database, LINES) == [("host_cancelled", address, "SENT")]
    assert recipients_of(mail_sink) == [address]


@pytest.mark.parametrize("kind", [Kind.HOST_BOOKED, Kind.WEBHOOK_FAILING])
async def test_repeat_goes_to_the_present_address(
    delivery: MailDelivery,
    database: Database,
    directory: Directory,
    mail_sink: FaultyMailSink,
    kind: Kind,
) -> None:
    """With the address in its headers, and the same Message-ID."""
    mail = an_email(kind) if kind.is_of_booking else notice(kind)
    directory.users[mail.owner_id] = an_account(mail.owner_id)
    directory.change(mail.owner_id, email=HOST)
    await add(database, mail)
    mail_sink.faults.after_data = AfterData.DROP
    await delivery.send_due()
    (content,) = await stored(database)
    mail_sink.faults.after_data = AfterData.ANSWER
    directory.change(mail.owner_id, email=PRESENT)
    await send_again(database, delivery)
    (received,) = mail_sink.mails
    assert received.recipients == [received.parsed["To"].addresses[0].addr_spec] == [PRESENT]
    assert received.parsed["Message-ID"] == message_from_bytes(content)["Message-ID"]
    assert await rows(database, LINES) == [(kind, PRESENT, "SENT")]


@pytest.mark.parametrize("stays", [True, False])
async def test_repeat_to_the_same_address(
    delivery: MailDelivery,
    database: Database,
    directory: Directory,
    mail_sink: FaultyMailSink,
    *,
    stays: bool,
) -> None:
    """Its octets are the same; an account that does not exist any more keeps its last address."""
    mail = an_email(Kind.HOST_BOOKED)
    directory.users[mail.owner_id] = an_account(mail.owner_id)
    await add(database, mail)
    mail_sink.faults.after_data = AfterData.DROP
    await delivery.send_due()
    before = await stored(database)
    mail_sink.faults.after_data = AfterData.ANSWER
    if not stays:
        del directory.users[mail.owner_id]
    await send_again(database, delivery)
    assert await stored(database) == before
    assert recipients_of(mail_sink) == [PRESENT]


async def test_refused_mail_to_a_host_who_has_left(
    delivery: MailDelivery, database: Database, directory: Directory, mail_sink: FaultyMailSink
) -> None:
    """It is rendered again for the last address, with the name and time zone of the booking."""
    mail = an_email(Kind.HOST_BOOKED)
    directory.users[mail.owner_id] = an_account(mail.owner_id)
    await add(database, mail)
    mail_sink.faults.recipients[PRESENT] = "451 4.3.0 Try again"
    await delivery.send_due()
    mail_sink.faults.recipients.clear()
    del directory.users[mail.owner_id]
    await send_again(database, delivery)
    (received,) = mail_sink.mails
    assert received.parsed["To"].addresses[0].display_name == "Ada"
    assert received.recipients == [PRESENT]
    assert "Europe/Vienna" in str(received.parsed.get_body(("plain",)))


async def test_later_mail_replaces_one_to_a_former_address(
    delivery: MailDelivery, database: Database, directory: Directory, mail_sink: FaultyMailSink
) -> None:
    """The host is the same person."""
    first = facts()
    later = an_email(Kind.HOST_RESCHEDULED, of=moved(first))
    await add(database, later)
    await delivery.send_due()
    directory.users[later.owner_id] = an_account(later.owner_id)
    await add(database, an_email(Kind.HOST_BOOKED, of=first))
    await delivery.send_due()
    assert await rows(database, LINES) == [
        ("host_booked", None, "SUPPRESSED"),
        ("host_rescheduled", HOST, "SENT"),
    ]


async def test_one_request_for_the_mails_of_a_batch(
    delivery: MailDelivery, database: Database, directory: Directory, mail_sink: FaultyMailSink
) -> None:
    """The hosts of all mails that are leased together are looked up at once, each one once."""
    mails = [an_email(Kind.HOST_BOOKED) for _ in range(2)]
    again = replace(mails[0], id=new_id(), kind=Kind.HOST_CANCELLED)
    directory.users = {mail.owner_id: an_account(mail.owner_id) for mail in mails}
    await add(database, *mails, again, an_email())
    await delivery.send_due()
    assert recipients_of(mail_sink).count(PRESENT) == 3
    assert [sorted(ids) for ids in directory.looked_up] == [sorted(directory.users)]


async def test_scim_of_an_earlier_version(
    deps: Deps, database: Database, mail_sink: FaultyMailSink
) -> None:
    """Mails to hosts wait until scim can look up several accounts; others are sent."""
    await add(database, an_email(Kind.HOST_BOOKED), an_email())
    async with serving("scim", []) as url, open_session() as session:
        signer = signer_of("bookings", "scim")
        client = InternalClient(session, base_url=url, audience="scim", signer=signer)
        earlier = replace(deps, directory=RecipientDirectory(client))
        await delivery_to(earlier, server_of(mail_sink)).send_due()
    states = "SELECT kind, status FROM email_messages ORDER BY kind"
    assert await rows(database, states) == [("confirmation", "SENT"), ("host_booked", "DEFERRED")]
