"""Waits between password attempts."""

from datetime import UTC, datetime, timedelta

import pytest

from linktime_gateway.domain.attempts import Attempts

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "seconds"),
    [(0, 0), (9, 0), (10, 1), (11, 2), (15, 32), (16, 60), (17, 60), (2**31, 60)],
)
def test_the_wait_doubles_up_to_a_minute(number: int, seconds: int) -> None:
    """After the free ones."""
    assert Attempts(number, NOW).wait(10, NOW) == timedelta(seconds=seconds)


def test_time_that_has_passed_counts() -> None:
    """The wait starts at the last attempt; it is never negative."""
    attempts = Attempts(12, NOW)
    assert attempts.wait(10, NOW + timedelta(seconds=3)) == timedelta(seconds=1)
    assert attempts.wait(10, NOW + timedelta(seconds=5)) == timedelta(0)


@pytest.mark.parametrize(
    ("number", "seconds"),
    [(0, 0), (9, 0), (10, 0.25), (11, 0.5), (12, 1), (13, 2), (14, 2), (2**31, 2)],
)
def test_the_pause_of_an_account_is_limited(number: int, seconds: float) -> None:
    """Well below the timeout of a sign-in."""
    assert Attempts(number, NOW).pause_seconds() == seconds
