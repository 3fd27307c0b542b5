"""Invitations, parsed back."""

from dataclasses import replace

import pytest
from icalendar import Calendar, Event
from services.bookings.tests.mail.mails import INJECTION, NAMES, changed

from linktime_bookings.domain.emails import Email, Kind
from linktime_bookings.mail.languages import languages
from linktime_bookings.mail.preview import ics_of
from linktime_bookings.mail.rendering import render
from linktime_bookings.mail.samples import BOOKING, MANAGE_URL, NOW, SENDER, sample

WITH_CALENDAR = [
    (Kind.CONFIRMATION, "REQUEST"),
    (Kind.RESCHEDULED, "REQUEST"),
    (Kind.CANCELLED, "CANCEL"),
    (Kind.HOST_BOOKED, "PUBLISH"),
    (Kind.HOST_RESCHEDULED, "PUBLISH"),
    (Kind.HOST_CANCELLED, "PUBLISH"),
]


def read(mail: Email) -> tuple[str, Event]:
    """Return method and event, after checking the lines."""
    octets = ics_of(render(mail, SENDER, now=NOW))
    assert octets is not None
    assert octets.endswith(b"END:VCALENDAR\r\n")
    assert all(len(line) <= 75 for line in octets.split(b"\r\n"))
    calendar = Calendar.from_ical(octets)
    (event,) = calendar.walk("VEVENT")
    assert isinstance(event, Event)
    assert event.errors == []
    return str(calendar["METHOD"]), event


@pytest.mark.parametrize("locale", languages())
@pytest.mark.parametrize(("kind", "method"), WITH_CALENDAR)
def test_the_event_is_that_of_the_booking(kind: Kind, method: str, locale: str) -> None:
    """One UID for life, the booking's sequence, instants in UTC, the time of sending."""
    found, event = read(sample(kind, locale))
    is_new = kind in {Kind.CONFIRMATION, Kind.HOST_BOOKED}
    is_cancelled = kind in {Kind.CANCELLED, Kind.HOST_CANCELLED}
    assert found == method
    assert event["UID"] == f"{BOOKING.id}@linktime.example"
    assert event["SEQUENCE"] == (0 if is_new else 1)
    assert event["STATUS"] == ("CANCELLED" if is_cancelled else "CONFIRMED")
    assert (event.start, event.end) == (BOOKING.start_time, BOOKING.end_time)
    assert event["DTSTART"].to_ical() == b"20260303T130000Z"
    assert event["DTSTAMP"].dt == NOW
    assert event["LOCATION"] == "https://meet.example.com/intro"
    assert event["ORGANIZER"] == "mailto:bookings@linktime.example"
    assert event["ORGANIZER"].params["CN"] == "Grace Hopper"


def test_the_uid_keeps_a_former_domain() -> None:
    """The Message-ID has the present one."""
    sender = replace(SENDER, uid_domain="former.example")
    mail = render(sample(Kind.CONFIRMATION, "en"), sender, now=NOW)
    octets = ics_of(mail)
    assert octets is not None
    assert f"UID:{BOOKING.id}@former.example".encode() in octets
    assert mail["Message-ID"].endswith(f"@{SENDER.domain}>")


def test_a_request_names_the_invitee_who_has_accepted() -> None:
    """And has the link to change the booking."""
    _method, event = read(sample(Kind.CONFIRMATION, "de"))
    attendee = event["ATTENDEE"]
    assert attendee == "mailto:zoe@example.org"
    assert dict(attendee.params) == {
        "CN": "Zoë Müller",
        "ROLE": "REQ-PARTICIPANT",
        "PARTSTAT": "ACCEPTED",
        "RSVP": "FALSE",
    }
    assert event["SUMMARY"] == "Intro call mit Grace Hopper"
    assert event["DESCRIPTION"] == f"Verschieben oder absagen: {MANAGE_URL}"


def test_a_host_file_asks_nobody() -> None:
    """RFC 5546: a published event has no attendee. The invitee's link is not the host's."""
    _method, event = read(sample(Kind.HOST_BOOKED, "en"))
    assert "ATTENDEE" not in event
    assert event["SUMMARY"] == "Intro call with Zoë Müller"
    assert event["DESCRIPTION"] == (
        "Zoë Müller\nzoe@example.org\n+49 30 1234567\n"
        "I am new to this.\nMy slides: https\u200b://slides\u200b.example\u200b.org/intro"
    )


@pytest.mark.parametrize(("kind", "method"), WITH_CALENDAR)
def test_no_name_is_a_link(kind: Kind, method: str) -> None:
    """Of invitee, host and event type, in no line of the event."""
    name = "Win at https://evil.example now, www.evil.example"
    mail = changed(kind, invitee_name=name, host__name=name, event_type__name=name)
    found, event = read(mail)
    assert found == method
    shown = event.to_ical().decode().replace("\r\n ", "")
    assert "https\u200b://evil\u200b.example" in shown
    assert [one for one in ("https://evil", "evil.example", "www.evil") if one in shown] == []


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize(("kind", "method"), WITH_CALENDAR)
def test_no_text_adds_a_property(kind: Kind, method: str, name: str) -> None:
    """Whatever a name, a place or notes contain."""
    mail = changed(
        kind,
        invitee_name=name,
        host__name=name,
        event_type__name=name,
        location=f"{name}x",
        notes=f"{name}\r\nATTENDEE:mailto:victim@example.net",
    )
    found, event = read(mail)
    assert found == method
    assert event.keys() == read(sample(kind, "en"))[1].keys()
    assert "\n" not in event["SUMMARY"] + event["LOCATION"] + event["ORGANIZER"].params["CN"]


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ('"a b"@example.org', "mailto:%22a%20b%22@example.org"),
        ("zoe@straße.example", "mailto:zoe@xn--strae-oqa.example"),
        ("zoe+tag@example.org", "mailto:zoe+tag@example.org"),
    ],
)
def test_unusual_addresses_are_uris(address: str, written: str) -> None:
    mail = replace(changed(Kind.CONFIRMATION, invitee_email=address), recipient=address)
    assert read(mail)[1]["ATTENDEE"] == written


def test_an_address_that_is_none_leaves_out_the_attendee_of_nothing() -> None:
    """A host's file is made without the invitee's address."""
    assert read(changed(Kind.HOST_BOOKED, invitee_email=INJECTION))[0] == "PUBLISH"
