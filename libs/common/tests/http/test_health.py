"""The start time of failing checks."""

import asyncio
from datetime import datetime, timedelta

import pytest

from linktime_common.http import health
from linktime_common.http.health import Readiness, without_problem
from linktime_common.supervision import SupervisedTask, supervised
from linktime_local.testing.waiting import eventually


class Part:
    """A check with a settable result that counts its calls."""

    def __init__(self) -> None:
        self.is_ready = True
        self.asked = 0

    async def check(self) -> bool:
        self.asked += 1
        return self.is_ready


async def test_a_failure_keeps_the_instant_it_was_first_seen() -> None:
    """For any number of calls; a later failure has a later instant."""
    broker, database = Part(), Part()
    readiness = Readiness({"broker": broker.check, "database": database.check})
    assert await readiness.check() == ({"broker": True, "database": True}, {})
    broker.is_ready = False
    before = datetime.now().astimezone()
    found, since = await readiness.check()
    assert found == {"broker": False, "database": True}
    assert timedelta(0) <= since["broker"] - before < timedelta(seconds=60)
    assert await readiness.check() == (found, since)
    broker.is_ready, database.is_ready = True, False
    _, other = await readiness.check()
    assert set(other) == {"database"}
    broker.is_ready = False
    _, again = await readiness.check()
    assert again["broker"] > since["broker"]
    assert again["database"] == other["database"]


async def test_every_failed_check_has_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that does not answer, or fails itself; never with the text of an error."""
    monkeypatch.setattr(health, "CHECK_SECONDS", 0.1)

    async def silent() -> bool:
        await asyncio.Event().wait()
        return True

    async def broken() -> bool:
        raise ValueError("secret")

    async def problem() -> str | None:
        return "the disk is full"

    readiness = Readiness({"a": silent, "b": broken, "c": without_problem(problem)})
    assert (await readiness.check())[0] == {"a": False, "b": False, "c": False}
    assert readiness.reasons == {
        "a": "no answer within 0.1 s",
        "b": "the check failed: ValueError",
        "c": "the disk is full",
    }


async def test_problems_are_found_at_each_request_and_do_not_affect_readiness() -> None:
    """One that is over is not shown."""
    states: list[str | None] = ["the store is away", None]

    async def find() -> str | None:
        return states.pop(0)

    readiness = Readiness({"part": Part().check}, problems={"store": find})
    assert await readiness.problems() == {"store": "the store is away"}
    assert await readiness.check() == ({"part": True}, {})
    assert await readiness.problems() == {}


async def test_checks_run_without_a_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process runs the checks periodically, so the first probe has the earlier instant."""
    monkeypatch.setattr(health, "LOOK_SECONDS", 0.01)
    part = Part()
    part.is_ready = False
    readiness = Readiness({"part": part.check})
    async with supervised(SupervisedTask("readiness", readiness.watch)):
        await eventually(lambda: part.asked >= 2)
        before = datetime.now().astimezone()
    _, since = await readiness.check()
    assert since["part"] < before
