"""Sending a mail about a booking again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from linktime_bookings.domain.booking import Booking
from linktime_bookings.domain.emails import BookingFacts, Email, Kind, email_about
from linktime_bookings.domain.errors import EmailNotResendable, EmailOutdated, TooManyResends
from linktime_bookings.domain.events import state_of

MOST_RESENDS = 5
WITHIN = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class SentEmail:
    """A mail to send again; `facts` are empty when its retention has ended."""

    first_id: UUID
    """The mail that a person did not ask for, of which this one may be a resend."""
    kind: Kind
    facts: Mapping[str, Any]
    resends: int
    resent_at: Sequence[datetime]
    """The resends within WITHIN, oldest first."""


def resent(sent: SentEmail, booking: Booking, manage_url: str, *, now: datetime) -> Email:
    """Return the mail of the same kind about the booking as it is now.

    Raises EmailNotResendable, EmailOutdated, TooManyResends.
    """
    if sent.kind.sendable_again is None:
        raise EmailNotResendable(kind=sent.kind)
    if sent.kind.sendable_again is not booking.status:
        raise EmailOutdated(kind=sent.kind, status=booking.status)
    if sent.kind is Kind.REMINDER and not booking.reminders_wanted:
        raise EmailOutdated(kind=sent.kind, reminders_wanted=False)
    if len(sent.resent_at) >= MOST_RESENDS:
        free_at = sent.resent_at[-MOST_RESENDS] + WITHIN
        raise TooManyResends(seconds=max(1, int((free_at - now).total_seconds())))
    facts = BookingFacts.model_validate(
        {**sent.facts, "booking": state_of(booking), "manageUrl": manage_url}
    )
    again = email_about(
        booking,
        sent.kind,
        facts,
        fact=f"{sent.first_id}:{sent.resends + 1}",
        resend_of=sent.first_id,
    )
    if again.expires_at is not None and again.expires_at <= now:
        raise EmailOutdated(kind=sent.kind, status=booking.status)
    return again
