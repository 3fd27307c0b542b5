"""Throttling of password attempts. Attempts are slowed down, never locked.

A lock per account would allow anybody to keep its owner out. Attempts from one address must wait
between each other; attempts from all addresses together only delay the account's responses, so
little that the right password still succeeds.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

FORGOTTEN_AFTER = timedelta(minutes=15)  # without an attempt
LONGEST_WAIT_SECONDS = 60
LONGEST_PAUSE_SECONDS = 2.0
FIRST_PAUSE_SECONDS = 0.25
MOST_DOUBLINGS = 10
FREE_BY_ACCOUNT = 10
FREE_BY_ADDRESS = 20


@dataclass(frozen=True)
class Attempts:
    """The number of attempts and the time of the last one."""

    number: int
    last_at: datetime

    def wait(self, free: int, now: datetime) -> timedelta:
        """Return the wait before the next attempt: 1 s after the `free` ones, then doubling."""
        if self.number < free:
            return timedelta(0)
        between = min(2 ** min(self.number - free, MOST_DOUBLINGS), LONGEST_WAIT_SECONDS)
        return max(self.last_at + timedelta(seconds=between) - now, timedelta(0))

    def pause_seconds(self) -> float:
        """Return the delay of responses for an account with this many attempts."""
        if self.number < FREE_BY_ACCOUNT:
            return 0.0
        doublings = min(self.number - FREE_BY_ACCOUNT, MOST_DOUBLINGS)
        return min(FIRST_PAUSE_SECONDS * (1 << doublings), LONGEST_PAUSE_SECONDS)
