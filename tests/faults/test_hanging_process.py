"""`linktime doctor` while one of two processes that share the ports of a service hangs."""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from linktime_local.testing.waiting import eventually
from linktime_operator.clients import Clients
from linktime_operator.operations.doctor import Diagnosis, compared, diagnose
from linktime_operator.stack.stack import Stack
from linktime_operator.stack.units import ServiceProcess
from linktime_operator.stack_file import StackFile

TIMES = 4
"""By chance, one connection of two would reach the process that answers."""


@dataclass
class Pair:
    """A stack with two processes of scim, the first of which is the stack's."""

    stack: Stack
    http: aiohttp.ClientSession
    folder: Path
    pids: list[int]

    @property
    def file(self) -> StackFile:
        """Return stack.json as `make run REPLICAS=2` writes it."""
        both = self.stack.file.services["scim"].model_copy(update={"pids": self.pids})
        services = {**self.stack.file.services, "scim": both}
        return self.stack.file.model_copy(update={"services": services})

    @property
    def clients(self) -> Clients:
        """Return the operator's, with new connections."""
        urls = {"scim": self.stack.file.services["scim"].internal_url}
        return Clients(self.http, urls, self.stack.file.operator.keys)

    async def examined(self, running: StackFile | None) -> Diagnosis:
        """Return what doctor says of scim."""
        clients = self.clients
        return await diagnose(self.http, clients.urls, running, self.folder, clients)


@pytest.fixture
async def pair(stack: Stack, tmp_path: Path) -> AsyncIterator[Pair]:
    """Run a second process of scim."""
    (first,) = stack._processes.of("scim")
    second = ServiceProcess("scim", 1, first.environment, stack.state)
    await second.start()
    assert first.pid is not None
    assert second.pid is not None
    async with aiohttp.ClientSession() as http:
        try:
            await second.wait_ready(http, stack.file.services["scim"].internal_url)
            yield Pair(stack, http, tmp_path, [first.pid, second.pid])
        finally:
            await second.stop()


@contextmanager
def hanging(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_every_process_answers(pair: Pair) -> None:
    """Where pids are known, and where the number is."""

    async def both_are_counted() -> bool:
        (one,) = (await pair.examined(None)).services.values()
        return one.processes == 2

    await eventually(both_are_counted, what="the connection of the second process")
    for running in (pair.file, None):
        found = await pair.examined(running)
        assert found.problems == []
        one = found.services["scim"]
        assert (one.processes, one.answered, one.silent_pids) == (2, 2, [])


async def test_a_process_that_hangs_is_a_problem_with_its_pid(pair: Pair) -> None:
    """Every time, and nothing is said about the operator's key."""
    for silent in (*pair.pids, *pair.pids):
        with hanging(silent):
            found = await pair.examined(pair.file)
        assert found.problems == [
            f"1 of 2 processes of scim answered within 5 s; there was no answer from pid {silent}."
        ]
        assert not found.ok
        assert found.services["scim"].state is not None


async def test_without_pids_the_number_of_processes_is_known(pair: Pair) -> None:
    """As with Docker Compose and on Kubernetes: from their database connections."""
    with hanging(pair.pids[1]):
        for _ in range(TIMES):
            found = await pair.examined(None)
            assert found.problems == ["1 of 2 processes of scim answered within 5 s."]


async def test_nothing_is_compared_with_a_service_that_hangs(pair: Pair) -> None:
    """A comparison would wait for its answers for a minute."""
    with hanging(pair.pids[0]):
        found = await pair.examined(pair.file)
    found = await compared(found, pair.clients, lambda _progress: None)
    assert found.problems[1:] == [
        "The services were not compared, because not every process of scim answered."
    ]
    assert found.differences is None
