"""Mails: kinds, states, and the data they are rendered from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from linktime_bookings.domain.booking import By
from linktime_common.contracts.events.bookings import BookingState
from linktime_common.contracts.wire import Instant, WireModel

_NAMESPACE = UUID("6f0b2c52-3c0e-4a0a-9a35-0d5f3c2f7c11")


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
    # To the user of an account.
    VERIFY_ADDRESS = "verify_address"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - not a password
    SET_PASSWORD = "set_password"  # noqa: S105 - not a password

    @property
    def for_invitee(self) -> bool:
        """Whether it goes to the invitee of a booking."""
        return self in {Kind.CONFIRMATION, Kind.RESCHEDULED, Kind.CANCELLED, Kind.REMINDER}

    @property
    def is_of_account(self) -> bool:
        """Whether it goes to the user of an account, and is about no booking."""
        return self in {Kind.VERIFY_ADDRESS, Kind.RESET_PASSWORD, Kind.SET_PASSWORD}


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
    """Not sent: superseded, expired, or over a limit."""


class BookingFacts(WireModel):
    """What a mail about a booking is rendered from; the booking as of the fact."""

    booking: BookingState
    manage_url: str
    by: By | None = None
    reason: str | None = None
    previous_start_time: Instant | None = None
    previous_end_time: Instant | None = None
    minutes_before: int | None = None  # of a reminder


class NoticeFacts(WireModel):
    """What a notice to a host is rendered from, such as the address of a failing endpoint."""

    subject: str  # a URL, the name of a calendar, or the address that refused a mail
    detail: str | None = None
    url: str | None = None


@dataclass(frozen=True, kw_only=True)
class Email:
    """One mail to one person. `id` is derived from fact and person: the same fact has one mail."""

    id: UUID
    owner_id: UUID
    kind: Kind
    recipient: str | None
    """None: the owner's address, looked up when it is sent."""
    recipient_name: str | None
    locale: str
    timezone: str
    facts: Mapping[str, Any]
    """`BookingFacts` or `NoticeFacts` as JSON."""
    booking_id: UUID | None = None
    resend_of: UUID | None = None
    sequence: int | None = None
    expires_at: datetime | None = None
    """It is of no use later, such as a reminder after the start."""


def email_id(kind: Kind, fact: object) -> UUID:
    """Return the id of the mail of `kind` about a fact, such as `<booking id>:<sequence>`."""
    return uuid5(_NAMESPACE, f"{kind}:{fact}")
