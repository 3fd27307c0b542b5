"""Random schedules, rules and reservations."""

import random
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from linktime_availability.domain.rules import BookingRules
from linktime_availability.domain.schedule import Schedule, Window
from linktime_availability.domain.slots import Availability, ReservedTime

DAY = timedelta(days=1)
DAYS_ASKED = 2
# Days before, on and after a clock change, and zones without one.
PLACES = [
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Europe/London", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Africa/Casablanca", date(2026, 2, 15)),
    ("Africa/Casablanca", date(2026, 3, 22)),
    ("Asia/Kathmandu", date(2026, 6, 1)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("America/Sao_Paulo", date(2018, 11, 4)),
    ("America/Sao_Paulo", date(2018, 2, 18)),
    ("Africa/Cairo", date(2026, 4, 24)),
    ("Asia/Beirut", date(2026, 3, 29)),
    ("Atlantic/Azores", date(2026, 10, 25)),
    ("America/Nuuk", date(2026, 3, 29)),
    ("Antarctica/Troll", date(2026, 3, 29)),
    ("Antarctica/Troll", date(2026, 10, 25)),
    ("UTC", date(2026, 2, 28)),
]


@dataclass(frozen=True)
class Situation:
    availability: Availability
    since: datetime

    @property
    def span(self) -> tuple[int, int]:
        first = int(self.since.timestamp())
        return first, first + DAYS_ASKED * 86400


def random_windows(draw: random.Random) -> tuple[Window, ...]:
    """Return up to three windows of a date, in order; the last may pass midnight; some touch."""
    marks = sorted(draw.sample(range(0, 1441, 15), 2 * draw.choice((0, 1, 1, 1, 2, 3))))
    pairs = [(marks[i], marks[i + 1]) for i in range(0, len(marks), 2)]
    if len(pairs) > 1 and draw.random() < 0.3:
        pairs[1] = pairs[0][1], pairs[1][1]
    if pairs and draw.random() < 0.3:
        pairs[-1] = pairs[-1][0], draw.randrange(0, pairs[0][0] + 1, 15)
    if draw.random() < 0.1:
        pairs = [(0, 1440)]
    return tuple(Window(start, end) for start, end in pairs)


def random_overrides(draw: random.Random, around: date) -> dict[date, tuple[Window, ...]]:
    """Return the hours of one date or two; one may be closed."""
    return {
        around + draw.randrange(-1, 3) * DAY: draw.choice((random_windows(draw), ()))
        for _ in range(draw.choice((1, 1, 2)))
    }


def random_situation(draw: random.Random) -> Situation:
    name, change = draw.choice(PLACES)
    since = datetime(change.year, change.month, change.day, tzinfo=UTC)
    since += draw.randrange(-48, 24) * timedelta(minutes=30)
    first = int(since.timestamp())

    def moment() -> int:
        return first + draw.randrange(-24 * 12, (DAYS_ASKED + 1) * 24 * 12) * 300

    def buffer() -> int:
        return draw.choice((0, 0, 5, 10, 30, 60, 240))

    def reservation() -> ReservedTime:
        start = moment()
        return ReservedTime(
            UUID(int=draw.randrange(4)),
            start,
            start + draw.choice((5, 30, 60, 180)) * 60,
            buffer() * 60,
            buffer() * 60,
            same_type=draw.random() < 0.6,
        )

    busy = [(start, start + draw.choice((0, 1, 300, 1800, 14_400))) for start in
            (moment() for _ in range(draw.choice((0, 1, 3, 8))))]  # fmt: skip
    rules = BookingRules(
        duration_minutes=draw.choice((5, 15, 30, 45, 60, 90, 300, 1440)),
        slot_interval_minutes=draw.choice((5, 15, 20, 30, 45, 60, 90, 1440)),
        buffer_before=buffer(),
        buffer_after=buffer(),
        minimum_notice_minutes=draw.choice((0, 0, 60, 720)),
        max_days_in_advance=draw.choice((0, 1, 2, 60)),
        daily_limit=draw.choice((None, 1, 2)),
        weekly_limit=draw.choice((None, None, 1, 3)),
        monthly_limit=draw.choice((None, None, 2, 3)),
        active=draw.random() > 0.05,
    )
    availability = Availability(
        Schedule(
            name,
            {weekday: random_windows(draw) for weekday in range(7)},
            random_overrides(draw, change) if draw.random() < 0.5 else {},
        ),
        rules,
        now=first + draw.choice((-86_400, -86_400, -3600, 0, 0.5, 36_000)),
        busy=busy,
        is_unknown=draw.random() < 0.05,
        time_off=[
            (start, start + draw.choice((0, 1, 900, 7_200, 40_000)))
            for start in (moment() for _ in range(draw.choice((0, 0, 0, 1, 2))))
        ],
        reservations=[reservation() for _ in range(draw.choice((0, 1, 2, 4)))],
        moving=draw.choice((None, None, UUID(int=0))),
    )
    if availability.moving is not None and draw.random() < 0.5:
        availability = replace(availability, duration_seconds=draw.choice((1200, 5400)))
    if draw.random() < 0.2:
        availability = replace(availability, known_until=moment())
    return Situation(availability, since)
