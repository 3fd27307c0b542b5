"""The event of a booking, read back by a library; texts of strangers do no harm."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar
from services.availability.tests.calendars.meetings import Meeting, parsed

from linktime_availability.calendars.event_lines import find_event
from linktime_availability.calendars.event_text import SUMMARIES, is_current, merged, new_event
from linktime_common.languages import LANGUAGES

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOSTILE = [
    "Ivy\r\nATTENDEE:mailto:eve@example.com",
    'Ivy";X=1:mailto:eve@example.com',
    "Ivy\x00\x07\x1b[31m\x85\u2028\u202e",
    "N" * 1_000,
    "👩‍👩‍👧‍👦" * 40,
    "Zoë; Müller, \\n: https://evil.example www.evil.example",
    "^n^^'Ivy'",
    "END:VEVENT",
]


class Host:
    """What `Meeting` needs of a host to describe a booking."""

    host_id = "0190a5b2-7c3e-7d4f-8a1b-2c3d4e5f6071"

    class event_type:  # noqa: N801 - an attribute
        id = "0190a5b2-7c3e-7d4f-8a1b-2c3d4e5f6072"
        name = "Intro call"
        slug = "intro"


def meeting(**changes: Any) -> Meeting:
    return Meeting(Host(), START, changes)  # type: ignore[arg-type]


def text_of(one: Meeting, number: int = 0) -> bytes:
    return new_event(one.state(number), one.uid, NOW)


def test_the_event() -> None:
    """UTC, no method, and the server is asked to mail nobody."""
    one = meeting(answers=[{"question_id": "q", "label": "Company", "value": "Example"}])
    data = text_of(one)
    assert "METHOD" not in Calendar.from_ical(data)
    event = parsed(data)
    assert (event["UID"], event["SEQUENCE"], event["STATUS"], event["TRANSP"]) == (
        one.uid,
        0,
        "CONFIRMED",
        "OPAQUE",
    )
    assert b"DTSTART:20260302T090000Z\r\nDTEND:20260302T100000Z\r\n" in data
    assert event["SUMMARY"] == "Intro call with Ivy"
    assert event["DESCRIPTION"] == (
        "Ivy\nivy@example.org\n+49 30 1234567\nCompany: Example\n"
        "See https\u200b://ivy\u200b.example\u200b.org"
    )
    assert event["LOCATION"] == "Phone"
    for name, address in (("ORGANIZER", "ada@example.com"), ("ATTENDEE", "ivy@example.org")):
        assert event[name] == f"mailto:{address}"
        assert event[name].params["SCHEDULE-AGENT"] == "CLIENT"


def test_french_labels_have_a_space_before_the_colon() -> None:
    """As in mails."""
    host = {"id": Host.host_id, "name": "A", "email": "ada@example.com", "username": "ada"}
    one = meeting(
        host=host | {"locale": "fr-CA"},
        answers=[{"question_id": "q", "label": "Société", "value": "Example"}],
    )
    assert "\nSociété\u00a0: Example\n" in parsed(text_of(one))["DESCRIPTION"]


def test_no_name_is_a_link() -> None:
    """Of invitee and host, in no line of the event."""
    name = "Win at http://evil.example now, www.evil.example"
    host = {"id": Host.host_id, "name": name, "email": "ada@example.com", "username": "ada"}
    shown = text_of(meeting(invitee_name=name, host=host)).decode().replace("\r\n ", "")
    assert shown.count('CN="Win at http\u200b://evil\u200b.example') == 2
    assert [one for one in ("http://evil", "evil.example", "www.evil") if one in shown] == []


@pytest.mark.parametrize("text", HOSTILE, ids=repr)
@pytest.mark.parametrize("field", ["invitee_name", "notes", "location", "invitee_phone"])
def test_hostile_texts(field: str, text: str) -> None:
    """Lines are short and there are no others than LinkTime's, also in a merged event."""
    one, plain = meeting(**{field: text}), meeting()
    one.booking_id = plain.booking_id
    for data in (text_of(one), merged(text_of(plain), one.uid, text_of(one, 1))):
        event = parsed(data)
        assert event["UID"] == one.uid
        assert event["ATTENDEE"] == "mailto:ivy@example.org"
        assert set(event) == set(parsed(text_of(plain)))
        assert event.errors == []
        assert all(len(line) <= 75 for line in data.split(b"\r\n"))
        assert not set(range(32)) - {10, 13, 9} & set(data.replace(b"\r\n", b""))
        for part in (str(event["SUMMARY"]), str(event["DESCRIPTION"])):
            assert "https://" not in part


@pytest.mark.parametrize("address", ["a\r\nb@example.com", 'a"b;c@example.com', "ä@exämple.com"])
def test_hostile_addresses(address: str) -> None:
    event = parsed(text_of(meeting(invitee_email=address)))
    assert str(event["ATTENDEE"]).startswith("mailto:")
    assert event["UID"]


def test_each_language_has_a_summary() -> None:
    assert set(SUMMARIES) == set(LANGUAGES)


def test_a_merged_event_keeps_other_components() -> None:
    """Line ends, folds, alarms and a time zone stay; the alarm's own DURATION is no property."""
    one = meeting()
    offsets = b"TZOFFSETFROM:+0100\nTZOFFSETTO:+0100\n"
    standard = b"BEGIN:STANDARD\nDTSTART:19700101T000000\n" + offsets + b"END:STANDARD\n"
    zone = b"BEGIN:VTIMEZONE\nTZID:X\n" + standard + b"END:VTIMEZONE\n"
    alarm = b"BEGIN:VALARM\nTRIGGER:-PT5M\nDURATION:PT1M\nREPEAT:2\nEND:VALARM\n"
    data = text_of(one).replace(b"\r\n", b"\n").replace(b"BEGIN:VEVENT\n", zone + b"BEGIN:VEVENT\n")
    data = data.replace(b"END:VEVENT", b"COMMENT:a\n b\n" + alarm + b"END:VEVENT")
    changed = merged(data, one.uid, text_of(one, 1))
    calendar = Calendar.from_ical(changed)
    assert [each.name for each in calendar.subcomponents] == ["VTIMEZONE", "VEVENT"]
    event = parsed(changed)
    assert (event.start, event["COMMENT"]) == (START + timedelta(hours=2), "ab")
    assert event.subcomponents[0]["DURATION"].dt == timedelta(minutes=1)
    assert changed.count(b"\r\n") == changed.count(b"\n")


def test_what_is_current() -> None:
    """The same time, and a SEQUENCE that is not lower; not a cancelled or a moved event."""
    one = meeting()
    first, second = text_of(one), text_of(one, 1)
    assert is_current(first, one.uid, first)
    assert not is_current(first, one.uid, second)
    assert is_current(second.replace(b"SEQUENCE:1", b"SEQUENCE:5"), one.uid, second)
    assert not is_current(second.replace(b"SEQUENCE:1", b"SEQUENCE:x"), one.uid, second)
    assert not is_current(second.replace(b"CONFIRMED", b"CANCELLED"), one.uid, second)
    assert not is_current(b"nothing", one.uid, second)
    assert not is_current(b"", one.uid, second)


def test_a_changed_instance_is_not_the_event() -> None:
    one = meeting()
    data = text_of(one).replace(b"SEQUENCE:0", b"SEQUENCE:0\r\nRECURRENCE-ID:20260302T090000Z")
    assert find_event(data, one.uid) is None
    assert merged(data, one.uid, text_of(one, 1)) == text_of(one, 1)
