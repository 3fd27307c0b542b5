"""Invitations (RFC 5545, RFC 5546): the meeting as the recipient's calendar reads it.

The invitee's program gets a request: it adds, moves or removes the event. The host gets a plain
file without a request. LinkTime itself writes the event into the host's calendar, and a program
that also acted on a mail could add it to a second calendar, or ask the organizer to accept.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from icalendar import Calendar, Event, vCalAddress

from linktime_bookings.domain.emails import BookingFacts
from linktime_bookings.domain.sender import Sender
from linktime_bookings.mail.addresses import mailbox
from linktime_bookings.mail.languages import Language
from linktime_bookings.mail.plain_text import inert, one_line
from linktime_common.contracts.events.bookings import BookingState, BookingStatus
from linktime_common.event_uids import event_uid

Method = Literal["REQUEST", "CANCEL", "PUBLISH"]

PRODUCT = "-//LinkTime//LinkTime//EN"


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
    event = _event(booking, sender, now)
    event.add("summary", _summary(booking, language, booking.host.name))
    event.add("attendee", _attendee(booking.invitee_email, booking.invitee_name))
    if booking.status is BookingStatus.CANCELLED:
        return _file("CANCEL", event)
    event.add("description", language.text("invitation.manage", link=facts.manage_url))
    return _file("REQUEST", event)


def for_host(
    facts: BookingFacts, sender: Sender, language: Language, now: datetime
) -> CalendarFile:
    """Return the event with the invitee's details, for a calendar that LinkTime does not write."""
    return _file("PUBLISH", host_event(facts.booking, sender, language, now))


def host_event(
    booking: BookingState, sender: Sender, language: Language, changed_at: datetime
) -> Event:
    """Return the event as the host sees it; `changed_at` is its DTSTAMP."""
    event = _event(booking, sender, changed_at)
    event.add("summary", _summary(booking, language, booking.invitee_name))
    name = inert(one_line(booking.invitee_name))
    contact = (name, booking.invitee_email, booking.invitee_phone)
    details = [detail for detail in (*contact, inert(booking.notes or "")) if detail]
    event.add("description", "\n".join(details))
    return event


def _event(booking: BookingState, sender: Sender, now: datetime) -> Event:
    event = Event()
    event.add("uid", event_uid(booking.id, sender.uid_domain))
    event.add("sequence", booking.sequence)
    event.add("dtstamp", now)
    # In UTC, so that no definition of a time zone can be read differently.
    event.add("dtstart", booking.start_time)
    event.add("dtend", booking.end_time)
    event.add("status", booking.status.value)
    # The sending address: programs ignore an update by anyone but the organizer.
    event.add("organizer", _person(mailbox(sender.address).mailto, booking.host.name))
    if booking.location:
        event.add("location", one_line(booking.location, len(booking.location)))
    return event


def _summary(booking: BookingState, language: Language, name: str) -> str:
    event = inert(one_line(booking.event_type.name))
    return language.text("invitation.summary", event=event, name=inert(one_line(name)))


def _attendee(address: str, name: str) -> vCalAddress:
    attendee = _person(mailbox(address).mailto, name)
    attendee.params["ROLE"] = "REQ-PARTICIPANT"
    # The invitee chose the time: nothing is left to accept, and nobody reads the sending address.
    attendee.params["PARTSTAT"] = "ACCEPTED"
    attendee.params["RSVP"] = "FALSE"
    return attendee


def _person(mailto: str, name: str) -> vCalAddress:
    person = vCalAddress(mailto)
    person.params["CN"] = inert(one_line(name))
    return person


def _file(method: Method, event: Event) -> CalendarFile:
    calendar = calendar_of(method)
    calendar.add_component(event)
    return CalendarFile(method, calendar.to_ical())


def calendar_of(method: Method) -> Calendar:
    """Return a calendar without events."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    return calendar
