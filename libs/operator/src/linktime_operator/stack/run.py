"""`linktime run`: the stack in the foreground, until Ctrl-C."""

import asyncio
import signal
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from linktime_operator.output import lines
from linktime_operator.stack import progress
from linktime_operator.stack.services import WEBHOOKS_FOR_DEVELOPMENT, variables
from linktime_operator.stack.settings import StackSettings
from linktime_operator.stack.stack import Stack
from linktime_operator.stack_file import NAME, Demo, StackFile
from linktime_operator.tables import aligned

FALSE = frozenset({"0", "off", "f", "false", "n", "no"})
"""The false values of a boolean setting."""

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def run(state: Path, settings: StackSettings, *, as_json: bool) -> None:
    """Start everything, print addresses, and stop on a signal; a second signal kills.

    With `as_json` progress goes to standard error, and stack.json to standard output once
    everything is ready. Raises StackError when it cannot start.
    """
    console = Console(stderr=as_json)
    shown = progress.on(console)
    stack = Stack(state, settings, progress=shown)
    foreground = asyncio.create_task(_in_foreground(stack, console, as_json=as_json))
    signals = Signals(stack, foreground, shown)
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, signals.obey)
    try:
        await foreground
    except asyncio.CancelledError:
        shown.say("Stopped; the data is kept for the next start.")
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)


class Signals:
    """The first signal stops, every further one kills."""

    def __init__(
        self, stack: Stack, foreground: "asyncio.Task[None]", shown: progress.Progress
    ) -> None:
        self._stack = stack
        self._foreground = foreground
        self._shown = shown
        self._stopping = False
        self._hurrying: asyncio.Task[None] | None = None

    def obey(self) -> None:
        """Handle a signal."""
        if not self._stopping:
            self._stopping = True
            self._shown.say("Stopping; once more hurries.")
            self._foreground.cancel()
        elif self._hurrying is None or self._hurrying.done():
            self._hurrying = asyncio.create_task(self._stack.hurry())


async def _in_foreground(stack: Stack, console: Console, *, as_json: bool) -> None:
    _print(console, f"Starting LinkTime in {stack.state}")
    async with stack:
        if as_json:
            print(stack.file.model_dump_json(), flush=True)
        _show(stack, console)
        await asyncio.Event().wait()


def _show(stack: Stack, console: Console) -> None:
    running, state = stack.file, stack.state
    rows = [("LinkTime", running.public_url), ("API reference", f"{running.gateway}/docs")]
    if running.demo:
        rows += demo_rows(running.demo, running.public_url)
    rows += [
        ("PostgreSQL", f"{running.postgres.host}:{running.postgres.port}"),
        ("RabbitMQ", running.rabbitmq.url.rpartition("@")[2].strip("/")),
        *_small_servers(running),
        ("webhooks", webhooks_go(stack.webhook_settings)),
        ("everything else", str(state / NAME)),
        ("logs", str(state / "logs")),
    ]
    _print(console, "\n" + aligned(rows))
    if running.demo and running.demo.api_key:
        _print(
            console,
            f'\nTry it:\n  curl -H "Authorization: Bearer {running.demo.api_key}" '
            f"{running.gateway}/api/v1/event-types",
        )
    _print(console, "\nCtrl-C stops everything and keeps the data.")


def demo_rows(demo: Demo, public_url: str) -> list[tuple[str, str]]:
    """Name the demo host, its booking page, and its API key if there is one."""
    password = f"  password {demo.password}" if demo.password else ""
    # Without event types the host's own page says that nothing can be booked.
    path = "/".join([demo.username, *(one.slug for one in demo.event_types[:1])])
    rows = [
        ("demo host", f"{demo.email}{password}"),
        ("demo booking page", f"{public_url}/{path}"),
    ]
    if demo.api_key:
        rows.append(("demo API key", demo.api_key))
    return rows


def _small_servers(running: StackFile) -> list[tuple[str, str]]:
    rows = [("mail", running.mail.inbox if running.mail else "goes to BOOKINGS_SMTP_HOST")]
    if running.calendar:
        account = running.calendar
        rows.append(
            ("calendar", f"{account.url}  user {account.user}  password {account.password}")
        )
    return rows


def webhooks_go(settings: Mapping[str, str]) -> str:
    """Describe where webhooks may go with these settings."""
    if settings == variables("webhooks", WEBHOOKS_FOR_DEVELOPMENT):
        return "MAY go to plain http and to this machine: for development only"
    if settings.get("WEBHOOKS_ALLOW_HTTP", "false").lower() in FALSE and (
        settings.get("WEBHOOKS_ALLOWED_NETWORKS", "[]").replace(" ", "") == "[]"
    ):
        return "go to public https addresses only"
    return ", ".join(f"{name}={value}" for name, value in settings.items())


def _print(console: Console, text: str) -> None:
    console.print(lines(text), highlight=False, markup=False, soft_wrap=True)
