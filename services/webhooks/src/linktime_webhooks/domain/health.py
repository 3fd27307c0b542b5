"""An endpoint's health and its effects: slow lane, breaker, pauses, disabling."""

from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import NamedTuple

WINDOW = 20
SLOW_MS = 5_000
MOST_CONSECUTIVE_FAILURES = 5
FEWEST_TO_JUDGE = 10
FIRST_OPEN_SECONDS = 30
LONGEST_OPEN_SECONDS = 600
LEAST_PAUSE_SECONDS = 60
LONGEST_PAUSE_SECONDS = 86_400
WARN_AFTER_HOURS = (24, 72)
DISABLE_AFTER_HOURS = 120
FEWEST_FAILURES_TO_DISABLE = 20
GONE = 410
TOO_MANY_REQUESTS = 429


class Breaker(StrEnum):
    """Closed allows deliveries, open none, half-open one at a time."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class HealthSample(NamedTuple):
    """The part of one attempt that counts for an endpoint's health."""

    delivered: bool
    timed_out: bool
    milliseconds: int
    status: int | None
    retry_after: float | None
    is_test: bool = False

    @property
    def kind(self) -> str:
        """Return the sample's code in `recent`."""
        return "ok" if self.delivered else "timeout" if self.timed_out else "failed"


class Health(NamedTuple):
    """One endpoint's health; `recent`: its last attempts as (milliseconds, kind), oldest first.

    `pace` also includes attempts of tests.
    """

    recent: tuple[tuple[int, str], ...] = ()
    pace: tuple[tuple[int, str], ...] = ()
    slow: bool = False
    consecutive_failures: int = 0
    breaker: Breaker = Breaker.CLOSED
    breaker_until: datetime | None = None
    breaker_seconds: int = 0
    paused_until: datetime | None = None
    failing_since: datetime | None = None
    failures_since_success: int = 0
    last_success_at: datetime | None = None
    warned_hours: int = 0


class Verdict(StrEnum):
    """The decision about an endpoint that has failed for long."""

    NOTHING = "nothing"
    WARN = "warn"
    DISABLE = "disable"


def after(health: Health, answer: HealthSample, *, now: datetime, today: datetime) -> Health:
    """Return the health after one more response.

    `now` is the database's time, which breaker and pauses use; `today` is the service's, which
    decides how long an endpoint has failed. A test only counts for how slow the endpoint is.
    """
    if answer.is_test:
        return _timed(health, answer)
    if answer.delivered:
        return _after_success(health, answer, today)
    failed = health._replace(
        failing_since=health.failing_since or today,
        failures_since_success=health.failures_since_success + 1,
    )
    if answer.status == TOO_MANY_REQUESTS:
        return _paused(failed, answer.retry_after or 0, now)
    return _after_failure(_remember(failed, answer), now)


def verdict(health: Health, today: datetime) -> tuple[Verdict, int]:
    """Return the decision for a failing endpoint, and the hours of failure that led to it."""
    if health.failing_since is None:
        return Verdict.NOTHING, 0
    failing = today - health.failing_since
    disable = failing >= timedelta(hours=DISABLE_AFTER_HOURS)
    if disable and health.failures_since_success >= FEWEST_FAILURES_TO_DISABLE:
        return Verdict.DISABLE, DISABLE_AFTER_HOURS
    reached = max((h for h in WARN_AFTER_HOURS if failing >= timedelta(hours=h)), default=0)
    if reached > health.warned_hours:
        return Verdict.WARN, reached
    return Verdict.NOTHING, 0


def _after_success(health: Health, answer: HealthSample, today: datetime) -> Health:
    # Closing the breaker clears `recent`; else the next failure would open it again.
    was_closed = health.breaker is Breaker.CLOSED
    known = health if was_closed else health._replace(recent=(), pace=())
    return _remember(known, answer)._replace(
        consecutive_failures=0,
        breaker=Breaker.CLOSED,
        breaker_until=None,
        breaker_seconds=0,
        failing_since=None,
        failures_since_success=0,
        last_success_at=today,
        warned_hours=0,
    )


def _after_failure(health: Health, now: datetime) -> Health:
    health = health._replace(consecutive_failures=health.consecutive_failures + 1)
    match health.breaker:
        case Breaker.OPEN:
            return health  # was in flight when the breaker opened
        case Breaker.HALF_OPEN:
            return _opened(health, min(health.breaker_seconds * 2, LONGEST_OPEN_SECONDS), now)
    failures = sum(kind != "ok" for _, kind in health.recent)
    many = len(health.recent) >= FEWEST_TO_JUDGE and failures * 2 >= len(health.recent)
    if many or health.consecutive_failures >= MOST_CONSECUTIVE_FAILURES:
        return _opened(health, FIRST_OPEN_SECONDS, now)
    return health


def _opened(health: Health, seconds: int, now: datetime) -> Health:
    return health._replace(
        breaker=Breaker.OPEN,
        breaker_seconds=seconds,
        breaker_until=now + timedelta(seconds=seconds),
    )


def _paused(health: Health, asked_seconds: float, now: datetime) -> Health:
    # The endpoint responds, only less often: its breaker stays closed, or closes.
    seconds = min(max(asked_seconds, LEAST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)
    until = now + timedelta(seconds=seconds)
    return health._replace(
        paused_until=max(health.paused_until or until, until),
        breaker=Breaker.CLOSED,
        breaker_until=None,
        breaker_seconds=0,
        consecutive_failures=0,
    )


def _remember(health: Health, answer: HealthSample) -> Health:
    return _timed(health, answer)._replace(recent=_with(health.recent, answer))


def _timed(health: Health, answer: HealthSample) -> Health:
    pace = _with(health.pace, answer)
    timeouts = sum(kind == "timeout" for _, kind in pace)
    times = sorted(milliseconds for milliseconds, _ in pace)
    p95 = times[ceil(len(times) * 0.95) - 1]
    return health._replace(pace=pace, slow=p95 > SLOW_MS or timeouts * 2 >= len(pace))


def _with(
    attempts: tuple[tuple[int, str], ...], answer: HealthSample
) -> tuple[tuple[int, str], ...]:
    return (*attempts, (answer.milliseconds, answer.kind))[-WINDOW:]
