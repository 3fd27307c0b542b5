"""Invitations (RFC 5545, RFC 5546): the meeting as the recipient's calendar reads it.

The invitee's program gets a request: it adds, moves or removes the event. The host gets a plain
file without a request. LinkTime itself writes the event into the host's calendar, and a program
that also acted on a mail could add it to a second calendar, or ask the organizer to accept.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from linktime_bookings.domain.emails import BookingFacts
from linktime_bookings.domain.sender import Sender
from linktime_bookings.mail import content_lines
from linktime_bookings.mail.addresses import mailbox
from linktime_bookings.mail.languages import Language
from linktime_bookings.mail.plain_text import inert, one_line
from linktime_common.contracts.events.bookings import BookingState, BookingStatus
from linktime_common.event_uids import event_uid

Method = Literal["REQUEST", "CANCEL", "PUBLISH"]

PRODUCT = "-//LinkTime//LinkTime//EN"

# The invitee chose the time: nothing is left to accept, and nobody reads the sending address.
_ACCEPTED = ("PARTSTAT=ACCEPTED", "ROLE=REQ-PARTICIPANT", "RSVP=FALSE")


@dataclass(frozen=True)
class CalendarFile:
    """An iCalendar object; `content` has CRLF at the end of each line."""

    method: Method
    content: bytes

    @property
    def asks_calendar(self) -> bool:
        """Whether the recipient's mail program passes it to the calendar."""
        return self.method != "PUBLISH"

    @property
    def file_name(self) -> str:
        return "cancelled.ics" if self.method == "CANCEL" else "appointment.ics"


def for_invitee(
    facts: BookingFacts, sender: Sender, language: Language, now: datetime
) -> CalendarFile:
    """Return the request to add or move the event, or to remove it if it is cancelled."""
    booking = facts.booking
    is_cancelled = booking.status is BookingStatus.CANCELLED
    manage = language.text("invitation.manage", link=facts.manage_url)
    event = _event(
        booking,
        sender,
        now,
        summary=_summary(booking, language, booking.host.name),
        description=None if is_cancelled else manage,
        attendee=_attendee(booking.invitee_email, booking.invitee_name),
    )
    return _file("CANCEL" if is_cancelled else "REQUEST", event)


def for_host(
    facts: BookingFacts, sender: Sender, language: Language, now: datetime
) -> CalendarFile:
    """Return the event with the invitee's details, for a calendar that LinkTime does not write."""
    return _file("PUBLISH", host_event(facts.booking, sender, language, now))


def host_event(
    booking: BookingState, sender: Sender, language: Language, changed_at: datetime
) -> bytes:
    """Return the event as the host sees it; `changed_at` is its DTSTAMP."""
    name = inert(one_line(booking.invitee_name))
    contact = (name, booking.invitee_email, booking.invitee_phone)
    details = [detail for detail in (*contact, inert(booking.notes or "")) if detail]
    return _event(
        booking,
        sender,
        changed_at,
        summary=_summary(booking, language, booking.invitee_name),
        description="\n".join(details),
    )


def _event(
    booking: BookingState,
    sender: Sender,
    now: datetime,
    *,
    summary: str,
    description: str | None,
    attendee: bytes = b"",
) -> bytes:
    """Return the event; its properties have the order that icalendar gives them."""
    place = booking.location
    return content_lines.component(
        "VEVENT",
        content_lines.text("SUMMARY", summary),
        # In UTC, so that no definition of a time zone can be read differently.
        content_lines.instant("DTSTART", booking.start_time),
        content_lines.instant("DTEND", booking.end_time),
        content_lines.instant("DTSTAMP", now),
        content_lines.text("UID", event_uid(booking.id, sender.domain)),
        content_lines.line("SEQUENCE", str(booking.sequence)),
        attendee,
        b"" if description is None else content_lines.text("DESCRIPTION", description),
        content_lines.text("LOCATION", one_line(place, len(place))) if place else b"",
        # The sending address: programs ignore an update by anyone but the organizer.
        _person("ORGANIZER", sender.address, booking.host.name),
        content_lines.text("STATUS", booking.status.value),
    )


def _summary(booking: BookingState, language: Language, name: str) -> str:
    event = inert(one_line(booking.event_type.name))
    return language.text("invitation.summary", event=event, name=inert(one_line(name)))


def _attendee(address: str, name: str) -> bytes:
    return _person("ATTENDEE", address, name, *_ACCEPTED)


def _person(what: str, address: str, name: str, *parameters: str) -> bytes:
    return content_lines.person(what, mailbox(address).mailto, one_line(name), *parameters)


def _file(method: Method, event: bytes) -> CalendarFile:
    return CalendarFile(method, calendar(method, event))


def calendar(method: Method, *parts: bytes) -> bytes:
    """Return a calendar with these further properties and events."""
    return content_lines.component(
        "VCALENDAR",
        content_lines.text("VERSION", "2.0"),
        content_lines.text("PRODID", PRODUCT),
        content_lines.text("CALSCALE", "GREGORIAN"),
        content_lines.text("METHOD", method),
        *parts,
    )
