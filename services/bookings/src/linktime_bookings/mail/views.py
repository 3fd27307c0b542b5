"""What the templates show: texts cleaned, links inert, times in the recipient's zone.

Templates decide order and appearance only. Every value is safe in HTML and in text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from linktime_bookings.domain.emails import BookingFacts, Email, Kind, NoticeFacts
from linktime_bookings.domain.sender import Sender
from linktime_bookings.mail.languages import Language
from linktime_bookings.mail.plain_text import inert, isolated, one_line
from linktime_bookings.mail.times import lead, span, zone_or_utc
from linktime_common.contracts.events.availability import DisconnectionReason
from linktime_common.contracts.events.bookings import BookingStatus
from linktime_common.contracts.events.webhooks import WebhookNotice

MOST_OF_A_SUBJECT_PART = 80
_FAILING_HOURS = {WebhookNotice.FAILING_24H: 24, WebhookNotice.FAILING_72H: 72}
_WEB = ("https://", "http://")


@dataclass(frozen=True)
class Viewed:
    """Prepares texts of people for one mail."""

    language: Language

    def name(self, text: str) -> str:
        """Return a name or title inside of a sentence."""
        return isolated(inert(one_line(text)), self.language)

    def exact(self, text: str) -> str:
        """Return a short text to be read exactly, such as an address or a phone number."""
        return isolated(one_line(text, len(text)), self.language)

    def prose(self, text: str | None) -> str | None:
        """Return a longer text, such as notes; its lines stay."""
        return inert(text.strip()) if text and text.strip() else None


def common(email: Email, sender: Sender, language: Language) -> dict[str, Any]:
    """Return what the templates of every kind use."""
    viewed = Viewed(language)
    return {
        "kind": email.kind.value,
        "language": language,
        "name": viewed.name(email.recipient_name or ""),
        "service": viewed.name(sender.name),
    }


def of_booking(
    email: Email, facts: BookingFacts, language: Language, now: datetime
) -> dict[str, Any]:
    """Return what the templates of mails about a booking use."""
    booking, viewed = facts.booking, Viewed(language)
    where = zone_or_utc(email.timezone)
    before, until = facts.previous_start_time, facts.previous_end_time
    start, end = facts.calendar_start_time, facts.calendar_end_time
    if (before, until) == (booking.start_time, booking.end_time):
        before = None  # a later move restored the time that the recipient knows
    return {
        "event": viewed.name(booking.event_type.name),
        "host": viewed.name(booking.host.name),
        "host_email": viewed.exact(booking.host.email),
        "invitee": viewed.name(booking.invitee_name),
        "email": viewed.exact(booking.invitee_email),
        "phone": viewed.exact(booking.invitee_phone) if booking.invitee_phone else None,
        "notes": viewed.prose(booking.notes),
        "answers": [
            (viewed.name(answer.label), viewed.prose(answer.value)) for answer in booking.answers
        ],
        "when": span(booking.start_time, booking.end_time, where, language),
        "previously": span(before, until, where, language) if before and until else (),
        "change": facts.calendar_change.name.lower() if facts.calendar_change else "unnamed",
        "in_calendar": span(start, end, where, language) if start and end else (),
        "place": _place(booking.location, viewed),
        "is_cancelled": booking.status is BookingStatus.CANCELLED,
        "by": facts.by or "system",
        "reason": viewed.prose(facts.reason),
        "lead": lead(booking.start_time, now, language),
        "link": facts.manage_url if email.kind.for_invitee else None,
        "reminders_link": f"{facts.manage_url}#reminders" if email.kind is Kind.REMINDER else None,
    }


def of_notice(email: Email, facts: NoticeFacts, language: Language) -> dict[str, Any]:
    """Return what the templates of notices to a host use."""
    viewed = Viewed(language)
    hours = _failing_hours(facts.detail)
    is_refusal = email.kind is Kind.HOST_MAIL_REFUSED
    return {
        "about": viewed.exact(facts.subject if is_refusal else inert(facts.subject)),
        # Of the other kinds `detail` is a code, which decides the text.
        "answer": viewed.prose(facts.detail) if is_refusal else None,
        "gone": facts.detail == WebhookNotice.DISABLED_GONE,
        "stops_booking": facts.stops_booking,
        "unreachable": facts.detail == DisconnectionReason.UNREACHABLE,
        "duration": None if hours is None else language.count("forHours", hours),
    }


def of_account(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the templates of mails about an account use."""
    return {"link": facts["link"]}


def subject_of(kind: Kind, facts: BookingFacts | None, sender: Sender, language: Language) -> str:
    """Return the subject. Only a host's mail has a text of the invitee in it."""
    values = {"service": one_line(sender.name)}
    if facts is not None:
        booking = facts.booking
        values["event"] = _in_subject(booking.event_type.name)
        values["host"] = _in_subject(booking.host.name)
        if not kind.for_invitee:
            values["invitee"] = _in_subject(booking.invitee_name)
    return language.text(f"{kind}.subject", **values)


def _in_subject(name: str) -> str:
    # Programs make links of subjects too.
    return inert(one_line(name, MOST_OF_A_SUBJECT_PART))


def _place(location: str | None, viewed: Viewed) -> tuple[str, str | None] | None:
    """Return what is shown and the link. The event type's owner wrote it, so it may be one."""
    if not location or not location.strip():
        return None
    text = one_line(location, len(location))
    is_link = text.lower().startswith(_WEB) and " " not in text
    return (text, text) if is_link else (isolated(inert(text), viewed.language), None)


def _failing_hours(detail: str | None) -> int | None:
    found = [hours for notice, hours in _FAILING_HOURS.items() if notice == detail]
    return found[0] if found else None
