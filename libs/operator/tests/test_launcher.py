"""`linktime run` as a process: what it starts, prints, keeps and cleans up."""

import asyncio
import os
import signal
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import asyncpg
import pytest
from libs.operator.tests.launched import Launcher, all_gone, run_linktime

from linktime_common.process import DRAIN_SECONDS
from linktime_common.process_table import command_line
from linktime_local.servers.ports import LOOPBACK
from linktime_local.testing.waiting import eventually
from linktime_operator.stack.services import SERVICES


async def event_types(running: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the demo host's event types through the gateway."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(
            f"{running['gateway']}/api/v1/event-types",
            headers={"Authorization": f"Bearer {running['demo']['apiKey']}"},
        ) as response,
    ):
        assert response.status == 200
        return list((await response.json())["data"])


async def readiness(running: dict[str, Any], service: str) -> int:
    async with aiohttp.ClientSession() as session:
        try:
            url = f"{running['services'][service]['internalUrl']}/readyz"
            async with session.get(url) as response:
                return response.status
        except aiohttp.ClientError:
            return 0


async def test_stack_json_is_complete(launcher: Launcher, running: dict[str, Any]) -> None:
    """stack.json has every address and process, is private, and is correct."""
    assert stat.S_IMODE((launcher.state / "stack.json").stat().st_mode) == 0o600
    assert set(running["services"]) == set(SERVICES)
    for service, where in running["services"].items():
        assert await readiness(running, service) == 200
        for pid in where["pids"]:
            assert f"linktime_{service}" in (command_line(pid) or "")
        dsn = running["postgres"]["databases"][service]["dsn"]
        connection = await asyncpg.connect(dsn)
        try:
            assert await connection.fetchval("SELECT count(*) FROM schema_migrations") > 0
        finally:
            await connection.close()
    assert "postgres" in (command_line(running["postgres"]["pid"]) or "")
    assert "beam" in (command_line(running["rabbitmq"]["pid"]) or "")
    assert "mail_sink" in (command_line(running["mail"]["pid"]) or "")
    assert "radicale" in (command_line(running["calendar"]["pid"]) or "")
    assert set(running["operator"]["keys"]) == set(SERVICES)


def open_to_others(state: Path) -> None:
    """Change modes of logs, data, ports and secrets, as an earlier version may have left them."""
    names = ("logs/bookings.log", "postgresql/initdb.log", "rabbitmq/console.log", "ports.json")
    for name in names:
        (state / name).chmod(0o666)
    for name in ("logs", "secrets", "rabbitmq", "mail", "calendar"):
        (state / name).chmod(0o777)


def readable_by_others(folder: Path) -> list[tuple[str, str]]:
    """Return files that group or others may read or write, with their mode."""
    modes = {path: path.lstat().st_mode for path in folder.rglob("*") if not path.is_symlink()}
    return [(str(path), stat.filemode(mode)) for path, mode in modes.items() if mode & 0o066]


async def test_the_state_folder_is_its_owners_only(
    launcher: Launcher, running: dict[str, Any]
) -> None:
    """Under any umask."""
    assert "services" in running
    assert readable_by_others(launcher.state) == []


async def test_the_demo_host_can_begin_at_once(running: dict[str, Any], launcher: Launcher) -> None:
    """The printed key lists the event types of stack.json, and the printed command works."""
    listed = await event_types(running)
    assert running["demo"]["eventTypes"] == [
        {"id": one["id"], "slug": one["slug"]} for one in listed
    ]
    assert [one["slug"] for one in listed] == ["intro", "deep-dive"]
    assert running["demo"]["email"] == "demo@example.com"
    key = running["demo"]["apiKey"]
    line = f'curl -H "Authorization: Bearer {key}" {running["gateway"]}/api/v1/event-types'
    assert line in launcher.shown


async def test_bookings_sends_to_the_mail_sink(launcher: Launcher, running: dict[str, Any]) -> None:
    """Its address is in the settings of bookings, in stack.json and in the table."""
    raw = Path(f"/proc/{running['services']['bookings']['pids'][0]}/environ").read_bytes().decode()
    variables = dict(line.split("=", 1) for line in raw.split("\0") if line)
    assert running["mail"]["smtp"] == (
        f"smtp://{variables['BOOKINGS_SMTP_HOST']}:{variables['BOOKINGS_SMTP_PORT']}"
    )
    assert variables["BOOKINGS_SMTP_SECURITY"] == "none"
    assert running["mail"]["inbox"] in launcher.shown


async def test_the_calendar_of_stack_json_can_be_used(
    launcher: Launcher, running: dict[str, Any]
) -> None:
    """With the user and the password beside it; it is in the table."""
    calendar = running["calendar"]
    login = aiohttp.encode_basic_auth(calendar["user"], calendar["password"])
    headers = {"Authorization": login, "Depth": "0"}
    async with (
        aiohttp.ClientSession() as session,
        session.request("PROPFIND", calendar["url"], headers=headers) as response,
    ):
        assert response.status == 207
    assert calendar["url"] in launcher.shown


@pytest.mark.soak
async def test_it_starts_without_a_demo_key(launcher: Launcher, running: dict[str, Any]) -> None:
    """On a plan without keys: a warning, no key in the table and no command to try."""
    assert running["demo"]["apiKey"]
    plan = ("user", "set-plan", "--user", "demo@example.com", "--plan")
    assert (await launcher.command(*plan, "FREE")).status == 0
    await launcher.end()
    try:
        assert (await launcher.ensure_running())["demo"]["apiKey"] is None
        assert "Warning: The demo API key could not be created: " in launcher.shown
        assert "demo host" in launcher.shown
        assert "lt_live_" not in launcher.shown
        assert "Try it" not in launcher.shown
    finally:
        assert (await launcher.command(*plan, "BUSINESS")).status == 0
        await launcher.end()


async def test_each_service_speaks_to_the_broker_as_itself(
    launcher: Launcher, running: dict[str, Any]
) -> None:
    """No service has the password of the administrator or of another service."""
    seen = set()
    for service, where in running["services"].items():
        raw = Path(f"/proc/{where['pids'][0]}/environ").read_bytes().decode()
        variables = dict(line.split("=", 1) for line in raw.split("\0") if line)
        url = variables[f"{service.upper()}_BROKER_URL"]
        assert url.startswith(f"amqp://{service}:")
        seen.add(url)
        assert not [name for name in variables if name.startswith("LINKTIME_")]
    assert len(seen) == len(SERVICES)
    assert running["rabbitmq"]["url"] not in seen


async def test_a_second_run_on_the_same_folder_is_refused(
    launcher: Launcher, running: dict[str, Any]
) -> None:
    """It names the address, exits with status 1, and changes nothing."""
    second = await run_linktime("run", env=launcher.env)
    assert second.status == 1
    assert "already running" in second.error
    assert running["gateway"] in second.error
    assert launcher.file == running


async def test_a_killed_service_and_a_killed_server_come_back(
    launcher: Launcher, running: dict[str, Any]
) -> None:
    """With new process ids, which are then in stack.json, at the same addresses."""
    killed = [running["services"]["bookings"]["pids"][0]]
    killed += [running[server]["pid"] for server in ("rabbitmq", "mail", "calendar")]
    for pid in killed:
        os.kill(pid, signal.SIGKILL)

    def replaced() -> bool:
        now = launcher.file
        alive = [*now["services"]["bookings"]["pids"]]
        alive += [now[server]["pid"] for server in ("rabbitmq", "mail", "calendar")]
        return not set(alive) & set(killed) and all(command_line(pid) for pid in alive)

    await eventually(replaced, within=60, every=0.1)
    now = launcher.file
    assert now["services"]["bookings"]["url"] == running["services"]["bookings"]["url"]
    for server in ("rabbitmq", "mail", "calendar"):
        assert now[server] == {**running[server], "pid": now[server]["pid"]}
    for service in SERVICES:

        async def ready(service: str = service) -> bool:
            return await readiness(now, service) == 200

        await eventually(ready, within=60, every=0.1, what=f"{service} is ready again")
    assert "bookings was ended by SIGKILL; starting it again." in launcher.shown


@contextmanager
def taken(port: int | None) -> Iterator[None]:
    """Listen at the port, as another program would."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((LOOPBACK, port))
        other.listen()
        yield


async def test_ctrl_c_stops_everything_and_the_next_start_keeps_the_data(
    launcher: Launcher, running: dict[str, Any]
) -> None:
    """No process or stale file is left; host, key and event types are the same."""
    made = await launcher.command(
        "user", "create", "--email", "kept@example.com", "--name", "Kept", "--json"
    )
    assert made.status == 0, made.error
    family = launcher.family()
    assert len(family) > len(SERVICES)
    assert await launcher.end(signal.SIGINT) == 0
    await all_gone(family, within=1)
    assert not (launcher.state / "stack.json").exists()

    calendar_port = urlsplit(running["calendar"]["url"]).port
    with taken(launcher.port), taken(calendar_port):
        again = await launcher.ensure_running()
    assert f"Port {launcher.port} for gateway is taken" in launcher.shown
    assert again["calendar"]["url"] != running["calendar"]["url"]
    assert "could not be created" not in launcher.shown
    accounts = await launcher.command(
        "calendar", "list", "--user", again["demo"]["email"], "--json"
    )
    assert [one["lastError"] for one in accounts.json] == [None]
    assert again["gateway"] != running["gateway"]
    assert again["demo"] == running["demo"]
    assert [one["slug"] for one in await event_types(again)] == ["intro", "deep-dive"]
    users = await launcher.command("user", "list", "--json")
    assert "kept@example.com" in [one["email"] for one in users.json]


async def test_a_killed_launcher_leaves_no_process_and_the_next_start_recovers(
    launcher: Launcher, running: dict[str, Any]
) -> None:
    """After SIGKILL all processes end, and no data is lost.

    The next start also makes the state folder its owner's only again.
    """
    family = launcher.family()
    launcher.send(signal.SIGKILL)
    await all_gone(family)
    lost = await launcher.command("user", "list", "--json")
    assert "No running LinkTime was found" in lost.refusal["error"]
    open_to_others(launcher.state)
    again = await launcher.ensure_running()
    assert again["demo"] == running["demo"]
    assert (await event_types(again))[0]["slug"] == "intro"
    assert readable_by_others(launcher.state) == []
    assert (launcher.state / "secrets").stat().st_mode & 0o777 == 0o700
    assert (launcher.state / "logs/bookings.log.1").stat().st_mode & 0o777 == 0o600


async def test_a_second_signal_hurries(launcher: Launcher, running: dict[str, Any]) -> None:
    """A caller with an unfinished request does not delay the stop."""
    family = launcher.family()
    where = urlsplit(running["gateway"])
    _reader, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(
        b"POST /api/v1/bookings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Authorization: Bearer " + running["demo"]["apiKey"].encode() + b"\r\n"
        b"Content-Length: 100\r\n\r\n{"
    )
    await writer.drain()
    launcher.send(signal.SIGINT)
    await eventually(lambda: "Stopping" in launcher.shown, within=5)
    began = time.monotonic()
    assert await launcher.end(signal.SIGINT) == 0
    assert time.monotonic() - began < DRAIN_SECONDS / 2
    await all_gone(family, within=1)
    writer.close()


async def test_a_stop_in_the_middle_of_the_start_leaves_no_process(launcher: Launcher) -> None:
    """SIGTERM, as from a service manager, while servers and migrations are running."""
    await launcher.end()
    launcher.begin()
    await eventually(lambda: "PostgreSQL" in launcher.shown, within=60)
    family = launcher.family()
    assert await launcher.end(signal.SIGTERM) == 0
    await all_gone(family, within=1)
    assert not (launcher.state / "stack.json").exists()
