"""The retries of a failed delivery."""

import random

from linktime_webhooks.domain.retries import DEFAULT_DELAYS_SECONDS, delay_after


def test_the_default_schedule_is_the_standards_example() -> None:
    """Ten attempts over 75 hours and 35 minutes."""
    assert len(DEFAULT_DELAYS_SECONDS) == 10
    assert sum(DEFAULT_DELAYS_SECONDS) == 75 * 3600 + 35 * 60 + 5


def test_delays_vary_by_a_fifth_and_end() -> None:
    """So that retries of several deliveries do not coincide; the last failure is final."""
    chance = random.Random(1)
    found = [
        delay_after(2, delays=DEFAULT_DELAYS_SECONDS, retry_after=None, chance=chance)
        for _ in range(1000)
    ]
    assert all(one is not None and 240 <= one <= 360 for one in found)
    assert len(set(found)) > 900
    assert delay_after(10, delays=DEFAULT_DELAYS_SECONDS, retry_after=5, chance=chance) is None


def test_retry_after_is_a_minimum_up_to_a_day() -> None:
    """The receiver may ask for more time, but not for more than a day."""
    chance = random.Random(1)
    asked = delay_after(1, delays=DEFAULT_DELAYS_SECONDS, retry_after=600, chance=chance)
    assert asked == 600
    forever = delay_after(1, delays=DEFAULT_DELAYS_SECONDS, retry_after=10**9, chance=chance)
    assert forever == 86_400
