"""When a calendar is read next."""

import random
from datetime import timedelta

POLLS = {"caldav": timedelta(minutes=3), "ics": timedelta(minutes=12)}
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
    wait = min(POLLS[kind] * (1 << min(failures, 16)), LONGEST)
    if retry_after_seconds is not None:
        wait = max(wait, min(timedelta(seconds=retry_after_seconds), LONGEST))
    return wait * _jitter()


def _jitter() -> float:
    return random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - not a secret
