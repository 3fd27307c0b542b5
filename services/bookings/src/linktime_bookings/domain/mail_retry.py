"""What becomes of a mail after an attempt to send it."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from linktime_bookings.domain.emails import Status

DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 480, 1440))
"""After the first, second, … attempt; the last one is repeated."""
SERVER_DELAY = timedelta(minutes=5)
"""The longest delay when the mail itself is no cause: the mail server accepts none, or a service
that is asked about the mail does not answer."""
JITTER = 0.1
GIVE_UP_AFTER = timedelta(days=3)
TOO_LATE = "too late"
OWN_ERROR = "LinkTime could not make or send the mail because of an error, which is in the log"
"""The stored reason, by which such mails are counted."""
SERVER_REFUSES = "the mail server refused"
NOT_FORWARDED = "the mail server does not forward mail of this sender"
"""Beginnings of stored reasons that are the operator's to repair."""
MOST_CHARACTERS = 200

CLOSING = 421
PERMANENT = 500
NEEDS_LOGIN = frozenset({530, 534, 535, 538})
_QUOTED = re.compile(r'"[^"]*"')
"""The first part of an address can be quoted, with blanks in it."""
_ABOUT_ADDRESS = re.compile(r"\s*5\.1\.\d")
"""The code of RFC 3463 for an address that does not exist or is wrong."""
# Whole phrases: texts about one address say `relay` too, such as Postfix's `User unknown in relay
# recipient table`.
_RELAY_DENIED = re.compile(
    r"""
    \brelay(ing)?(\s(access|attempts?|operation|mail|is|are|through\sthis\sserver))*
        (\s(to|for|from)(\s\S+)?)?
        \s(denied|prohibited|refused|rejected|disabled|forbidden
           |not\s(allowed|permitted|authori[sz]ed|supported))\b
  | \b(unable\sto|can(\s?not|'t)|(do|does|will)\snot|(do|does)n't|won't
      |not\s(allowed|permitted|authori[sz]ed)\sto)\srelay\b
  | \bno\srelaying\b
    """,
    re.IGNORECASE | re.VERBOSE,
)


class SmtpStep(StrEnum):
    """The part of a connection that a reply belongs to, as it completes `the server refused …`."""

    GREETING = "the connection"
    LOGIN = "the login"
    SENDER = "the sender's address"
    RECIPIENT = "the recipient"
    MESSAGE = "the message"


class MailAnswer(StrEnum):
    """The outcome of an attempt."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """This mail is refused for good."""
    LATER = "later"
    """This mail is refused for now."""
    LOST = "lost"
    """The connection ended after the message: the server may have accepted it."""
    UNREACHABLE = "unreachable"
    """The server did not answer, or accepts no mail for now."""
    NOT_ALLOWED = "not_allowed"
    """The server refuses every mail until the operator changes something."""
    NOT_PREPARED = "not_prepared"
    """A service that is asked about the mail did not answer."""
    FAULT = "fault"
    """An error of LinkTime itself, with this mail."""


@dataclass(frozen=True, kw_only=True)
class MailOutcome:
    """`reason` is for the host and the operator; `code` is the server's."""

    answer: MailAnswer
    reason: str | None = None
    code: int | None = None

    @property
    def is_of_server(self) -> bool:
        """Whether every other mail would have the same outcome."""
        return self.answer in {MailAnswer.UNREACHABLE, MailAnswer.NOT_ALLOWED}

    @property
    def is_of_mail(self) -> bool:
        """Whether the mail itself may be the cause."""
        return not self.is_of_server and self.answer is not MailAnswer.NOT_PREPARED

    @property
    def ends_round(self) -> bool:
        """Whether the next mail waits for a while."""
        return self.is_of_server or self.answer is MailAnswer.LOST


@dataclass(frozen=True, kw_only=True)
class Settlement:
    """The new state of a mail."""

    status: Status
    due_at: datetime | None = None
    code: int | None = None
    error: str | None = None
    is_refused: bool = False
    """The host of a mail to an invitee is informed."""
    may_be_accepted: bool = False
    """The server may have the mail all the same, so a repeat has the same octets."""


@dataclass(frozen=True, kw_only=True)
class MailAttempt:
    """The mail that was attempted; `number` counts attempts from 1."""

    email_id: UUID
    number: int
    created_at: datetime
    expires_at: datetime | None


def judged(step: SmtpStep, code: int, text: str) -> MailOutcome:
    """Return the outcome of a reply that refuses `step`.

    The texts of replies may contain addresses; `reason` has them only if it is about this mail.
    """
    if step in {SmtpStep.GREETING, SmtpStep.LOGIN, SmtpStep.SENDER} or code == CLOSING:
        answer = MailAnswer.NOT_ALLOWED if code >= PERMANENT else MailAnswer.UNREACHABLE
        return MailOutcome(answer=answer, reason=f"{SERVER_REFUSES} {step} ({code})", code=code)
    if code in NEEDS_LOGIN or (code >= PERMANENT and _denies_relay(text)):
        reason = f"{NOT_FORWARDED} ({code})"
        return MailOutcome(answer=MailAnswer.NOT_ALLOWED, reason=reason, code=code)
    answer = MailAnswer.REFUSED if code >= PERMANENT else MailAnswer.LATER
    return MailOutcome(answer=answer, reason=_one_line(f"{code} {text}"), code=code)


def settled(outcome: MailOutcome, attempt: MailAttempt, *, now: datetime) -> Settlement:
    """Return what becomes of the mail; it is given up if the next attempt would be too late."""
    if outcome.answer is MailAnswer.ACCEPTED:
        return Settlement(status=Status.SENT, code=outcome.code)
    if outcome.answer is MailAnswer.REFUSED:
        return Settlement(
            status=Status.FAILED, code=outcome.code, error=outcome.reason, is_refused=True
        )
    is_lost = outcome.answer is MailAnswer.LOST
    due_at = now + delay(attempt, of_mail=outcome.is_of_mail)
    last = attempt.created_at + GIVE_UP_AFTER
    if due_at >= (min(last, attempt.expires_at) if attempt.expires_at else last):
        if outcome.answer is MailAnswer.FAULT:
            return Settlement(status=Status.FAILED, error=outcome.reason)
        return Settlement(
            status=Status.SUPPRESSED,
            code=outcome.code,
            error=f"{TOO_LATE}: {outcome.reason}",
            may_be_accepted=is_lost,
        )
    return Settlement(
        status=Status.DEFERRED,
        due_at=due_at,
        code=outcome.code,
        error=outcome.reason,
        may_be_accepted=is_lost,
    )


def delay(attempt: MailAttempt, *, of_mail: bool) -> timedelta:
    """Return the time to the next attempt; mails that failed together are spread by their ids."""
    wait = DELAYS[min(attempt.number, len(DELAYS)) - 1]
    if not of_mail:
        wait = min(wait, SERVER_DELAY)
    return wait * (1 + JITTER * (attempt.email_id.int % 1000) / 1000)


def _denies_relay(text: str) -> bool:
    """Whether the server forwards no mail; what an address contains does not count."""
    if _ABOUT_ADDRESS.match(text):
        return False
    words = (word for word in _QUOTED.sub("", text).split() if "@" not in word)
    return _RELAY_DENIED.search(" ".join(words)) is not None


def _one_line(text: str) -> str:
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return line[:MOST_CHARACTERS]
