"""The version, and the lag of the event loop."""

import time
from importlib.metadata import version

import pytest
from prometheus_client import REGISTRY

from linktime_common import process_figures
from linktime_common.supervision import SupervisedTask, supervised
from linktime_local.testing.waiting import eventually


def lags(at_most: str) -> float:
    """Return how many measurements were at most this many seconds."""
    name = "linktime_event_loop_lag_seconds_bucket"
    return REGISTRY.get_sample_value(name, {"le": at_most}) or 0.0


def test_the_version_is_a_label() -> None:
    process_figures.show_version()
    labels = {"version": version("linktime-common")}
    assert REGISTRY.get_sample_value("linktime_build_info", labels) == 1


async def test_code_that_does_not_yield_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a measurement that is as long as the code ran."""
    monkeypatch.setattr(process_figures, "LOOK_SECONDS", 0.01)
    measured, long = lags("+Inf"), lags("+Inf") - lags("0.1")
    async with supervised(SupervisedTask("loop lag", process_figures.watch_loop)):
        await eventually(lambda: lags("+Inf") > measured)
        time.sleep(0.2)
        await eventually(lambda: lags("+Inf") - lags("0.1") > long)
