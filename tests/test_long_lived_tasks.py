"""Long-lived tasks never end unnoticed: where tasks are created, and how they restart."""

import ast
import asyncio
import importlib
import inspect
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from linktime_common import supervision
from linktime_common.contracts.events import EVENTS
from linktime_common.process import ProcessRole, Service
from linktime_common.supervision import SupervisedTask
from linktime_local.testing.services import Running, running
from linktime_local.testing.waiting import eventually
from linktime_operator.stack.services import SERVICES
from linktime_operator.stack.stack import Stack

ROOT = Path(__file__).parents[1]
CREATORS = {"create_task", "ensure_future", "TaskGroup", "run_coroutine_threadsafe"}

SHORT_TASKS = {
    ("concurrently.py", "run_concurrently"): "awaited",
    ("consumer.py", "_collect"): "batches; the subscription ends when one fails",
    ("delivery.py", "_to_its_end"): "one mail, awaited; within bounds when the process ends",
    ("dispatcher.py", "_disable"): "one endpoint; a failure is logged, the sweeper disables it",
    ("dispatcher.py", "_send"): "one delivery; its lease ends when it fails",
    ("migration_locks.py", "_watched"): "looks for holders of a lock; ends with the statement",
    ("preparing.py", "find"): "one question for a batch of mails, each of which awaits it",
    ("probes.py", "_first_answer"): "one call each, cancelled and awaited within the time limit",
    ("publisher.py", "_discard"): "closes one channel, within bounds",
    ("in_flight.py", "_stop"): "gives leases back when the job ends; awaited within bounds",
    ("in_flight.py", "work_through"): "one calendar or event each; cancelled when the job ends",
    (
        "readiness_polls.py",
        "poll",
    ): "one question each, awaited within the time limit",
    ("recheck.py", "__call__"): "one calendar each, awaited within the budget",
    ("relay.py", "_start"): "one batch of a lane; its lease ends when it fails",
    ("resolver.py", "_ask"): "one question each, awaited within bounds",
    ("resolver.py", "_look_up"): "one family of addresses each, awaited within bounds",
    ("run.py", "obey"): "the second signal's hurry",
    ("run.py", "run"): "awaited; the process ends with it",
    ("spare.py", "_starting"): "starts one child; awaited by who takes it, or at the end",
    ("supervised_connection.py", "_watch"): "one ping, awaited",
    ("supervision.py", "_start_task"): "the supervisor",
}
"""The only other places that create tasks, and why that is safe."""


def service_of(name: str) -> Service[Any]:
    found: Service[Any] = importlib.import_module(f"linktime_{name}.app").SERVICE
    return found


def creators(tree: ast.AST) -> Iterator[str]:
    """Yield the functions of a module that create tasks."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and _name_of(call.func) in CREATORS:
                    yield function.name


def _name_of(called: ast.expr) -> str | None:
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else None


def test_only_the_supervisor_creates_long_lived_tasks() -> None:
    """Each other place needs a reason here why its task may end unnoticed."""
    sources = [
        path
        for folder in ("libs", "services")
        for path in (ROOT / folder).glob("*/src/**/*.py")
        if "testing" not in path.parts
    ]
    found = {
        (path.name, name) for path in sources for name in creators(ast.parse(path.read_text()))
    }
    assert found == set(SHORT_TASKS)


class Harm(BaseException):
    """Not caught by `except Exception` in a loop."""


def cancel(task: "asyncio.Task[None]") -> bool:
    return task.cancel()


def fail(task: "asyncio.Task[None]") -> bool:
    """Make the awaited future raise; False while that is asyncio's own event or sleep."""
    coroutine: Any = task.get_coro()
    while inspect.iscoroutine(coroutine.cr_await):
        coroutine = coroutine.cr_await
    waited_for = task._fut_waiter  # type: ignore[attr-defined]
    is_of_asyncio = Path(coroutine.cr_code.co_filename).parent.name == "asyncio"
    if not is_of_asyncio or waited_for is None or waited_for.done():
        return False
    waited_for.set_exception(Harm())
    return True


@pytest.mark.parametrize("role", [ProcessRole.ALL, ProcessRole.SERVE])
@pytest.mark.parametrize("name", SERVICES)
async def test_each_supervised_task_comes_back(
    stack: Stack, name: str, role: ProcessRole, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cancelled or failed, one after another, under a service that is ready afterwards."""
    monkeypatch.setattr(supervision, "LONGEST_PAUSE_SECONDS", 0.05)
    for key, value in stack._processes.of(name)[0].environment.items():
        monkeypatch.setenv(key, value)
    others = set(supervision.running)

    def now() -> list[SupervisedTask]:
        """Return the running tasks of the service, without those that wait for a restart."""
        ours = supervision.running - others
        return [one for one in ours if one.task is not None and not one.task.done()]

    async with running(service_of(name), role) as service:
        await eventually(lambda: _is_ready(service), within=30)
        names = Counter(one.name for one in now())
        assert names["readiness"] == 1
        publishes = any(event.publisher == name for event in EVENTS)
        consumes = any(name in event.consumers for event in EVENTS)
        assert names["broker publish"] == (consumes or (publishes and role is ProcessRole.ALL))
        assert names["event relay"] == (publishes and role is ProcessRole.ALL)
        assert names["notifier"] == (publishes and role is ProcessRole.SERVE)
        for kind in sorted(names):
            for harm in (cancel, fail):
                task = next(one.task for one in now() if one.name == kind)
                await _suffers(task, harm)
                await eventually(
                    lambda: Counter(one.name for one in now()) == names,
                    within=30,
                    what=f"{kind} after {harm.__name__}",
                )
        await eventually(lambda: _is_ready(service), within=30)
    assert supervision.running == others


async def _suffers(
    task: "asyncio.Task[None] | None", harm: Callable[["asyncio.Task[None]"], bool]
) -> None:
    assert task is not None
    await eventually(lambda: harm(task), every=0.001, what=f"{task.get_name()} to harm")
    await asyncio.wait({task}, timeout=30)
    assert task.done()


async def _is_ready(service: Running) -> bool:
    async with service.session.get(f"{service.internal_url}/readyz") as response:
        return response.status == 200
