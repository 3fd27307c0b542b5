"""When a failed delivery is tried again."""

import random
from collections.abc import Sequence

# The example schedule of Standard Webhooks 1.0: ten attempts in a little over three days.
DEFAULT_DELAYS_SECONDS = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
JITTER = 0.2
MOST_RETRY_AFTER_SECONDS = 86_400


def delay_after(
    attempts: int,
    *,
    delays: Sequence[float],
    retry_after: float | None,
    chance: random.Random,
) -> float | None:
    """Seconds until the next attempt when `attempts` have failed, None when there is none.

    What the receiver asked for by Retry-After is a floor, never undercut by the jitter.
    """
    if attempts >= len(delays):
        return None
    jittered = delays[attempts] * chance.uniform(1 - JITTER, 1 + JITTER)
    return max(jittered, min(retry_after or 0, MOST_RETRY_AFTER_SECONDS))
