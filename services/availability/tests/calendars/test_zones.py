"""One host's time zones do not reach another host's calendar."""

from linktime_availability.calendars.expansion import ExpansionLimits, expand
from linktime_availability.calendars.expansion.calendar import expand_object, window_of

from .corpus_cases import RULES, SINCE, UNTIL

NAME = "Customized Time Zone"
AT_8_UTC = ((1773129600, 1773133200),)  # 10 March 2026, 08:00 to 09:00 UTC


def with_zone(offset: str) -> bytes:
    """Return an event at 09:00 in a zone of that name."""
    zone = [
        *("BEGIN:VTIMEZONE", f"TZID:{NAME}", "BEGIN:STANDARD", "DTSTART:19700101T000000"),
        *(f"TZOFFSETFROM:{offset}", f"TZOFFSETTO:{offset}", "END:STANDARD", "END:VTIMEZONE"),
    ]
    return _calendar(zone)


def without_zone() -> bytes:
    """Return the same event, with the name but no definition."""
    return _calendar([])


def _calendar(zone: list[str]) -> bytes:
    event = [
        *("BEGIN:VEVENT", "UID:a", f"DTSTART;TZID={NAME}:20260310T090000"),
        *(f"DTEND;TZID={NAME}:20260310T100000", "END:VEVENT"),
    ]
    lines = ["BEGIN:VCALENDAR", *zone, *event, "END:VCALENDAR", ""]
    return "\r\n".join(lines).encode()


ONE_AFTER_THE_OTHER = [
    with_zone("+0100"),
    with_zone("-0800"),
    with_zone("+0100"),
    without_zone(),
    with_zone("+0530"),
    with_zone("nonsense"),
    without_zone(),
]
STARTS = [8, 17, 8, 8, 3.5, 8, 8]


async def test_a_definition_is_forgotten_in_one_child() -> None:
    """Objects of several calendars in one batch; without a definition the owner's zone is used."""
    found = await expand(ONE_AFTER_THE_OTHER, RULES, SINCE, UNTIL)
    midnight = AT_8_UTC[0][0] - 8 * 3600
    assert [(one.intervals[0][0] - midnight) / 3600 for one in found] == STARTS


def test_a_definition_is_forgotten_in_sequence() -> None:
    """The same in one process, in each order."""
    window = window_of(RULES, SINCE, UNTIL)
    for data, other in [(0, 1), (1, 0), (3, 1)]:
        expand_object(ONE_AFTER_THE_OTHER[other], RULES, window, ExpansionLimits())
        found = expand_object(ONE_AFTER_THE_OTHER[data], RULES, window, ExpansionLimits())
        assert found.intervals[0][0] == AT_8_UTC[0][0] + (STARTS[data] - 8) * 3600
