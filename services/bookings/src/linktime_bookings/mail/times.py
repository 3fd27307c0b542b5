"""Times of meetings in the recipient's zone, with the zone named."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from linktime_bookings.mail.languages import Language
from linktime_bookings.mail.plain_text import isolated
from linktime_common.timezones import UnknownTimezone, zone

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_MINUTES_OF_HOUR, _HOURS_OF_DAY = 60, 24
# Below these, the smaller unit is more exact; a whole number of the larger one is as exact.
_ALWAYS_HOURS_AFTER, _ALWAYS_DAYS_AFTER = 3 * _HOUR, 3 * _DAY


def zone_or_utc(name: str) -> ZoneInfo:
    """Return the zone; UTC for one that the installed list no longer has."""
    try:
        return zone(name)
    except UnknownTimezone:
        return zone("UTC")


def span(start: datetime, end: datetime, where: ZoneInfo, language: Language) -> tuple[str, ...]:
    """Return the lines that say when a meeting is.

    Both dates if it crosses midnight. Both offsets if the clock changes during it, otherwise the
    second time may be ambiguous or look earlier than the first.
    """
    first, last = start.astimezone(where), end.astimezone(where)
    times = [language.clock_of(first), language.clock_of(last)]
    zone_name = where.key
    if first.utcoffset() == last.utcoffset():
        zone_name = f"{zone_name}, {offset_of(first)}"
    else:
        labels = (isolated(f"({offset_of(at)})", language) for at in (first, last))
        times = [f"{time} {label}" for time, label in zip(times, labels, strict=True)]
    zone_line = isolated(f"({zone_name})", language)
    if first.date() == last.date():
        return language.date_of(first), f"{times[0]} – {times[1]}", zone_line
    moments = [
        language.moment.format(date=language.date_of(at), time=time)
        for at, time in zip((first, last), times, strict=True)
    ]
    return f"{moments[0]} –", moments[1], zone_line


def offset_of(at: datetime) -> str:
    """Return `GMT`, `GMT+1` or `GMT-3:30`."""
    offset = at.utcoffset() or timedelta()
    hours, minutes = divmod(abs(offset) // _MINUTE, _MINUTES_OF_HOUR)
    if not hours and not minutes:
        return "GMT"
    sign = "-" if offset < timedelta() else "+"
    return f"GMT{sign}{hours}" + (f":{minutes:02}" if minutes else "")


def lead(start: datetime, now: datetime, language: Language) -> str | None:
    """Return how long it is until the start, such as `in 90 minutes`; None below a minute.

    Counted from the time of sending, since a reminder may be late.
    """
    # Each unit is rounded from the exact wait: of a rounded number the error would be larger.
    wait = start - now
    minutes, hours, days = (round(wait / unit) for unit in (_MINUTE, _HOUR, _DAY))
    if minutes < 1:
        return None
    if wait < _ALWAYS_HOURS_AFTER and minutes % _MINUTES_OF_HOUR:
        return language.count("inMinutes", minutes)
    if wait < _ALWAYS_DAYS_AFTER and hours % _HOURS_OF_DAY:
        return language.count("inHours", hours)
    return language.count("inDays", days)
