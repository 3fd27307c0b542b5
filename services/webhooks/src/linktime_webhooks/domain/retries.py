"""The retries of a failed delivery."""

import random
from collections.abc import Sequence
from typing import NamedTuple

# The example schedule of Standard Webhooks 1.0: ten attempts in a little over three days.
DEFAULT_DELAYS_SECONDS = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
MOST_ATTEMPTS = 100
LONGEST_DELAY_SECONDS = 30 * 86_400  # as long as events are kept
JITTER = 0.2
MOST_RETRY_AFTER_SECONDS = 86_400
UNCHARGED_DELAY_SECONDS = 30.0


class NextStep(NamedTuple):
    """The state of a delivery after its latest attempt."""

    state: str
    attempts: int
    delay_seconds: float = 0.0


def next_step(
    attempts: int,
    *,
    delivered: bool,
    is_test: bool,
    is_charged: bool,
    delays: Sequence[float],
    retry_after: float | None,
    chance: random.Random,
) -> NextStep:
    """Return the step after one attempt more than `attempts`; a test is tried once.

    An uncharged attempt (our proxy failed) is repeated soon, and does not count.
    """
    if delivered:
        return NextStep("delivered", attempts + 1)
    if is_test:
        return NextStep("failed", attempts + 1)
    if not is_charged:
        return NextStep("pending", attempts, UNCHARGED_DELAY_SECONDS)
    delay = delay_after(attempts + 1, delays=delays, retry_after=retry_after, chance=chance)
    if delay is None:
        return NextStep("failed", attempts + 1)
    return NextStep("pending", attempts + 1, delay)


def delay_after(
    attempts: int,
    *,
    delays: Sequence[float],
    retry_after: float | None,
    chance: random.Random,
) -> float | None:
    """Return the seconds until the next attempt after `attempts` failures, or None after the last.

    The receiver's Retry-After is a minimum, also for the jitter.
    """
    if attempts >= len(delays):
        return None
    jittered = delays[attempts] * chance.uniform(1 - JITTER, 1 + JITTER)
    return max(jittered, min(retry_after or 0, MOST_RETRY_AFTER_SECONDS))
