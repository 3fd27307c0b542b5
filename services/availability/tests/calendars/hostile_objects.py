"""Hostile objects that are too large for data files, each with a good neighbour."""

from datetime import UTC, datetime, timedelta

NEIGHBOUR = (
    "BEGIN:VEVENT\r\nUID:neighbour\r\nDTSTART:20260305T080000Z\r\nDTEND:20260305T090000Z\r\n"
    "END:VEVENT\r\n"
)
NEIGHBOUR_ONLY = ((1772697600, 1772701200),)  # 5 March 2026, 08:00 to 09:00 UTC
"""The busy time of that event."""
NEVER_ENDS = "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"
"""Searched day by day until the year 9999, some seconds for each series."""


def calendar(*events: str, neighbour: bool = True) -> bytes:
    """Return a calendar with these events after a good one."""
    inner = "".join((NEIGHBOUR if neighbour else "", *events))
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{inner}END:VCALENDAR\r\n".encode()


def event(uid: str, *lines: str) -> str:
    """Return an event, by default of an hour on 10 March."""
    start = [] if any(one.startswith("DTSTART") for one in lines) else ["DTSTART:20260310T080000Z"]
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", *start, *lines, "END:VEVENT", ""])


def never_ending(uid: str) -> str:
    """Return a series whose expansion takes longer than any limit of a test: half a minute."""
    rules = [f"{NEVER_ENDS};WKST={day}" for day in ("MO", "TU", "WE", "TH", "FR", "SA", "SU")]
    return event(uid, "DURATION:PT1H", *rules)


def endless_memory() -> bytes:
    """Return a calendar whose many empty parts need far more memory than octets."""
    return b"BEGIN:VCALENDAR\r\n" * 500_000


def nested(depth: int) -> str:
    """Return an event with components in components."""
    inner = "BEGIN:X-A\r\n" * depth + "END:X-A\r\n" * depth
    return event("nested", inner + "DURATION:PT1H")


def long_line(octets: int) -> str:
    """Return an event with one very long line that is not read, and one that is read."""
    return event("long", "DESCRIPTION:" + "x" * octets, "DURATION:PT1H") + event(
        "long-rule", "DURATION:PT1H", "RRULE:FREQ=DAILY;BYDAY=" + ",".join(["MO"] * (octets // 30))
    )


def many_exdates(count: int) -> str:
    """Return a daily event with as many exceptions, in as many lines."""
    return event("exdates", "RRULE:FREQ=DAILY", *["EXDATE:20260310T080000Z"] * count)


def feed(count: int, hours: int = 10) -> bytes:
    """Return a feed with an event of an hour at each tenth hour since 2021."""
    began = datetime(2021, 1, 1, tzinfo=UTC)
    starts = (began + timedelta(hours=hours * number) for number in range(count))
    return calendar(
        *(
            event(
                f"{number}@feed.example",
                f"DTSTART:{start:%Y%m%dT%H%M%SZ}",
                "DURATION:PT1H",
                "SUMMARY:A meeting about the next meeting",
                "DESCRIPTION:" + "Nobody needs to prepare anything. " * 8,
            )
            for number, start in enumerate(starts)
        )
    )
