"""Damaged objects are read or refused: nothing raises, and nothing outside the window is found."""

import random

import pytest

from linktime_availability.calendars.expansion import ExpansionLimits
from linktime_availability.calendars.expansion.calendar import expand_object, window_of

from .corpus_cases import RULES, SINCE, UNTIL, cases

PIECES = [
    *(b"BEGIN:VEVENT\r\n", b"END:VEVENT\r\n", b"BEGIN:VTIMEZONE\r\n", b"END:VTIMEZONE\r\n"),
    *(b"BEGIN:VCALENDAR\r\n", b"END:VCALENDAR\r\n", b"RRULE:FREQ=DAILY\r\n", b"TZID:X\r\n"),
    *(
        b";",
        b":",
        b",",
        b'"',
        b"\\",
        b"\r",
        b"\n",
        b" ",
        b"\x00",
        b"\xff",
        b"99999999",
        b"-1",
        b"Z",
    ),
    *(b"DTSTART;TZID=X:20260310T090000\r\n", b"RECURRENCE-ID:20260310T090000Z\r\n", b"T250000"),
    *(b"DURATION:-P1D\r\n", b"EXDATE;VALUE=DATE:20260310\r\n", b"RDATE;VALUE=PERIOD:x\r\n"),
]
QUICK = ExpansionLimits(steps=2_000)


def damaged(data: bytes, draw: random.Random) -> bytes:
    """Return the object with pieces left out, put in, doubled or moved."""
    for _ in range(draw.randint(1, 6)):
        at, until = sorted(draw.randrange(len(data) + 1) for _ in range(2))
        until = min(until, at + draw.choice((1, 8, 60)))
        match draw.randrange(4):
            case 0:
                data = data[:at] + data[until:]
            case 1:
                data = data[:at] + draw.choice(PIECES) + data[at:]
            case 2:
                data = data[:at] + data[at:until] * 2 + data[until:]
            case _:
                lines = data.splitlines(keepends=True)
                draw.shuffle(lines)
                data = b"".join(lines) if draw.random() < 0.2 else data
    return data


@pytest.mark.parametrize("seed", range(8))
def test_damaged_objects_are_read_or_refused(seed: int) -> None:
    """A hundred for each seed."""
    draw = random.Random(seed)
    window = window_of(RULES, SINCE, UNTIL)
    whole = [one for one in cases("busy") if "since" not in one.name]
    for _ in range(100):
        data = damaged(draw.choice(whole).data, draw)
        found = expand_object(data, RULES, window, QUICK)
        assert all(SINCE <= start < end <= UNTIL for start, end in found.intervals)
        assert list(found.intervals) == sorted(found.intervals)
