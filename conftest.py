"""Makes the shared fixtures known to every test, and divides the tests among processes."""

import gc
from collections.abc import Iterator

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

pytest_plugins = ["linktime_local.testing.plugin"]

_MESSAGING = "libs/common/tests/messaging/test_"
# What tests share and each process starts for itself: a stack in 25 seconds of processor time, a
# RabbitMQ node that they may kill in 5. By its name: the beginnings of their paths.
SHARED = {
    "faults": ("tests/faults/", "tests/restored/"),
    "web": ("tests/web/",),
    "tests": ("tests/test_",),
    "launcher": ("libs/operator/tests/commands/", "libs/operator/tests/test_"),
    "node": tuple(
        f"{_MESSAGING}{name}.py" for name in ("alarm", "deleted", "outages", "silence", "topology")
    ),
}


class FilesAndStacks(LoadFileScheduling):
    """Gives a process whole files, and all tests that share a stack or a node to one process."""

    def _split_scope(self, nodeid: str) -> str:
        shared = (name for name, paths in SHARED.items() if nodeid.startswith(paths))
        return next(shared, super()._split_scope(nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    return FilesAndStacks(config, log) if config.option.dist == "loadfile" else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Keep garbage collection from searching modules and tests, which live as long as the run.

    There are ten thousand tests: without this, to collect them takes a quarter longer.
    """
    gc.disable()
    result = yield
    gc.freeze()
    gc.enable()
    return result
