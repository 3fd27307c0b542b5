"""What becomes of a mail after an attempt."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from linktime_bookings.domain.emails import Status
from linktime_bookings.domain.mail_retry import (
    OWN_ERROR,
    MailAnswer,
    MailAttempt,
    MailOutcome,
    SmtpStep,
    delay,
    judged,
    settled,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = MailOutcome(answer=MailAnswer.LATER, reason="451 Try again", code=451)


def attempt(
    number: int = 1, *, created: datetime = NOW, expires: datetime | None = None, id_: int = 0
) -> MailAttempt:
    return MailAttempt(
        email_id=UUID(int=id_), number=number, created_at=created, expires_at=expires
    )


@pytest.mark.parametrize(
    ("step", "code", "text", "answer"),
    [
        (SmtpStep.RECIPIENT, 550, "5.1.1 No such user", MailAnswer.REFUSED),
        (SmtpStep.RECIPIENT, 552, "5.2.2 Mailbox full", MailAnswer.REFUSED),
        (SmtpStep.RECIPIENT, 451, "4.7.1 Greylisted", MailAnswer.LATER),
        (SmtpStep.RECIPIENT, 450, "4.2.1 Busy", MailAnswer.LATER),
        (
            SmtpStep.RECIPIENT,
            554,
            "5.7.1 <a@b.c>: Relay access denied",
            MailAnswer.NOT_ALLOWED,
        ),
        (SmtpStep.RECIPIENT, 530, "5.7.0 Authentication required", MailAnswer.NOT_ALLOWED),
        (SmtpStep.RECIPIENT, 421, "4.3.0 Shutting down", MailAnswer.UNREACHABLE),
        (SmtpStep.MESSAGE, 554, "5.6.0 Spam", MailAnswer.REFUSED),
        (SmtpStep.MESSAGE, 452, "4.3.1 Disk full", MailAnswer.LATER),
        (SmtpStep.MESSAGE, 421, "4.3.0 Shutting down", MailAnswer.UNREACHABLE),
        (SmtpStep.SENDER, 550, "5.7.1 Not your address", MailAnswer.NOT_ALLOWED),
        (SmtpStep.SENDER, 450, "4.7.1 Too many", MailAnswer.UNREACHABLE),
        (SmtpStep.LOGIN, 535, "5.7.8 Bad credentials", MailAnswer.NOT_ALLOWED),
        (SmtpStep.LOGIN, 454, "4.7.0 Temporary failure", MailAnswer.UNREACHABLE),
        (SmtpStep.GREETING, 554, "No service", MailAnswer.NOT_ALLOWED),
        (SmtpStep.GREETING, 421, "Busy", MailAnswer.UNREACHABLE),
    ],
)
def test_replies(step: SmtpStep, code: int, text: str, answer: MailAnswer) -> None:
    """A reply about the sender or the login is about every mail, not about this one."""
    outcome = judged(step, code, text)
    assert (outcome.answer, outcome.code) == (answer, code)
    assert str(code) in str(outcome.reason)


@pytest.mark.parametrize(
    "text",
    [
        "5.1.1 <ada@shop.example>: User unknown in relay recipient table",
        "<ada@shop.example>: Recipient address rejected: User unknown in relay recipient table",
        "5.1.1 <relay@gone.example>: user unknown",
        "5.7.1 <relay@gone.example>: Recipient address rejected: Access denied",
        "5.2.1 <x1@relay.firefox.com> is disabled",
        "5.2.1 relay@relay.example not permitted",
        "Unknown user relay@denied.example",
        "5.2.1 <unable-to-relay@gone.example>: mailbox disabled",
        '5.2.1 "relay denied"@gone.example: mailbox disabled',
        "5.1.2 Relay not permitted to this address",
    ],
)
def test_refused_address_is_not_taken_for_a_refused_relay(text: str) -> None:
    """The mail is `FAILED`; the others do not wait for the operator."""
    assert judged(SmtpStep.RECIPIENT, 550, text).answer is MailAnswer.REFUSED


@pytest.mark.parametrize(
    "text",
    [
        "5.7.1 <sarah@example.com>: Relay access denied",
        "5.7.1 <sarah@example.com>... Relaying denied. Proper authentication required.",
        "relay not permitted",
        "5.7.1 Unable to relay for sarah@example.com",
        "5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
        "5.7.1 We do not relay",
        "relaying to <sarah@example.com> prohibited by administrator",
        "5.7.0 Relaying is not allowed",
        "5.7.1 This server does not\r\nrelay mail",
        "relay for example.com denied",
    ],
)
def test_refused_relay(text: str) -> None:
    """In the words of several servers."""
    assert judged(SmtpStep.RECIPIENT, 550, text).answer is MailAnswer.NOT_ALLOWED


def test_reply_about_every_mail_does_not_quote_an_address() -> None:
    """It is logged, and shown to the operator."""
    outcome = judged(SmtpStep.RECIPIENT, 554, "5.7.1 <sarah@example.com>: Relay access denied")
    assert "sarah" not in str(outcome.reason)


def test_reply_becomes_one_printable_line() -> None:
    """The host sees it, and PostgreSQL stores neither NUL nor surrogates."""
    outcome = judged(SmtpStep.RECIPIENT, 550, "no\r\n\x00\x1b[31m \udcff" + "x" * 1000)
    assert str(outcome.reason).startswith("550 no [31m x")
    assert str(outcome.reason).isprintable()
    assert len(str(outcome.reason)) == 200


def test_accepted_and_refused() -> None:
    """Both are final."""
    accepted = settled(MailOutcome(answer=MailAnswer.ACCEPTED, code=250), attempt(), now=NOW)
    assert (accepted.status, accepted.error) == (Status.SENT, None)
    refused = settled(judged(SmtpStep.RECIPIENT, 550, "No"), attempt(), now=NOW)
    assert (refused.status, refused.code, refused.error) == (Status.FAILED, 550, "550 No")
    assert refused.due_at is None


def test_delays_grow() -> None:
    """1, 5, 15, 60 minutes, then 4, 8, 24 hours."""
    hours = [delay(attempt(number), of_mail=True).total_seconds() / 3600 for number in range(1, 9)]
    assert hours == [1 / 60, 5 / 60, 15 / 60, 1, 4, 8, 24, 24]


def test_mails_that_failed_together_are_spread() -> None:
    """By up to a tenth, always the same for a mail."""
    delays = {delay(attempt(3, id_=id_), of_mail=True) for id_ in range(1000)}
    assert len(delays) == 1000
    assert min(delays) == timedelta(minutes=15)
    assert timedelta(minutes=16) < max(delays) < timedelta(minutes=16.5)
    same = {delay(attempt(3, id_=7), of_mail=True) for _ in range(2)}
    assert len(same) == 1


@pytest.mark.parametrize("answer", [MailAnswer.UNREACHABLE, MailAnswer.NOT_PREPARED])
def test_a_server_that_is_down_delays_no_mail_for_hours(answer: MailAnswer) -> None:
    """Within five minutes of its return every mail is sent; also after an outage of a service."""
    down = MailOutcome(answer=answer, reason="no answer")
    waits = [settled(down, attempt(number), now=NOW).due_at for number in range(1, 9)]
    assert waits == [NOW + timedelta(minutes=1)] + [NOW + timedelta(minutes=5)] * 7


def test_mail_that_may_have_been_accepted_has_its_own_schedule() -> None:
    """The connection was lost after the message: it is not offered every five minutes."""
    lost = MailOutcome(answer=MailAnswer.LOST, reason="the connection was lost after the message")
    assert settled(lost, attempt(5), now=NOW).due_at == NOW + timedelta(hours=4)
    assert lost.ends_round
    assert not lost.is_of_server


def test_whether_the_server_may_have_the_mail() -> None:
    """Only if the connection was lost after the message, also when it is then given up."""
    lost = MailOutcome(answer=MailAnswer.LOST, reason="the connection was lost after the message")
    late = attempt(created=NOW - timedelta(days=3))
    for one in (attempt(), late):
        assert settled(lost, one, now=NOW).may_be_accepted
        assert not settled(LATER, one, now=NOW).may_be_accepted


def test_mail_is_given_up_when_its_fact_has_passed() -> None:
    """A reminder after the start is of no use."""
    start = NOW + timedelta(minutes=5)
    in_time = settled(LATER, attempt(1, expires=start), now=NOW)
    assert (in_time.status, in_time.due_at) == (Status.DEFERRED, NOW + timedelta(minutes=1))
    late = settled(LATER, attempt(2, expires=start), now=NOW)
    assert (late.status, late.error) == (Status.SUPPRESSED, "too late: 451 Try again")


def test_mail_is_given_up_after_three_days() -> None:
    """Counted from the fact."""
    sums, now, number = [], NOW, 1
    while (one := settled(LATER, attempt(number), now=now)).due_at is not None:
        now, number = one.due_at, number + 1
        sums.append((now - NOW) / timedelta(hours=1))
    assert one.status is Status.SUPPRESSED
    assert number == 9
    assert sums[-1] == pytest.approx(61.35)


def test_own_error_fails_after_the_last_attempt() -> None:
    """No server refused it, so the host gets no notice of a refused mail."""
    fault = MailOutcome(answer=MailAnswer.FAULT, reason=OWN_ERROR)
    first = settled(fault, attempt(), now=NOW)
    assert (first.status, first.due_at) == (Status.DEFERRED, NOW + timedelta(minutes=1))
    last = settled(fault, attempt(created=NOW - timedelta(days=3)), now=NOW)
    assert (last.status, last.error, last.is_refused) == (Status.FAILED, OWN_ERROR, False)
