"""Due mails are sent once, and settled by what the mail server answers."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from services.bookings.tests.calls import Caller, slot
from services.bookings.tests.fakes import EventType
from services.bookings.tests.feeds import Directory
from services.bookings.tests.mail.queued import (
    HOST,
    INVITEE,
    add,
    an_account,
    an_email,
    booked,
    delivery_to,
    facts,
    ids_of,
    notice,
    recipients_of,
    send_again,
    server_of,
    states,
    tried_often,
    until_idle,
    waiting,
)
from services.bookings.tests.rows import rows

from linktime_bookings.app import SERVICE
from linktime_bookings.clients.directory import RecipientDirectory
from linktime_bookings.deps import Deps
from linktime_bookings.domain.emails import Kind
from linktime_bookings.domain.mail_retry import MailAnswer
from linktime_bookings.mail import delivery as delivering
from linktime_bookings.mail.delivery import MailDelivery
from linktime_bookings.mail.preparing import Preparer
from linktime_bookings.store.emails import LeasedEmail
from linktime_common import logs, tracing
from linktime_common.http.client import InternalClient, open_session
from linktime_common.identity import CallerKind
from linktime_common.postgres import Database
from linktime_common.process import ProcessRole
from linktime_common.tracing import SpanKind
from linktime_local.testing.collectors import recording, send_recorded
from linktime_local.testing.mail_sinks import AfterData, FaultyMailSink
from linktime_local.testing.services import running, signer_of
from linktime_local.testing.waiting import eventually
from linktime_operator.operations.doctor import diagnose

LEASED: dict[str, Any] = {
    "leased_until": datetime.now(UTC) + timedelta(minutes=5),
    "attempts": 1,
    "created_at": datetime.now(UTC),
    "content": None,
}
LINES = "SELECT kind, recipient, status, smtp_code, error FROM email_messages ORDER BY kind, status"


@pytest.fixture
async def delivery(deps: Deps, mail_sink: FaultyMailSink) -> AsyncIterator[MailDelivery]:
    delivery = delivery_to(deps, server_of(mail_sink))
    yield delivery
    assert delivery._client is not None
    await delivery._client.close()


async def test_sent(delivery: MailDelivery, database: Database, mail_sink: FaultyMailSink) -> None:
    """Once, and noted with the message that was sent."""
    email = an_email()
    await add(database, email)
    await delivery.send_due()
    await delivery.send_due()
    (mail,) = mail_sink.mails
    assert (mail.sender, mail.recipients) == ("no-reply@meet.example", [INVITEE])
    assert mail.parsed["X-LinkTime-Kind"] == "confirmation"
    kept = "SELECT status, smtp_code, content, sent_at IS NULL, attempts FROM email_messages"
    assert await rows(database, kept) == [("SENT", 250, mail.content, False, 1)]


async def test_a_mail_is_sent_in_the_trace_of_its_cause(
    delivery: MailDelivery, database: Database, mail_sink: FaultyMailSink
) -> None:
    """Each attempt is a step, and causes the notice of a refusal; no address is recorded."""
    mail_sink.faults.recipients[INVITEE] = "550 5.1.1 No such person"
    async with recording("bookings") as collector:
        with tracing.continuing(None, "request", SpanKind.SERVER):
            began = logs.traceparent.get() or ""
            await add(database, an_email())
        await delivery.send_due()
        await send_recorded()
    (sent,) = collector.named("send mail")
    assert [sent.trace, sent.parent] == began.split("-")[1:3]
    assert (sent.kind, sent.has_failed, sent.attributes["error.type"]) == (
        "client",
        True,
        MailAnswer.REFUSED,
    )
    kept = "SELECT kind, traceparent FROM email_messages ORDER BY created_at"
    assert await rows(database, kept) == [
        ("confirmation", began),
        ("host_mail_refused", f"00-{sent.trace}-{sent.id}-{began[-2:]}"),
    ]
    assert not any(INVITEE.encode() in body for body in collector.bodies)


async def test_temporary_refusal(
    delivery: MailDelivery, database: Database, mail_sink: FaultyMailSink
) -> None:
    """Tried again after a minute."""
    mail_sink.faults.recipients[INVITEE] = "451 4.3.0 Try again"
    await add(database, an_email())
    await delivery.send_due()
    assert await rows(database, LINES) == [
        ("confirmation", INVITEE, "DEFERRED", 451, "451 4.3.0 Try again")
    ]
    due = "SELECT due_at - now() BETWEEN '50 s' AND '67 s', leased_until FROM email_messages"
    assert await rows(database, due) == [(True, None)]
    await delivery.send_due()
    mail_sink.faults.recipients.clear()
    await send_again(database, delivery)
    assert await states(database) == {"confirmation": "SENT"}
    assert len(mail_sink.mails) == 1


async def test_refused_recipient(
    delivery: MailDelivery,
    database: Database,
    directory: Directory,
    mail_sink: FaultyMailSink,
    host: Caller,
) -> None:
    """One of two: the host is informed, once for the booking; the other mail is sent."""
    directory.users[host.host_id] = an_account(host.host_id)
    mail_sink.faults.recipients["gone@example.com"] = "550 5.1.1 No such user"
    of = await booked(database, host, "gone@example.com")
    await add(database, an_email(of=of, to="gone@example.com"), an_email())
    await add(database, an_email(Kind.REMINDER, of=of, to="gone@example.com"))
    await delivery.send_due()
    refused = (550, "550 5.1.1 No such user")
    assert await rows(database, LINES) == [
        ("confirmation", "gone@example.com", "FAILED", *refused),
        ("confirmation", INVITEE, "SENT", 250, None),
        ("host_mail_refused", "new@host.example", "SENT", 250, None),
        ("reminder", "gone@example.com", "FAILED", *refused),
    ]
    assert sorted(recipients_of(mail_sink)) == ["new@host.example", INVITEE]


async def test_refused_notice(
    delivery: MailDelivery, database: Database, mail_sink: FaultyMailSink
) -> None:
    """A host whose own address refuses mail gets no mail about that."""
    mail_sink.faults.recipients[HOST] = "550 5.1.1 No such user"
    await add(database, an_email(Kind.HOST_BOOKED))
    await delivery.send_due()
    assert await states(database) == {"host_booked": "FAILED"}


@pytest.mark.parametrize(("after", "received"), [(AfterData.DROP, 1), (AfterData.KEEP_AND_DROP, 2)])
async def test_connection_lost_after_the_message(
    delivery: MailDelivery,
    database: Database,
    mail_sink: FaultyMailSink,
    after: AfterData,
    received: int,
) -> None:
    """It may have been accepted: a repeat has the same octets and so the same Message-ID."""
    mail_sink.faults.after_data = after
    await add(database, an_email())
    await delivery.send_due()
    assert await states(database) == {"confirmation": "DEFERRED"}
    mail_sink.faults.after_data = AfterData.ANSWER
    await send_again(database, delivery)
    assert await states(database) == {"confirmation": "SENT"}
    assert len(mail_sink.mails) == received
    assert len({mail.content for mail in mail_sink.mails}) == 1


async def test_server_that_is_down(
    delivery: MailDelivery, database: Database, mail_sink: FaultyMailSink
) -> None:
    """No other mail is tried meanwhile; then all are sent, one each."""
    await add(database, *(an_email(to=f"{number}@example.com") for number in range(30)))
    mail_sink.refuse()
    for _ in range(3):
        await send_again(database, delivery)
    attempts = "SELECT sum(attempts - 1) FROM email_messages WHERE status = 'DEFERRED'"
    assert await waiting(database) == 30
    assert len(await rows(database, attempts)) == 1
    assert await delivery.problem() == "mail waits: the mail server cannot be reached"
    await mail_sink.accept()
    await send_again(database, delivery)
    await until_idle(database, delivery)
    assert await delivery.problem() is None
    assert sorted(recipients_of(mail_sink)) == sorted(f"{n}@example.com" for n in range(30))


async def test_failing_server_is_asked_with_growing_pauses(
    delivery: MailDelivery, database: Database, mail_sink: FaultyMailSink
) -> None:
    """Whatever wakes the job; each time with one mail."""
    await add(database, *(an_email() for _ in range(5)))
    mail_sink.refuse()
    await delivery.send_due()
    first = delivery._paused_until
    await delivery.send_due()
    assert delivery._paused_until == first
    tried = "SELECT count(*) FROM email_messages WHERE status = 'DEFERRED'"
    assert await rows(database, tried) == [(1,)]
    delivery._paused_until = 0.0
    await delivery.send_due()
    assert delivery._paused_until - asyncio.get_running_loop().time() > 1.0
    assert await rows(database, tried) == [(2,)]


async def test_few_mails_have_one_connection_and_many_four(
    delivery: MailDelivery, database: Database, mail_sink: FaultyMailSink
) -> None:
    """Each mail is sent once."""
    await add(database, *(an_email() for _ in range(5)))
    await delivery.send_due()
    assert len(mail_sink._connections) == 1
    await add(database, *(an_email() for _ in range(20)))
    await delivery.send_due()
    assert len(mail_sink._connections) == 4
    assert len(set(ids_of(mail_sink))) == len(mail_sink.mails) == 25


async def test_mails_that_fail_at_the_same_time_lengthen_the_pause_once(
    delivery: MailDelivery, database: Database, mail_sink: FaultyMailSink
) -> None:
    """Those that were not on their way are given back."""
    await add(database, *(an_email() for _ in range(20)))
    mail_sink.refuse()
    await delivery.send_due()
    assert delivery._failures == 1
    states = "SELECT status, count(*) FROM email_messages GROUP BY status ORDER BY status"
    assert await rows(database, states) == [("DEFERRED", 4), ("QUEUED", 16)]


async def test_wrong_settings_fail_no_mail(
    deps: Deps, database: Database, mail_sink: FaultyMailSink
) -> None:
    """A refused sender, login or relay is the operator's problem."""
    mail_sink.faults.recipients[INVITEE] = "554 5.7.1 Relay access denied"
    delivery = delivery_to(deps, server_of(mail_sink))
    await add(database, an_email())
    await delivery.send_due()
    assert await states(database) == {"confirmation": "DEFERRED"}
    assert "does not forward mail" in str(await delivery.problem())


async def test_mail_that_the_server_does_not_forward_fails_doctor(
    settings: dict[str, Any], mail_sink: FaultyMailSink, database: Database, tmp_path: Path
) -> None:
    """A problem, so status 1: no mail is sent until the operator changes something."""
    sentence = "bookings: mail waits: the mail server does not forward mail of this sender (554)."
    mail_sink.faults.recipients[INVITEE] = "554 5.7.1 Relay access denied"
    await add(database, an_email())
    smtp = {"smtp_host": mail_sink.host, "smtp_port": mail_sink.port, "smtp_security": "none"}
    async with running(SERVICE, ProcessRole.ALL, **settings, **smtp) as service:

        async def is_told() -> bool:
            found = await diagnose(
                service.session, {SERVICE.name: service.internal_url}, None, tmp_path
            )
            return sentence in found.problems

        await eventually(is_told)


async def test_a_process_forgets_a_refusal_when_another_one_has_sent_the_mail(
    deps: Deps, database: Database, mail_sink: FaultyMailSink
) -> None:
    first, second = (delivery_to(deps, server_of(mail_sink)) for _ in range(2))
    await add(database, an_email())
    mail_sink.faults.recipients[INVITEE] = "554 5.7.1 Relay access denied"
    await first.send_due()
    await first.show_figures()
    assert await first.problem() is not None
    mail_sink.faults.recipients.clear()
    await send_again(database, second)
    await first.show_figures()
    assert await first.problem() is None


async def test_two_processes_share_the_mails(
    deps: Deps, database: Database, mail_sink: FaultyMailSink
) -> None:
    """200 mails, each sent once."""
    await add(database, *(an_email(to=f"{number}@example.com") for number in range(200)))
    await until_idle(database, *(delivery_to(deps, server_of(mail_sink)) for _ in range(2)))
    assert Counter(recipients_of(mail_sink)) == Counter(f"{n}@example.com" for n in range(200))
    assert await rows(database, "SELECT DISTINCT status, attempts FROM email_messages") == [
        ("SENT", 1)
    ]


async def test_mail_of_a_stopped_worker(
    delivery: MailDelivery, database: Database, mail_sink: FaultyMailSink
) -> None:
    """It is sent with the stored message when the lease has ended."""
    await add(database, an_email())
    async with database.connection() as connection:
        await connection.execute(
            "UPDATE email_messages SET status = 'SENDING', attempts = 1, content = $1,"
            " leased_until = now() + interval '1 hour'",
            b"Message-ID: <kept@meet.example>\r\n\r\n",
        )
    await delivery.send_due()
    assert mail_sink.mails == []
    await send_again(database, delivery)
    assert ids_of(mail_sink) == ["<kept@meet.example>"]


async def test_slow_round_ends_before_its_leases(
    delivery: MailDelivery,
    database: Database,
    mail_sink: FaultyMailSink,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The unsent mails are given back, and not counted as attempts."""
    await add(database, an_email(), an_email(), an_email())
    monkeypatch.setattr(delivering, "LAST_START_SECONDS", -1.0)
    await delivery._send_some()
    assert mail_sink.mails == []
    kept = "SELECT DISTINCT status, attempts, leased_until FROM email_messages"
    assert await rows(database, kept) == [("QUEUED", 1, None)]


async def test_process_that_is_stopped_settles_its_mail(
    delivery: MailDelivery, database: Database, mail_sink: FaultyMailSink
) -> None:
    """The others of the round are given back at once."""
    await add(database, an_email(), an_email())
    mail_sink.faults.delay_seconds = 0.05
    task = asyncio.ensure_future(delivery.send_due())
    await eventually(lambda: len(mail_sink._connections) == 1)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert len(mail_sink.mails) == 1
    found = await rows(database, "SELECT status, leased_until FROM email_messages ORDER BY status")
    assert found == [("QUEUED", None), ("SENT", None)]


async def test_superseded(
    delivery: MailDelivery, database: Database, mail_sink: FaultyMailSink
) -> None:
    """A newer mail to the same person says all; to the other person the earlier one is sent."""
    first = facts()
    moved = first.model_copy(update={"booking": first.booking.model_copy(update={"sequence": 1})})
    await add(database, an_email(of=first), an_email(Kind.HOST_BOOKED, of=first))
    await add(database, an_email(Kind.RESCHEDULED, of=moved))
    await delivery.send_due()
    assert await rows(database, LINES) == [
        ("confirmation", INVITEE, "SUPPRESSED", None, "superseded"),
        ("host_booked", HOST, "SENT", 250, None),
        ("rescheduled", INVITEE, "SENT", 250, None),
    ]


async def test_superseded_while_others_are_sent(
    delivery: MailDelivery,
    database: Database,
    mail_sink: FaultyMailSink,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A slow server: the booking is cancelled before its confirmation has its turn."""
    monkeypatch.setattr(delivering, "CHECKED_SECONDS", 0.0)
    first = facts()
    cancelled = first.booking.model_copy(update={"sequence": 1})
    await add(database, an_email(to="bob@example.com"))
    await add(database, an_email(of=first))
    mail_sink.faults.delay_seconds = 0.1
    sending = asyncio.create_task(delivery.send_due())
    await eventually(lambda: len(mail_sink._connections) == 1)
    await add(
        database, an_email(Kind.CANCELLED, of=first.model_copy(update={"booking": cancelled}))
    )
    await eventually(lambda: len(mail_sink.mails) == 1)
    mail_sink.faults.delay_seconds = 0.0
    await sending
    await delivery.send_due()
    assert await rows(database, LINES) == [
        ("cancelled", INVITEE, "SENT", 250, None),
        ("confirmation", "bob@example.com", "SENT", 250, None),
        ("confirmation", INVITEE, "SUPPRESSED", None, "superseded"),
    ]
    assert recipients_of(mail_sink) == ["bob@example.com", INVITEE]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ("SET updated_at = now()", "SENT"),
        ("SET status = 'CANCELLED', cancelled_at = now()", "SUPPRESSED"),
        ("SET sequence = sequence + 1", "SUPPRESSED"),
    ],
)
async def test_reminder_is_checked_when_it_is_sent(
    delivery: MailDelivery,
    database: Database,
    mail_sink: FaultyMailSink,
    host: Caller,
    change: str,
    status: str,
) -> None:
    """The booking was cancelled or moved after the reminder was queued."""
    of = await booked(database, host)
    async with database.connection() as connection:
        await connection.execute(f"UPDATE bookings {change}")
    await add(database, an_email(Kind.REMINDER, of=of))
    await delivery.send_due()
    assert await states(database) == {"reminder": status}
    assert len(mail_sink.mails) == (1 if status == "SENT" else 0)


async def test_requests_are_answered_between_two_mails(deps: Deps) -> None:
    """Mails are rendered one at a time, and the process does something else in between."""
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    preparer = Preparer(deps)
    mails = [LeasedEmail(**vars(an_email()), **LEASED) for _ in range(10)]
    hosts = preparer.hosts_of(mails)
    other = asyncio.create_task(count())
    await asyncio.gather(*(preparer.prepare(mail, hosts) for mail in mails))
    other.cancel()
    assert turns >= len(mails)


async def test_expired_mail(
    delivery: MailDelivery, database: Database, mail_sink: FaultyMailSink
) -> None:
    """It waited for too long."""
    await add(database, replace(an_email(), expires_at=datetime.now(UTC)))
    await delivery.send_due()
    assert await rows(database, LINES) == [
        ("confirmation", INVITEE, "SUPPRESSED", None, "too late")
    ]
    assert mail_sink.mails == []


async def test_without_a_mail_server(deps: Deps, database: Database) -> None:
    """The log says why no mail was sent."""
    await add(database, *(an_email() for _ in range(25)))
    await delivery_to(deps, None).send_due()
    reasons = "SELECT DISTINCT status, error FROM email_messages"
    assert await rows(database, reasons) == [("SUPPRESSED", "no mail server is configured")]


async def test_mail_that_cannot_be_prepared(
    deps: Deps, database: Database, mail_sink: FaultyMailSink
) -> None:
    """It waits for five minutes; the others are sent. The directory does not answer."""
    async with open_session() as session:
        signer = signer_of("bookings", "scim")
        closed = "http://127.0.0.1:1"
        client = InternalClient(session, base_url=closed, audience="scim", signer=signer)
        without = replace(deps, directory=RecipientDirectory(client))
        delivery = delivery_to(without, server_of(mail_sink))
        await add(database, notice(), an_email())
        await tried_often(database)
        await delivery.send_due()
    assert await states(database) == {"webhook_failing": "DEFERRED", "confirmation": "SENT"}
    soon = "SELECT due_at < now() + interval '6 min' FROM email_messages WHERE status = 'DEFERRED'"
    assert await rows(database, soon) == [(True,)]
    assert await delivery.problem() is None


async def test_address_of_a_host_is_looked_up(
    delivery: MailDelivery, database: Database, directory: Directory, mail_sink: FaultyMailSink
) -> None:
    """When the mail is sent; without an active account it is not."""
    here, inactive, gone = (notice() for _ in range(3))
    directory.users[here.owner_id] = an_account(here.owner_id)
    directory.users[inactive.owner_id] = an_account(inactive.owner_id, active=False)
    await add(database, here, inactive, gone)
    await delivery.send_due()
    assert recipients_of(mail_sink) == ["new@host.example"]
    reasons = "SELECT status, error FROM email_messages ORDER BY status, error"
    no_account = ("SUPPRESSED", "the account does not exist or is inactive")
    assert await rows(database, reasons) == [("SENT", None), no_account, no_account]


async def test_booking_is_mailed_at_once(
    settings: dict[str, Any], event_type: EventType, mail_sink: FaultyMailSink, database: Database
) -> None:
    """The process that wrote the mails sends them, without waiting for its next look."""
    smtp = {"smtp_host": mail_sink.host, "smtp_port": mail_sink.port, "smtp_security": "none"}
    async with running(SERVICE, ProcessRole.ALL, **settings, **smtp) as service:
        await Caller(service, event_type.host.id).booked(slot(0))
        await eventually(lambda: len(mail_sink.mails) == 2)
        async with service.session.get(
            f"{service.internal_url}/internal/mail",
            headers=service.identity(CallerKind.OPERATOR, issuer="operator"),
        ) as response:
            state = await response.json()
        async with service.session.get(f"{service.internal_url}/metrics") as response:
            metrics = await response.text()
    assert state["configured"]
    assert state["reachable"]
    assert state["error"] is None
    assert 'linktime_bookings_mail_attempts_total{status="sent"}' in metrics
    assert await waiting(database) == 0
