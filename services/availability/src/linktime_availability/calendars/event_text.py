"""The event of a booking, as its host's calendar gets it (RFC 5545).

It is no invitation: mails invite. ORGANIZER and ATTENDEE have SCHEDULE-AGENT=CLIENT (RFC 6638,
7.1), so that the server sends none of its own. It has no invitee's link, because calendars are
shared, and who has the link acts as the invitee.
"""

import re
from datetime import datetime
from urllib.parse import quote

from icalendar import Calendar, Event, vCalAddress

from linktime_availability.calendars.event_lines import find_event
from linktime_common.contracts.events.bookings import BookingState
from linktime_common.languages import DEFAULT_LANGUAGE, language_of
from linktime_common.shown_texts import inert, one_line

PRODUCT = "-//LinkTime//LinkTime//EN"
# As in the invitations of mails.
SUMMARIES = {
    "en": "{event} with {name}",
    "de": "{event} mit {name}",
    "es": "{event} con {name}",
    "fr": "{event} avec {name}",
    "ar": "{event} مع {name}",
}
COLONS = {"fr": "\u00a0:"}
"""After a label, in languages with a space before it."""
_SAFE = "!$'*+-._~"  # what a mailto: URI holds unescaped (RFC 6068)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

# What a change of the booking changes; the rest stays as the host has it.
OURS = frozenset(
    {b"DTSTAMP", b"DTSTART", b"DTEND", b"DURATION", b"SEQUENCE", b"STATUS", b"LOCATION"}
)
MOMENTS = (b"DTSTART", b"DTEND")


def new_event(
    booking: BookingState, uid: str, now: datetime, *, names_attendee: bool = True
) -> bytes:
    """Return the whole event. Without an attendee, the invitee is its contact."""
    event = Event()
    event.add("uid", uid)
    event.add("sequence", booking.sequence)
    event.add("dtstamp", now)
    # In UTC, so that no definition of a time zone can be read differently.
    event.add("dtstart", booking.start_time)
    event.add("dtend", booking.end_time)
    event.add("status", "CONFIRMED")
    event.add("transp", "OPAQUE")
    event.add("summary", _summary(booking))
    event.add("description", "\n".join(_details(booking)))
    if booking.location:
        event.add("location", one_line(booking.location, len(booking.location)))
    if names_attendee:
        event.add("organizer", _person(booking.host.email, booking.host.name))
        event.add("attendee", _attendee(booking))
    else:
        event.add("contact", ", ".join(_contact(booking)))
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def is_current(data: bytes, uid: str, wanted: bytes) -> bool:
    """Whether the stored event has the time and at least the SEQUENCE of `wanted`."""
    stored, given = find_event(data, uid), find_event(wanted, uid)
    if stored is None or given is None or stored.value(b"STATUS").upper() == b"CANCELLED":
        return False
    same = all(stored.value(name) == given.value(name) for name in MOMENTS)
    return same and stored.sequence >= given.sequence


def merged(data: bytes, uid: str, wanted: bytes) -> bytes:
    """Return the stored event with the time, place and SEQUENCE of `wanted`.

    A program may have raised SEQUENCE, and would ignore a lower one.
    """
    stored, given = find_event(data, uid), find_event(wanted, uid)
    if stored is None or given is None:
        return wanted
    lines = [one.text for one in given.own() if one.name in OURS - {b"SEQUENCE"}]
    lines.append(b"SEQUENCE:%d" % max(stored.sequence, given.sequence))
    names = OURS if given.line(b"LOCATION") else OURS - {b"LOCATION"}
    return stored.replaced(names, lines)


def _summary(booking: BookingState) -> str:
    return SUMMARIES[_language(booking)].format(
        event=inert(one_line(booking.event_type.name)), name=inert(one_line(booking.invitee_name))
    )


def _language(booking: BookingState) -> str:
    return language_of(booking.host.locale or "") or DEFAULT_LANGUAGE


def _details(booking: BookingState) -> list[str]:
    """Return what the host's mail has: who, how to reach them, answers and notes."""
    colon = COLONS.get(_language(booking), ":")
    answers = [
        f"{inert(one_line(answer.label))}{colon} {_prose(answer.value)}"
        for answer in booking.answers
        if answer.value
    ]
    details = (*_contact(booking), *answers, _prose(booking.notes or ""))
    return [detail for detail in details if detail]


def _contact(booking: BookingState) -> list[str]:
    name = inert(one_line(booking.invitee_name))
    phone = booking.invitee_phone or ""
    email = one_line(booking.invitee_email, len(booking.invitee_email))
    return [one for one in (name, email, inert(one_line(phone, len(phone)))) if one]


def _prose(text: str) -> str:
    """Return a text of several lines that no program makes a link of."""
    return inert(_CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip())


def _attendee(booking: BookingState) -> vCalAddress:
    attendee = _person(booking.invitee_email, booking.invitee_name)
    attendee.params["ROLE"] = "REQ-PARTICIPANT"
    # The invitee chose the time: nothing is left to accept.
    attendee.params["PARTSTAT"] = "ACCEPTED"
    attendee.params["RSVP"] = "FALSE"
    return attendee


def _person(address: str, name: str) -> vCalAddress:
    local, _, domain = address.rpartition("@")
    person = vCalAddress(f"mailto:{quote(local, safe=_SAFE)}@{quote(domain, safe=_SAFE)}")
    person.params["CN"] = inert(one_line(name))
    person.params["SCHEDULE-AGENT"] = "CLIENT"
    return person
