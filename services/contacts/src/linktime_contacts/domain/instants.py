"""Instants in milliseconds, the precision of responses, so that equal ones are ordered by id."""

from datetime import datetime, timedelta

# How far the clock of a system that sends messages and calls may be ahead of ours.
MOST_AHEAD_MINUTES = 5


def whole_milliseconds(instant: datetime) -> datetime:
    """Truncate to milliseconds, as responses do."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def is_ahead(instant: datetime, *, now: datetime) -> bool:
    """Whether the instant is later than a clock that is ahead of ours explains.

    Such a message would stay the newest of its thread, and win over every later report of itself.
    """
    return instant > now + timedelta(minutes=MOST_AHEAD_MINUTES)
