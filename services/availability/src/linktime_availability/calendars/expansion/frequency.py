"""Refuses recurrence rules whose expansion would take too long, before they are expanded.

The expansion walks from the start of a series, so a limit of results does not limit its time.
"""

import re
from datetime import date

from linktime_availability.calendars.expansion.results import ExpansionLimits, RefusalReason
from linktime_availability.calendars.expansion.text import Block, value_of

DAY_LIMIT = 24
"""Occurrences that a series may have in one day."""
_DAYS_OF_PERIOD = {"HOURLY": 1, "DAILY": 1, "WEEKLY": 7, "MONTHLY": 28, "YEARLY": 365}
_TIMES = ("BYHOUR", "BYMINUTE", "BYSECOND")
_DATE = re.compile(r"\d{8}")


def refusal_of_event(block: Block, until: date, limits: ExpansionLimits) -> RefusalReason | None:
    """Return why the rules of an event are not expanded, if they are not."""
    dates = sum(line.count(",") + 1 for name in ("EXDATE", "RDATE") for line in block.of(name))
    if dates > limits.dates or len(block.lines) > limits.dates:
        return RefusalReason.TOO_MANY
    if not block.has("RRULE"):
        return None
    try:
        rules = [_parts(line) for line in block.of("RRULE")]
        if sum(_times_a_day(rule) for rule in rules) > DAY_LIMIT:
            return RefusalReason.TOO_FREQUENT
        began = first_date(block.value("DTSTART"))
        days = (until - began).days if began else 0
        if sum(days * _times_a_day(rule) / _days_between(rule) for rule in rules) > limits.steps:
            return RefusalReason.TOO_MANY
    except ValueError:
        return RefusalReason.UNREADABLE
    return None


def refusal_of_zone(block: Block, limits: ExpansionLimits) -> RefusalReason | None:
    """Return why a time zone is not read: clocks change on some days of a year, at one time."""
    if sum(line.count(",") + 1 for line in block.of("RDATE")) + len(block.lines) > limits.dates:
        return RefusalReason.TOO_MANY
    try:
        rules = [_parts(line) for line in block.of("RRULE")]
    except ValueError:
        return RefusalReason.UNREADABLE
    rare = all(
        rule.get("FREQ") in {"YEARLY", "MONTHLY"} and not any(name in rule for name in _TIMES)
        for rule in rules
    )
    return None if rare else RefusalReason.TOO_FREQUENT


def first_date(value: str) -> date | None:
    """Return the date that a value of DTSTART begins with."""
    if not (found := _DATE.match(value)):
        return None
    try:
        return date(int(found[0][:4]), int(found[0][4:6]), int(found[0][6:]))
    except ValueError:
        return None


def _parts(line: str) -> dict[str, str]:
    """Return the parts of a rule; raises ValueError for a name that occurs twice."""
    parts: dict[str, str] = {}
    for part in "".join(value_of(line).split()).upper().split(";"):
        name, _, value = part.partition("=")
        if name in parts:
            raise ValueError(name)
        parts[name] = value
    return parts


def _times_a_day(rule: dict[str, str]) -> int:
    """Return how often a rule occurs on one of its days; raises ValueError."""
    frequency = rule.get("FREQ", "")
    if frequency in {"SECONDLY", "MINUTELY"}:
        return DAY_LIMIT + 1
    if frequency not in _DAYS_OF_PERIOD:
        raise ValueError(frequency)
    hours, minutes, seconds = (len(set(rule.get(name, "0").split(","))) for name in _TIMES)
    if frequency == "HOURLY" and "BYHOUR" not in rule:
        hours = -(-24 // min(_interval(rule), 24))
    return hours * minutes * seconds


def _days_between(rule: dict[str, str]) -> int:
    """Return the days from one period of a rule to the next, at least one."""
    period = _DAYS_OF_PERIOD[rule["FREQ"]]
    return period if rule["FREQ"] == "HOURLY" else period * _interval(rule)


def _interval(rule: dict[str, str]) -> int:
    """Return the interval of a rule; raises ValueError, also for 0, which would never end."""
    interval = int(rule.get("INTERVAL", "1")[:12])
    if interval < 1:
        raise ValueError(interval)
    return interval
