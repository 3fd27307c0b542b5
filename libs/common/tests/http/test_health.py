"""The start time of failing checks."""

from datetime import datetime, timedelta

import pytest

from linktime_common.http import health
from linktime_common.http.health import Readiness
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
