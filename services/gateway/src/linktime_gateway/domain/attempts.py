"""How often a password may be tried. Trying is slowed down, never locked.

A lock by account would be a weapon: anybody could keep its owner out. So attempts from one address
wait for each other, while those from all addresses together make an account's answers slower, by so
little that the right password gets in.
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
    """How many there were, the last one at `last_at`."""

    number: int
    last_at: datetime

    def wait(self, free: int, now: datetime) -> timedelta:
        """How long the next attempt has to wait: 1 s behind the `free` ones, then doubling."""
        if self.number < free:
            return timedelta(0)
        between = min(2 ** min(self.number - free, MOST_DOUBLINGS), LONGEST_WAIT_SECONDS)
        return max(self.last_at + timedelta(seconds=between) - now, timedelta(0))

    def pause_seconds(self) -> float:
        """How much later an attempt at an account is answered that has been tried so often."""
        if self.number < FREE_BY_ACCOUNT:
            return 0.0
        doublings = min(self.number - FREE_BY_ACCOUNT, MOST_DOUBLINGS)
        return min(FIRST_PAUSE_SECONDS * (1 << doublings), LONGEST_PAUSE_SECONDS)
