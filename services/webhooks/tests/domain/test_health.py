"""How responses change an endpoint's health."""

from datetime import UTC, datetime, timedelta

import pytest

from linktime_webhooks.domain.health import Breaker, Health, HealthSample, Verdict, after, verdict

NOW = datetime(2026, 3, 1, 14, 0, tzinfo=UTC)
OK = HealthSample(delivered=True, timed_out=False, milliseconds=20, status=204, retry_after=None)
FAILED = HealthSample(
    delivered=False, timed_out=False, milliseconds=20, status=500, retry_after=None
)
TIMEOUT = HealthSample(
    delivered=False, timed_out=True, milliseconds=15_000, status=None, retry_after=None
)


def given(*answers: HealthSample, health: Health | None = None, now: datetime = NOW) -> Health:
    known = health or Health()
    for answer in answers:
        known = after(known, answer, now=now, today=now)
    return known


def test_five_failures_in_a_row_open_the_breaker_for_half_a_minute() -> None:
    """Four do not, and a success resets the count."""
    assert given(*[FAILED] * 4).breaker is Breaker.CLOSED
    opened = given(*[FAILED] * 5)
    assert (opened.breaker, opened.breaker_until) == (Breaker.OPEN, NOW + timedelta(seconds=30))
    mixed = [OK] * 9 + [FAILED] * 4 + [OK] + [FAILED] * 4
    assert given(*mixed).breaker is Breaker.CLOSED


def test_half_of_the_last_twenty_opens_it_too_from_ten_on() -> None:
    """Every second attempt fails, never five in a row; fewer than ten decide nothing."""
    assert given(*[OK, FAILED] * 4).breaker is Breaker.CLOSED
    assert given(*[OK, FAILED] * 5).breaker is Breaker.OPEN
    assert given(*[OK] * 20, *[OK, OK, FAILED] * 10).breaker is Breaker.CLOSED


def test_a_failed_probe_doubles_the_time_up_to_ten_minutes() -> None:
    """30, 60, 120, 240, 480, 600, 600 seconds."""
    health, seconds = given(*[FAILED] * 5), []
    for _ in range(7):
        seconds.append(health.breaker_seconds)
        health = given(FAILED, health=health._replace(breaker=Breaker.HALF_OPEN))
    assert seconds == [30, 60, 120, 240, 480, 600, 600]


def test_results_of_requests_in_flight_do_not_extend_the_breaker() -> None:
    """Seven more failures are recorded: the breaker's time is unchanged."""
    opened = given(*[FAILED] * 5)
    later = given(*[FAILED] * 7, health=opened, now=NOW + timedelta(seconds=9))
    assert (later.breaker_until, later.breaker_seconds) == (opened.breaker_until, 30)


def test_a_success_closes_the_breaker() -> None:
    """One failure later it is still closed."""
    half_open = given(*[FAILED] * 20)._replace(breaker=Breaker.HALF_OPEN)
    closed = given(OK, health=half_open)
    assert (closed.breaker, closed.breaker_until, closed.breaker_seconds) == (
        Breaker.CLOSED,
        None,
        0,
    )
    assert given(FAILED, health=closed).breaker is Breaker.CLOSED


def test_slow_answers_and_timeouts_lead_to_the_slow_lane() -> None:
    """A p95 above 5 s, or half timeouts, of the last twenty; it ends when they are out of range."""
    slow = OK._replace(milliseconds=5_001)
    assert not given(*[OK] * 19, slow).slow
    assert given(*[OK] * 18, slow, slow).slow
    assert given(TIMEOUT).slow
    assert given(*[TIMEOUT, OK] * 10).slow
    assert not given(TIMEOUT, *[OK] * 19).slow
    assert not given(*[slow] * 20, *[OK] * 20).slow


@pytest.mark.parametrize(("asked", "seconds"), [(None, 60), (5, 60), (120, 120), (10**9, 86_400)])
def test_429_pauses_the_endpoint_and_leaves_the_breaker(asked: float | None, seconds: int) -> None:
    """At least a minute, at most a day; the endpoint responds, so its breaker closes."""
    refused = FAILED._replace(status=429, retry_after=asked)
    paused = given(*[refused] * 6)
    assert paused.paused_until == NOW + timedelta(seconds=seconds)
    assert paused.breaker is Breaker.CLOSED
    assert paused.failures_since_success == 6


def failing(hours: float, *, failures: int = 20, warned: int = 0) -> tuple[Verdict, int]:
    health = given(*[FAILED] * failures)._replace(warned_hours=warned)
    return verdict(health, NOW + timedelta(hours=hours))


def test_the_owner_is_warned_twice_and_then_it_is_disabled() -> None:
    """At 24 and 72 hours, each once; at 120 hours if twenty attempts failed."""
    assert failing(23.9) == (Verdict.NOTHING, 0)
    assert failing(24) == (Verdict.WARN, 24)
    assert failing(24, warned=24) == (Verdict.NOTHING, 0)
    assert failing(72, warned=24) == (Verdict.WARN, 72)
    assert failing(119, warned=72) == (Verdict.NOTHING, 0)
    assert failing(120, warned=72) == (Verdict.DISABLE, 120)
    assert failing(1000, failures=19, warned=72) == (Verdict.NOTHING, 0)


def test_any_success_resets_the_count() -> None:
    """The failing time and the warnings start again."""
    health = given(OK, health=given(*[FAILED] * 30)._replace(warned_hours=72))
    assert (health.failing_since, health.failures_since_success, health.warned_hours) == (
        None,
        0,
        0,
    )
    assert verdict(health, NOW + timedelta(days=30)) == (Verdict.NOTHING, 0)


def test_tests_only_count_for_the_slow_lane() -> None:
    """Tests that time out put it into the slow lane; the breaker ignores tests."""
    hanging = TIMEOUT._replace(is_test=True)
    slow = given(*[hanging] * 30)
    assert slow == Health(pace=slow.pace, slow=True)
    gone = given(*[FAILED._replace(is_test=True, status=status) for status in (410, 429, 500)] * 10)
    assert gone == Health(pace=gone.pace)
    failing = given(*[FAILED] * 4)
    tested = given(*[OK._replace(is_test=True)] * 20, health=failing)
    assert tested == failing._replace(pace=tested.pace)
    assert given(FAILED, health=tested).breaker is Breaker.OPEN


def test_an_endpoint_slow_in_tests_recovers() -> None:
    """As after any slow attempt: when at most one of the last twenty was slow."""
    slow = given(OK, TIMEOUT._replace(is_test=True))
    assert given(*[OK] * 17, health=slow).slow
    assert not given(*[OK] * 18, health=slow).slow
