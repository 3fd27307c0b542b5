"""Mails: kinds, states, and the data they are rendered from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum, auto
from typing import Any
from uuid import UUID, uuid5

from linktime_bookings.domain.booking import Booking, By
from linktime_bookings.domain.events import EventContext, state_of
from linktime_common.contracts.events.availability import CalendarEventChange
from linktime_common.contracts.events.bookings import BookingState, BookingStatus
from linktime_common.contracts.wire import Instant, WireModel
from linktime_common.languages import DEFAULT_LANGUAGE
from linktime_common.logs import traceparent

_NAMESPACE = UUID("6f0b2c52-3c0e-4a0a-9a35-0d5f3c2f7c11")

DEFAULT_TIMEZONE = "UTC"


class Kind(StrEnum):
    """What a mail says; each kind goes to one person."""

    # To the invitee.
    CONFIRMATION = "confirmation"
    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"
    REMINDER = "reminder"
    # To the host.
    HOST_BOOKED = "host_booked"
    HOST_RESCHEDULED = "host_rescheduled"
    HOST_CANCELLED = "host_cancelled"
    HOST_MAIL_REFUSED = "host_mail_refused"
    WEBHOOK_FAILING = "webhook_failing"
    WEBHOOK_DISABLED = "webhook_disabled"
    CALENDAR_DISCONNECTED = "calendar_disconnected"
    CALENDAR_EVENT_CHANGED = "calendar_event_changed"
    # To the user of an account.
    VERIFY_ADDRESS = "verify_address"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - not a password
    SET_PASSWORD = "set_password"  # noqa: S105 - not a password

    @property
    def for_invitee(self) -> bool:
        """Whether it goes to the invitee of a booking."""
        return self in _TO_INVITEE

    @property
    def is_of_account(self) -> bool:
        """Whether it goes to the user of an account; its link is added when it is sent."""
        return _SUBJECTS[self] is Subject.ACCOUNT

    @property
    def is_notice(self) -> bool:
        """Whether it is rendered from `NoticeFacts`."""
        return _SUBJECTS[self] is Subject.NOTICE

    @property
    def is_of_booking(self) -> bool:
        """Whether it is rendered from `BookingFacts`."""
        return not self.is_of_account and not self.is_notice

    @property
    def is_of_change(self) -> bool:
        """Whether its calendar file says something new."""
        return _SUBJECTS[self] in {Subject.NEW, Subject.MOVE, Subject.CANCELLATION}

    @property
    def sendable_again(self) -> BookingStatus | None:
        """The status of a booking whose mail can be sent again; None: never."""
        return _SENDABLE_AGAIN.get(_SUBJECTS[self])


class Subject(Enum):
    """What a mail is about, from which its rules follow."""

    NEW = auto()
    MOVE = auto()
    CANCELLATION = auto()
    REMINDER = auto()
    CALENDAR_EVENT = auto()
    NOTICE = auto()
    ACCOUNT = auto()


_SUBJECTS: Mapping[Kind, Subject] = {
    Kind.CONFIRMATION: Subject.NEW,
    Kind.RESCHEDULED: Subject.MOVE,
    Kind.CANCELLED: Subject.CANCELLATION,
    Kind.REMINDER: Subject.REMINDER,
    Kind.HOST_BOOKED: Subject.NEW,
    Kind.HOST_RESCHEDULED: Subject.MOVE,
    Kind.HOST_CANCELLED: Subject.CANCELLATION,
    Kind.HOST_MAIL_REFUSED: Subject.NOTICE,
    Kind.WEBHOOK_FAILING: Subject.NOTICE,
    Kind.WEBHOOK_DISABLED: Subject.NOTICE,
    Kind.CALENDAR_DISCONNECTED: Subject.NOTICE,
    Kind.CALENDAR_EVENT_CHANGED: Subject.CALENDAR_EVENT,
    Kind.VERIFY_ADDRESS: Subject.ACCOUNT,
    Kind.RESET_PASSWORD: Subject.ACCOUNT,
    Kind.SET_PASSWORD: Subject.ACCOUNT,
}
_TO_INVITEE = frozenset({Kind.CONFIRMATION, Kind.RESCHEDULED, Kind.CANCELLED, Kind.REMINDER})
_SENDABLE_AGAIN: Mapping[Subject, BookingStatus] = {
    Subject.NEW: BookingStatus.CONFIRMED,
    Subject.MOVE: BookingStatus.CONFIRMED,
    Subject.REMINDER: BookingStatus.CONFIRMED,
    Subject.CANCELLATION: BookingStatus.CANCELLED,
}
# A later mail about a new time or a cancellation says everything that the earlier one would have
# said to the same person.
REPLACED_BY: Mapping[Kind, Sequence[Kind]] = {
    kind: [
        later
        for later in Kind
        if later.for_invitee == kind.for_invitee
        and _SUBJECTS[later] in {Subject.MOVE, Subject.CANCELLATION}
    ]
    for kind in Kind
    if _SUBJECTS[kind] in {Subject.NEW, Subject.MOVE}
}


class Status(StrEnum):
    """The state of a mail."""

    QUEUED = "QUEUED"
    SENDING = "SENDING"
    SENT = "SENT"
    DEFERRED = "DEFERRED"
    """Failed for now; tried again at `due_at`."""
    FAILED = "FAILED"
    """The mail server refused it for good."""
    SUPPRESSED = "SUPPRESSED"
    """Not sent: superseded, expired, not wanted, or over a limit."""


class BookingFacts(WireModel):
    """What a mail about a booking is rendered from; the booking as of the fact."""

    booking: BookingState
    manage_url: str
    by: By | None = None
    reason: str | None = None
    previous_start_time: Instant | None = None
    previous_end_time: Instant | None = None
    calendar_change: CalendarEventChange | None = None
    calendar_start_time: Instant | None = None
    calendar_end_time: Instant | None = None
    """The time that the event has in the host's calendar, if somebody moved it there."""


class NoticeFacts(WireModel):
    """What a notice to a host is rendered from, such as the address of a failing endpoint."""

    subject: str  # a URL, the name of a calendar, or the address that refused a mail
    detail: str | None = None  # a code such as "webhook.failing.24h", or the mail server's answer
    stops_booking: bool = False  # whether nobody can book a time with the host meanwhile


@dataclass(frozen=True, kw_only=True)
class Email:
    """One mail to one person. `id` is derived from fact and person: the same fact has one mail."""

    id: UUID
    owner_id: UUID
    kind: Kind
    recipient: str | None
    """None: the owner, whose address, name, language and zone are looked up when it is sent."""
    recipient_name: str
    locale: str
    timezone: str
    facts: Mapping[str, Any]
    """`BookingFacts` or `NoticeFacts` as JSON."""
    booking_id: UUID | None = None
    resend_of: UUID | None = None
    sequence: int | None = None
    expires_at: datetime | None = None
    """It is of no use later, such as a reminder after the start."""
    traceparent: str | None = field(default_factory=traceparent.get, compare=False)
    """The trace context of what caused it."""


def email_id(kind: Kind, fact: object) -> UUID:
    """Return the id of the mail of `kind` about a fact, such as `<booking id>:<sequence>`."""
    return uuid5(_NAMESPACE, f"{kind}:{fact}")


def email_to_user(
    kind: Kind, facts: Mapping[str, Any], *, event_id: UUID, user_id: UUID, expires_at: datetime
) -> Email:
    """Return the mail about an event that concerns a user, and no booking.

    Address, name, language and zone are looked up when it is sent.
    """
    return Email(
        id=email_id(kind, event_id),
        owner_id=user_id,
        kind=kind,
        recipient=None,
        recipient_name="",
        locale=DEFAULT_LANGUAGE,
        timezone=DEFAULT_TIMEZONE,
        facts=facts,
        expires_at=expires_at,
    )


def emails_of_booking(booking: Booking, context: EventContext) -> list[Email]:
    """Return the mails about a new booking."""
    facts = BookingFacts(booking=state_of(booking), manage_url=context.manage_url)
    return _emails(booking, (Kind.CONFIRMATION, Kind.HOST_BOOKED), facts)


def emails_of_move(
    before: Booking, after: Booking, context: EventContext, *, by: By, reason: str | None
) -> list[Email]:
    """Return the mails about a reschedule."""
    facts = BookingFacts(
        booking=state_of(after),
        manage_url=context.manage_url,
        by=by,
        reason=reason,
        previous_start_time=before.starts_at,
        previous_end_time=before.ends_at,
    )
    return _emails(after, (Kind.RESCHEDULED, Kind.HOST_RESCHEDULED), facts)


def emails_of_cancellation(cancelled: Booking, context: EventContext, *, by: By) -> list[Email]:
    """Return the mails about a cancellation."""
    facts = BookingFacts(
        booking=state_of(cancelled),
        manage_url=context.manage_url,
        by=by,
        reason=cancelled.cancellation_reason,
    )
    return _emails(cancelled, (Kind.CANCELLED, Kind.HOST_CANCELLED), facts)


def email_about(
    booking: Booking,
    kind: Kind,
    facts: BookingFacts | Mapping[str, Any],
    *,
    fact: object = None,
    resend_of: UUID | None = None,
) -> Email:
    """Return a mail to the invitee or the host, by its kind.

    `fact` distinguishes several mails of a kind about the same version of the booking. The mail is
    of no use after the meeting, a reminder after its start. The booking has the host's address as
    of its creation, so the present one is looked up when the mail is sent.
    """
    to = booking.invitee if kind.for_invitee else None
    about = f"{booking.id}:{booking.sequence}"
    return Email(
        id=email_id(kind, about if fact is None else f"{about}:{fact}"),
        owner_id=booking.host.id,
        booking_id=booking.id,
        sequence=booking.sequence,
        kind=kind,
        resend_of=resend_of,
        recipient=to.email if to else None,
        recipient_name=to.name if to else "",
        locale=(to and to.locale) or DEFAULT_LANGUAGE,
        timezone=to.timezone if to else DEFAULT_TIMEZONE,
        facts=facts.model_dump(mode="json") if isinstance(facts, BookingFacts) else facts,
        expires_at=booking.starts_at if kind is Kind.REMINDER else booking.ends_at,
    )


def _emails(booking: Booking, kinds: Sequence[Kind], facts: BookingFacts) -> list[Email]:
    written = facts.model_dump(mode="json")
    return [email_about(booking, kind, written) for kind in kinds]
