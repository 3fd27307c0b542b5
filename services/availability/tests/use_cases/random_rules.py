"""Random schedules and rules of event types."""

import random
from datetime import date, timedelta
from typing import Any

from linktime_availability.domain.schedule import Schedule, Window

ZONES = ("UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia")
FIVE_MINUTES = timedelta(minutes=5)
FIRST, LAST = date(2026, 3, 7), date(2026, 3, 9)  # New York's clocks change on the 8th


def draw_schedule(dice: random.Random) -> Schedule:
    def hours() -> tuple[Window, ...]:
        start = dice.randrange(0, 1200, 15)
        return (Window(start, dice.randrange(start + 60, 1500, 30) % 1440),)

    weekly = {day: hours() for day in range(7) if dice.random() < 0.8}
    overrides = {FIRST + timedelta(days=dice.randrange(3)): hours() if dice.random() < 0.5 else ()}
    return Schedule(dice.choice(ZONES), weekly, overrides)


def draw_rules(dice: random.Random) -> dict[str, Any]:
    return {
        "duration_minutes": dice.choice((15, 30, 50, 120)),
        "slot_interval_minutes": dice.choice((10, 15, 30, 60)),
        "buffer_before": dice.choice((0, 0, 10, 45)),
        "buffer_after": dice.choice((0, 0, 15, 90)),
        "minimum_notice_minutes": dice.choice((0, 60, 3000)),
        "max_days_in_advance": dice.choice((2, 7, 60)),
        "daily_limit": dice.choice((None, None, 1, 2)),
        "weekly_limit": dice.choice((None, None, 2, 3)),
        "monthly_limit": dice.choice((None, None, 3)),
    }
