"""When a calendar is read next."""

import random
from datetime import timedelta

POLLS = {"caldav": timedelta(minutes=3), "ics": timedelta(minutes=12)}
FIRST_WRITE_WAIT = timedelta(seconds=15)
LONGEST = timedelta(hours=1)
JITTER = 0.1
"""Spreads the calendars that were connected at the same time."""


def after_success(kind: str) -> timedelta:
    """Return how long to wait after a calendar was read."""
    return POLLS[kind] * _jitter()


def after_failure(
    kind: str, failures: int, *, retry_after_seconds: float | None = None
) -> timedelta:
    """Return how long to wait after the given number of failures in sequence.

    A server that says how long to wait is obeyed, up to an hour.
    """
    return _longer(POLLS[kind] * 2, failures, retry_after_seconds)


def before_next_write(failures: int, *, retry_after_seconds: float | None = None) -> timedelta:
    """Return how long to wait after an event was not written, as `after_failure` does."""
    return _longer(FIRST_WRITE_WAIT, failures, retry_after_seconds)


def _longer(first: timedelta, failures: int, retry_after_seconds: float | None) -> timedelta:
    """Return twice the time after each failure, `first` after the first one."""
    wait = min(first * (1 << min(max(failures - 1, 0), 16)), LONGEST) * _jitter()
    if retry_after_seconds is not None:
        wait = max(wait, min(timedelta(seconds=retry_after_seconds), LONGEST))
    return wait


def _jitter() -> float:
    return random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - not a secret
