"""Progress of the stack: live lines on a terminal, plain ones elsewhere."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress as Bars
from rich.progress import SpinnerColumn, TaskID, TextColumn

from linktime_operator.output import lines


class Step(Protocol):
    """A running step."""

    def note(self, line: str) -> None:
        """Show the current action."""


class Progress(Protocol):
    """Progress of the stack; steps may overlap."""

    def step(self, title: str) -> AbstractContextManager[Step]:
        """A step that ends with the block."""

    def say(self, line: str) -> None:
        """Show one line."""


class Silent:
    """Shows nothing, but keeps the lines for tests."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        self.lines.append(title)
        yield self

    def note(self, line: str) -> None:
        self.lines.append(line)

    def say(self, line: str) -> None:
        self.lines.append(line)


class Plain:
    """Lines for a log file or a pipe: one for each ended step and each note."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        began = time.monotonic()
        yield self
        self.say(f"  {title}  {time.monotonic() - began:.1f} s")

    def note(self, line: str) -> None:
        self.say(f"    {line}")

    def say(self, line: str) -> None:
        self._console.print(lines(line), markup=False, highlight=False, soft_wrap=True)


class Live:
    """A spinner for each running step, its duration when done."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars: Bars | None = None
        self._open = 0

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        began = time.monotonic()
        bars = self._show()
        task = bars.add_task(title, total=None, doing="…")
        try:
            yield _Noted(bars, task)
            took = f"{time.monotonic() - began:.1f} s"
            bars.remove_task(task)
            self._console.print(f"  [green]✓[/] {title}  [dim]{took}[/]", highlight=False)
        finally:
            self._hide()

    def say(self, line: str) -> None:
        self._console.print(lines(line), markup=False, highlight=False, soft_wrap=True)

    def _show(self) -> Bars:
        self._open += 1
        if self._bars is None:
            columns = (
                SpinnerColumn(),
                TextColumn("{task.description}"),
                TextColumn("[dim]{task.fields[doing]}"),
            )
            self._bars = Bars(*columns, console=self._console, transient=True)
            self._bars.start()
        return self._bars

    def _hide(self) -> None:
        self._open -= 1
        if self._open == 0 and self._bars is not None:
            self._bars.stop()
            self._bars = None


class _Noted:
    def __init__(self, bars: Bars, task: TaskID) -> None:
        self._bars = bars
        self._task = task

    def note(self, line: str) -> None:
        self._bars.update(self._task, doing=escape(lines(line)))


def on(console: Console) -> Progress:
    """Return the progress display for this console."""
    return Live(console) if console.is_terminal else Plain(console)
