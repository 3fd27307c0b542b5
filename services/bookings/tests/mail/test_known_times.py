"""A mail about a move names the earlier time that its recipient knows."""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime, timedelta

import pytest
from services.bookings.tests.calls import Caller, slot, wire
from services.bookings.tests.feeds import Directory
from services.bookings.tests.mail.queued import an_account, delivery_to, send_again, server_of
from services.bookings.tests.rows import change

from linktime_bookings.deps import Deps
from linktime_bookings.mail.delivery import MailDelivery
from linktime_bookings.mail.languages import language_for
from linktime_bookings.mail.times import span, zone_or_utc
from linktime_common.postgres import Database
from linktime_local.testing.mail_sinks import AfterData, FaultyMailSink

INVITEE, HOST = "grace@navy.example", "new@host.example"
ZONES = {INVITEE: "America/New_York", HOST: "Europe/Vienna"}
T0, T1, T2 = slot(0), slot(4), slot(8)


@pytest.fixture
async def delivery(
    deps: Deps, mail_sink: FaultyMailSink, directory: Directory, host: Caller
) -> AsyncIterator[MailDelivery]:
    directory.users[host.host_id] = an_account(host.host_id)
    delivery = delivery_to(deps, server_of(mail_sink))
    yield delivery
    assert delivery._client is not None
    await delivery._client.close()


async def move(host: Caller, booking_id: str, to: datetime) -> None:
    reply = await host.post(f"/{booking_id}/reschedule", {"newStartTime": wire(to)})
    assert reply.status == 200


def times_named(sink: FaultyMailSink, recipient: str) -> set[datetime]:
    """Return which of the times the newest mail to the recipient names."""
    mail = [mail for mail in sink.mails if mail.recipients == [recipient]][-1]
    assert mail.parsed["X-LinkTime-Kind"].endswith("rescheduled")
    text = mail.parsed.get_body(("plain",)).get_content()
    return set(_named(text, zone_or_utc(ZONES[recipient])))


def _named(text: str, zone: object) -> Iterable[datetime]:
    for start in (T0, T1, T2):
        _day, hours, _zone = span(start, start + timedelta(minutes=30), zone, language_for("en"))
        if hours in text:
            yield start


async def test_move_that_was_never_mailed(
    delivery: MailDelivery, database: Database, mail_sink: FaultyMailSink, host: Caller
) -> None:
    """Whether it was tried or not; what the mail before it said counts."""
    booking_id = await host.booked(T0)
    await delivery.send_due()
    mail_sink.refuse()
    await move(host, booking_id, T1)
    await delivery.send_due()  # one of the two is tried
    await move(host, booking_id, T2)
    await mail_sink.accept()
    await send_again(database, delivery)
    assert len(mail_sink.mails) == 4
    for recipient in (INVITEE, HOST):
        assert times_named(mail_sink, recipient) == {T0, T2}


@pytest.mark.parametrize("after", [AfterData.ANSWER, AfterData.KEEP_AND_DROP])
async def test_move_that_the_recipient_may_know(
    delivery: MailDelivery,
    database: Database,
    mail_sink: FaultyMailSink,
    host: Caller,
    after: AfterData,
) -> None:
    """Its mail was sent, or may have been, also if nothing of it is stored any more."""
    booking_id = await host.booked(T0)
    await delivery.send_due()
    await move(host, booking_id, T1)
    mail_sink.faults.after_data = after
    for _ in range(2):
        await send_again(database, delivery)
    mail_sink.faults.after_data = AfterData.ANSWER
    await change(database, "UPDATE email_messages SET facts = NULL WHERE kind = 'confirmation'")
    await move(host, booking_id, T2)
    await send_again(database, delivery)
    for recipient in (INVITEE, HOST):
        assert times_named(mail_sink, recipient) == {T1, T2}


async def test_reminder_tells_the_time_too(
    delivery: MailDelivery, database: Database, mail_sink: FaultyMailSink, host: Caller
) -> None:
    """The mail about the move was refused, the reminder of its time was not."""
    booking_id = await host.booked(T0)
    await delivery.send_due()
    await move(host, booking_id, T1)
    states = "UPDATE email_messages SET status = 'FAILED' WHERE kind = 'rescheduled'"
    await change(database, states)
    await change(
        database, "UPDATE email_messages SET kind = 'reminder', sequence = 1 WHERE sequence = 0"
    )
    await move(host, booking_id, T2)
    await send_again(database, delivery)
    assert times_named(mail_sink, INVITEE) == {T1, T2}


async def test_booking_that_was_never_mailed(
    delivery: MailDelivery, mail_sink: FaultyMailSink, host: Caller
) -> None:
    """One mail with everything: the invitee chose the first time, the host has seen none."""
    booking_id = await host.booked(T0)
    await move(host, booking_id, T1)
    await move(host, booking_id, T2)
    await delivery.send_due()
    assert len(mail_sink.mails) == 2
    for recipient in (INVITEE, HOST):
        assert times_named(mail_sink, recipient) == {T0, T2}


async def test_booking_that_is_back_at_its_time(
    delivery: MailDelivery, mail_sink: FaultyMailSink, host: Caller
) -> None:
    """No earlier time is named."""
    booking_id = await host.booked(T0)
    await delivery.send_due()
    await move(host, booking_id, T1)
    await move(host, booking_id, T0)
    await delivery.send_due()
    for recipient in (INVITEE, HOST):
        assert times_named(mail_sink, recipient) == {T0}
    assert "Previously" not in mail_sink.mails[-1].parsed.get_body(("plain",)).get_content()
