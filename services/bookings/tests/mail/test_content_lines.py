"""Lines of calendar files, compared with those that icalendar writes."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from icalendar import Event, vCalAddress
from services.bookings.tests.mail.mails import NAMES

from linktime_bookings.mail import content_lines
from linktime_bookings.mail.plain_text import one_line

TEXTS = {
    **NAMES,
    "escaped": "a\\b;c,d:e",
    "escapes at each fold": "\\;," * 60,
    "carriage return": "a\rb",
    "as long as a line": "x" * (content_lines.MOST_OCTETS - len("SUMMARY:")),
    "longer than a line": "x" * (content_lines.MOST_OCTETS - len("SUMMARY:") + 1),
}


def whole(*lines: bytes) -> bytes:
    return content_lines.component("VEVENT", *lines)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_texts(text: str) -> None:
    event = Event()
    event.add("summary", text)
    assert whole(content_lines.text("SUMMARY", text)) == event.to_ical()


@pytest.mark.parametrize("name", [*TEXTS.values(), "Ada", "O'Neill", "a^b", "“a”, ’b’"])
def test_persons(name: str) -> None:
    """Names as they are passed: on one line."""
    shown = one_line(name)
    attendee = vCalAddress("mailto:ada@example.com")
    attendee.params["CN"] = shown
    attendee.params["RSVP"] = "FALSE"
    event = Event()
    event.add("attendee", attendee)
    line = content_lines.person("ATTENDEE", "mailto:ada@example.com", shown, "RSVP=FALSE")
    assert whole(line) == event.to_ical()


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=5, minutes=30))])
def test_instants(zone: timezone) -> None:
    at = datetime(2026, 3, 29, 1, 59, 59, tzinfo=zone)
    event = Event()
    event.add("dtstamp", at.astimezone(UTC))
    assert whole(content_lines.instant("DTSTAMP", at)) == event.to_ical()


def test_backslash_before_n() -> None:
    """It stays, as RFC 5545 says; icalendar would write a line break."""
    assert content_lines.text("SUMMARY", "C:\\New") == b"SUMMARY:C:\\\\New\r\n"
