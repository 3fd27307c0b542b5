"""A mail that no server has is rendered again; one that a server may have is sent unchanged."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from services.bookings.tests.calls import Caller
from services.bookings.tests.mail.queued import (
    INVITEE,
    SENDER,
    add,
    an_email,
    booked,
    delivery_to,
    send_again,
    server_of,
)
from services.bookings.tests.rows import rows

from linktime_bookings.deps import Deps
from linktime_bookings.domain.emails import Email, Kind
from linktime_bookings.mail import delivery as delivering
from linktime_common.clock import ShiftedClock
from linktime_common.postgres import Database
from linktime_local.testing.mail_sinks import AfterData, FaultyMailSink

CONTENTS = "SELECT content FROM email_messages"
Fault = Callable[[FaultyMailSink], None]


def greylist(sink: FaultyMailSink) -> None:
    sink.faults.recipients[INVITEE] = "451 4.7.1 Greylisted"


def refuse_relay(sink: FaultyMailSink) -> None:
    sink.faults.recipients[INVITEE] = "554 5.7.1 Relay access denied"


def lose(sink: FaultyMailSink) -> None:
    sink.faults.after_data = AfterData.DROP


async def mend(sink: FaultyMailSink) -> None:
    sink.faults.recipients.clear()
    sink.faults.after_data = AfterData.ANSWER
    await sink.accept()


@pytest.fixture
async def reminder(database: Database, host: Caller) -> Email:
    """A queued reminder."""
    email = an_email(Kind.REMINDER, of=await booked(database, host))
    await add(database, email)
    return email


def before_start(deps: Deps, email: Email, hours: int) -> Deps:
    """Return `deps` with a clock that is `hours` before the meeting."""
    assert email.expires_at is not None
    shift = email.expires_at - timedelta(hours=hours) - datetime.now(UTC)
    return replace(deps, clock=ShiftedClock(shift))


def with_sender(deps: Deps, address: str) -> Deps:
    return replace(deps, sender=replace(SENDER, address=address))


@pytest.mark.parametrize("fault", [greylist, refuse_relay, FaultyMailSink.refuse])
async def test_mail_that_was_refused_is_rendered_again(
    deps: Deps, database: Database, mail_sink: FaultyMailSink, reminder: Email, fault: Fault
) -> None:
    """With the lead, the date and the sender of now, and the same Message-ID."""
    fault(mail_sink)
    wrong = with_sender(before_start(deps, reminder, hours=24), "wrong@meet.example")
    await delivery_to(wrong, server_of(mail_sink)).send_due()
    await mend(mail_sink)
    await send_again(
        database, delivery_to(before_start(deps, reminder, hours=4), server_of(mail_sink))
    )
    (mail,) = mail_sink.mails
    parsed = mail.parsed
    text = str(parsed.get_body(("plain",)))
    assert ("in 4 hours" in text, "in 24 hours" in text) == (True, False)
    assert parsed["From"].addresses[0].addr_spec == mail.sender == SENDER.address
    assert reminder.expires_at is not None
    early = reminder.expires_at - timedelta(hours=4) - parsed["Date"].datetime
    assert abs(early) < timedelta(minutes=2)
    assert parsed["Message-ID"] == f"<{reminder.id}@meet.example>"


async def test_mail_that_was_given_back_is_rendered_again(
    deps: Deps,
    database: Database,
    mail_sink: FaultyMailSink,
    reminder: Email,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It was marked and never offered."""
    early = delivery_to(before_start(deps, reminder, hours=24), server_of(mail_sink))
    with monkeypatch.context() as patch:
        patch.setattr(delivering, "LAST_START_SECONDS", -1.0)
        await early._send_some()
    assert await rows(database, CONTENTS) == [(None,)]
    await delivery_to(before_start(deps, reminder, hours=4), server_of(mail_sink)).send_due()
    (mail,) = mail_sink.mails
    assert "in 4 hours" in str(mail.parsed.get_body(("plain",)))


@pytest.mark.parametrize("fault", [greylist, refuse_relay, FaultyMailSink.refuse, lose])
async def test_mail_that_may_have_been_accepted_stays_the_same(
    deps: Deps, database: Database, mail_sink: FaultyMailSink, reminder: Email, fault: Fault
) -> None:
    """Whatever happens to it later, before it is accepted for certain."""
    mail_sink.faults.after_data = AfterData.KEEP_AND_DROP
    await delivery_to(before_start(deps, reminder, hours=24), server_of(mail_sink)).send_due()
    await mend(mail_sink)
    fault(mail_sink)
    for hours in (5, 4):
        at = before_start(deps, reminder, hours=hours)
        await send_again(database, delivery_to(at, server_of(mail_sink)))
        await mend(mail_sink)
    assert len(mail_sink.mails) == 2
    assert len({mail.content for mail in mail_sink.mails}) == 1


async def test_mail_of_a_stopped_worker_stays_the_same_when_it_is_given_back(
    deps: Deps,
    database: Database,
    mail_sink: FaultyMailSink,
    reminder: Email,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The worker may have sent it."""
    async with database.connection() as connection:
        await connection.execute(
            "UPDATE email_messages SET status = 'SENDING', attempts = 1, content = $1",
            b"Message-ID: <kept@meet.example>\r\n\r\n",
        )
    delivery = delivery_to(before_start(deps, reminder, hours=4), server_of(mail_sink))
    with monkeypatch.context() as patch:
        patch.setattr(delivering, "LAST_START_SECONDS", -1.0)
        await delivery._send_some()
    await delivery.send_due()
    (mail,) = mail_sink.mails
    assert mail.parsed["Message-ID"] == "<kept@meet.example>"
