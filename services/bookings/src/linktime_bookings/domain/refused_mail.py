"""The mail that informs a host that an invitee's address refused a mail."""

from linktime_bookings.domain.emails import (
    DEFAULT_TIMEZONE,
    BookingFacts,
    Email,
    Kind,
    NoticeFacts,
    email_id,
)
from linktime_common.languages import DEFAULT_LANGUAGE


def mail_refused(email: Email, reason: str | None) -> Email:
    """Return the notice; a host has one for each booking and address."""
    booking = BookingFacts.model_validate(email.facts).booking
    facts = NoticeFacts(subject=email.recipient or booking.invitee_email, detail=reason)
    return Email(
        id=email_id(Kind.HOST_MAIL_REFUSED, f"{booking.id}:{facts.subject}"),
        owner_id=email.owner_id,
        booking_id=email.booking_id,
        sequence=email.sequence,
        kind=Kind.HOST_MAIL_REFUSED,
        recipient=None,
        recipient_name="",
        locale=DEFAULT_LANGUAGE,
        timezone=DEFAULT_TIMEZONE,
        facts=facts.model_dump(mode="json"),
        expires_at=booking.end_time,
    )
