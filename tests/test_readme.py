"""The README's commands work."""

import asyncio
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from linktime_local.servers.ports import free_port
from linktime_local.servers.processes import ChildProcess
from linktime_local.testing.waiting import eventually
from linktime_operator.stack.stack import Stack
from tests.hosts import Host

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
DAYS = {"monday", "tuesday", "wednesday", "thursday", "friday"}


def blocks(heading: str) -> list[str]:
    """Return the shell blocks of a section."""
    section = README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```", section, flags=re.DOTALL)


def script(*parts: str) -> str:
    """Return the lines as a script; each response of the API ends a line."""
    return "set -e\n" + "".join(parts).replace("curl ", "curl -w '\\n' ")


async def run(text: str, cwd: Path, env: Mapping[str, str] | None = None) -> list[str]:
    """Return the output of a shell for these lines."""
    shell = await asyncio.create_subprocess_exec(
        *("bash", "-c", text),
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, errors = await asyncio.wait_for(shell.communicate(), timeout=60)
    assert shell.returncode == 0, (said, errors)
    return said.decode().splitlines()


@pytest.fixture
def checkout(stack: Stack, tmp_path: Path) -> Path:
    """Return a folder that looks like the one where `make run` was typed."""
    assert shutil.which("curl"), "curl is missing: sudo apt-get install curl"
    (tmp_path / ".run").symlink_to(stack.state)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "linktime").symlink_to(Path(sys.executable).with_name("linktime"))
    return tmp_path


@asynccontextmanager
async def running(text: str, cwd: Path) -> AsyncIterator[ChildProcess]:
    """Run a command in another process, ended afterwards."""
    child = ChildProcess.start(
        ["bash", "-c", text], env=os.environ, log=cwd / "terminal.log", cwd=cwd
    )
    try:
        yield child
    finally:
        await child.stop(within=10)


async def test_the_first_minute(checkout: Path) -> None:
    """A free slot, a subscription, a booking; then its contact, itself, and two deliveries."""
    where, look, subscribe, book, check = blocks("The first minute")
    types, slots = (await run(script(where, look), checkout))[-2:]
    assert '"slug":"intro"' in types
    assert '"startTime":"' in slots
    port = str(free_port())
    listen = subscribe.replace("9000", port)
    async with running(script(where, listen), checkout) as terminal:
        await eventually(lambda: "Listening" in terminal.log_tail(), within=30)
        booked = (await run(script(where, book), checkout))[-1]
        assert '"bookingId":"' in booked
        await eventually(
            lambda: terminal.log_tail(200).splitlines().count("verified, answered 204") == 2,
            within=30,
            what="two deliveries",
        )
        assert '"type": "booking.created"' in terminal.log_tail(200)
        contacts, bookings = (await run(script(where, check), checkout))[-2:]
    assert "zoe@example.com" in contacts
    assert booked.split('"')[3] in bookings


async def test_small_servers(checkout: Path) -> None:
    """The list of messages; the booking in the demo host's calendar; an event takes a slot away."""
    where, _look, _subscribe, book, _check = blocks("The first minute")
    mails, look, event, explain = blocks("Mail and calendar")
    await run(script(where, book), checkout)
    assert await run(script(mails), checkout)

    async def is_written() -> bool:
        with suppress(AssertionError):  # grep finds nothing yet
            return any("Zoë" in line for line in await run(script(look), checkout))
        return False

    await eventually(is_written, within=30, every=0.5, what="the booking in the calendar")
    *said, start = await run(script(where, look, event, 'echo "$START"\n'), checkout)
    assert any(line.split() == ["state", "CONNECTED"] for line in said), said

    async def is_busy() -> bool:
        lines = await run(script(explain), checkout, {"START": start})
        return "calendar_busy" in lines[-1].split()

    await eventually(is_busy, within=30, every=0.5, what="the event in explain")


async def test_the_api_in_five_lines(host: Host, tmp_path: Path) -> None:
    """Unchanged: a profile, the new booking, and its cancellation."""
    await host.add_event_type(slug="intro")
    (lines,) = blocks("The API in five lines")
    assert len(re.findall(r"\bcurl\b", lines)) == 5
    where = {"API": host.stack.file.gateway.rstrip("/") + "/api/v1", "KEY": host.key}
    profile, booking, cancelled = await run(script(lines), tmp_path, where)
    assert f'"email":"{host.email}"' in profile
    assert '"status":"CONFIRMED"' in booking
    assert '"inviteeName":"Max"' in booking
    assert cancelled == '{"success":true}'
    (kept,) = (await host.call("GET", "/api/v1/bookings?status=cancelled")).body["data"]
    assert kept["id"] in booking


async def test_the_examples_of_the_command(checkout: Path) -> None:
    """An event type is created, and the new schedule leaves no working day empty."""
    where = blocks("The first minute")[0]
    made, week, read = blocks("The `linktime` command")
    assert "lunch" in "\n".join(await run(script(made), checkout))
    await run(script(week), checkout)
    detail = (await run(script(where, read), checkout))[-1]
    for day in DAYS:
        assert f'"{day}":[["09:00","12:30"],["13:30","17:00"]]' in detail
