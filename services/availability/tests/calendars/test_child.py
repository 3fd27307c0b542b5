"""The child process: what its limits end, and that nothing is left of it."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from linktime_availability.calendars.expansion import (
    Expansion,
    ExpansionLimits,
    RefusalReason,
    expand,
)
from linktime_availability.calendars.expansion.child import ExpansionFailed
from linktime_availability.calendars.expansion.results import WHOLE_OBJECT
from linktime_local.testing.waiting import eventually

from .children import children
from .corpus_cases import RULES, SINCE, UNTIL, answer_of, cases, expected
from .hostile_objects import (
    NEIGHBOUR_ONLY,
    calendar,
    endless_memory,
    event,
    feed,
    long_line,
    many_exdates,
    nested,
    never_ending,
)

pytestmark = [
    pytest.mark.skipif(not Path("/proc").exists(), reason="finds children in /proc"),
    pytest.mark.usefixtures("nothing_is_left"),
]

GOOD = calendar()
QUICK = ExpansionLimits(series_cpu_seconds=0.2)
"""Processor time, so a busy machine ends nothing earlier."""


async def child_at_work(before: set[int]) -> int:
    """Return the id of the child once it has limited itself, which is before its first object."""

    def found() -> int | None:
        for child in children() - before:
            stat = Path(f"/proc/{child}/stat").read_text()
            if stat.rpartition(")")[2].split()[16] == "10":  # niceness
                return child
        return None

    child = await eventually(found, within=30)
    assert child is not None
    return child


def refusals(found: Expansion) -> list[tuple[str, str]]:
    return [(one.uid, one.reason) for one in found.refused]


async def test_the_whole_corpus_in_one_child() -> None:
    """Each object has its own answer, whatever was read before it."""
    read = [*cases("busy"), *cases("hostile")]
    found = await expand([one.data for one in read], RULES, SINCE, UNTIL)
    assert [answer_of(one, case) for one, case in zip(found, read, strict=True)] == [
        expected(case) for case in read
    ]


async def test_large_hostile_objects_stay_within_half_of_the_limits() -> None:
    """None of them ends a child; what is read of each is in `test_limits.py`."""
    limits = ExpansionLimits(object_cpu_seconds=5, memory_bytes=256 * 1024 * 1024)
    large = [
        calendar(nested(100_000)),
        calendar(long_line(7_000_000)),
        calendar(many_exdates(100_000)),
        calendar("\r\n" * 4_900_000),
        calendar("X-" + "\r\n " * 3_000_000 + ":x\r\n"),
        feed(5_000),
    ]
    assert max(map(len, large)) > 9_000_000
    found = await expand(large, RULES, SINCE, UNTIL, limits)
    assert [one.intervals[0] for one in found[:-1]] == [NEIGHBOUR_ONLY[0]] * 5
    assert len(found[-1].intervals) == 145
    ended = {RefusalReason.NEVER_ENDS_PARSING, RefusalReason.OUT_OF_TIME, RefusalReason.TOO_LARGE}
    assert not ended & {one.reason for each in found for one in each.refused}


async def test_a_series_that_never_ends_is_refused_alone() -> None:
    """Its neighbours in the same object, and the other objects, are expanded by the next child."""
    hostile = calendar(never_ending("slow"), event("weekly", "DURATION:PT1H", "RRULE:FREQ=WEEKLY"))
    found = await expand([GOOD, hostile, GOOD], RULES, SINCE, UNTIL, QUICK)
    assert [one.intervals for one in (found[0], found[2])] == [NEIGHBOUR_ONLY] * 2
    assert refusals(found[1]) == [("slow", RefusalReason.NEVER_ENDS_PARSING)]
    assert found[1].intervals[0] == NEIGHBOUR_ONLY[0]
    assert len(found[1].intervals) == 9
    assert not found[0].refused


async def test_an_object_with_many_such_series_is_refused_as_a_whole() -> None:
    """After as many children as the limit says."""
    hostile = calendar(*(never_ending(f"slow-{number}") for number in range(9)))
    limits = ExpansionLimits(series_cpu_seconds=0.1, kills_per_object=1)
    found = await expand([hostile, GOOD], RULES, SINCE, UNTIL, limits)
    assert refusals(found[0]) == [(WHOLE_OBJECT, RefusalReason.NEVER_ENDS_PARSING)]
    assert found[1].intervals == NEIGHBOUR_ONLY


async def test_an_object_that_is_slow_without_series_is_refused() -> None:
    """Parsing counts, too."""
    limits = ExpansionLimits(object_cpu_seconds=0.1)
    found = await expand([feed(8_000, hours=1), GOOD], RULES, SINCE, UNTIL, limits)
    assert refusals(found[0]) == [(WHOLE_OBJECT, RefusalReason.NEVER_ENDS_PARSING)]
    assert found[1].intervals == NEIGHBOUR_ONLY


async def test_the_whole_calendar_has_a_budget() -> None:
    """Objects that are not reached are named as such."""
    slow = [calendar(never_ending(f"slow-{number}")) for number in range(4)]
    limits = ExpansionLimits(series_cpu_seconds=0.2, batch_cpu_seconds=1)
    found = await expand([GOOD, *slow, GOOD], RULES, SINCE, UNTIL, limits)
    assert found[0].intervals == NEIGHBOUR_ONLY
    assert refusals(found[1]) == [("slow-0", RefusalReason.NEVER_ENDS_PARSING)]
    assert refusals(found[-1]) == [(WHOLE_OBJECT, RefusalReason.OUT_OF_TIME)]
    assert all(one.refused for one in found[1:])


async def test_an_object_that_needs_too_much_memory_is_refused() -> None:
    """The kernel gives no more; the next child expands the others."""
    limits = ExpansionLimits(memory_bytes=120 * 1024 * 1024)
    found = await expand([GOOD, endless_memory(), GOOD], RULES, SINCE, UNTIL, limits)
    assert [one.intervals for one in found] == [NEIGHBOUR_ONLY, (), NEIGHBOUR_ONLY]
    assert refusals(found[1]) == [(WHOLE_OBJECT, RefusalReason.TOO_LARGE)]


async def test_a_silent_child_is_ended() -> None:
    """By wall time since its last line, for example when it waits for a processor for ever."""
    limits = ExpansionLimits(silence_seconds=0.3, series_cpu_seconds=600, object_cpu_seconds=600)
    found = await expand([calendar(never_ending("slow"))], RULES, SINCE, UNTIL, limits)
    assert refusals(found[0]) == [("slow", RefusalReason.NEVER_ENDS_PARSING)]
    assert found[0].intervals == NEIGHBOUR_ONLY


async def test_large_bodies_are_not_sent() -> None:
    """And the intervals of a calendar are counted through all its objects."""
    limits = ExpansionLimits(body_bytes=len(GOOD), intervals=2)
    found = await expand([GOOD, GOOD + b"\n", GOOD, GOOD], RULES, SINCE, UNTIL, limits)
    assert [refusals(one) for one in found] == [
        [],
        [(WHOLE_OBJECT, RefusalReason.TOO_LARGE)],
        [],
        [(WHOLE_OBJECT, RefusalReason.TOO_MANY)],
    ]


async def test_cancellation_ends_the_child() -> None:
    """At once, while it expands."""
    before = children()
    task = asyncio.create_task(expand([calendar(never_ending("slow"))] * 3, RULES, SINCE, UNTIL))
    await child_at_work(before)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert children() == before


async def test_a_child_that_another_process_ends_refuses_nothing() -> None:
    """A calendar is not blamed for a restart of the machine."""
    before = children()
    task = asyncio.create_task(expand([calendar(never_ending("slow"))], RULES, SINCE, UNTIL))
    os.kill(await child_at_work(before), signal.SIGTERM)
    with pytest.raises(ExpansionFailed):
        await task


async def test_a_child_that_cannot_start_is_an_error() -> None:
    """With the reason; no object is refused for it."""
    with pytest.raises(ExpansionFailed, match="did not start"):
        await expand([GOOD], RULES, SINCE, UNTIL, ExpansionLimits(open_files=0))


async def test_the_child_gets_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting and no secret of the service."""
    monkeypatch.setenv("AVAILABILITY_SECRET", "secret")
    before = children()
    task = asyncio.create_task(expand([calendar(never_ending("slow"))], RULES, SINCE, UNTIL))
    child = await child_at_work(before)
    assert b"secret" not in Path(f"/proc/{child}/environ").read_bytes()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
