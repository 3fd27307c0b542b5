"""Which of the two servers a stack starts, by its settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from linktime_operator.errors import StackError
from linktime_operator.stack.ports import Ports
from linktime_operator.stack.progress import Silent
from linktime_operator.stack.settings import StackSettings
from linktime_operator.stack.small_servers import SmallServers


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the settings that decide it."""
    for name in ("HOST", "PORT", "USER", "PASSWORD", "SECURITY"):
        monkeypatch.delenv(f"BOOKINGS_SMTP_{name}", raising=False)
    monkeypatch.delenv("LINKTIME_CALENDAR", raising=False)


def made(folder: Path, bookings: dict[str, str] | None = None) -> SmallServers:
    """Return the servers of a stack with the settings of the environment."""
    ports = Ports(folder / "ports.json", lambda _line: None)
    return SmallServers(folder, StackSettings(), ports, bookings or {})


@asynccontextmanager
async def started(servers: SmallServers) -> AsyncIterator[Silent]:
    """Run them during the block."""
    servers.prepare()
    progress = Silent()
    try:
        await servers.start(progress)
        yield progress
    finally:
        await servers.stop()


async def test_both_run_by_default(tmp_path: Path) -> None:
    """With what stack.json and bookings need; after the stop nothing answers."""
    servers = made(tmp_path)
    async with started(servers) as progress:
        assert sorted(progress.lines) == ["Calendar server", "Mail sink"]
        mail, calendar = servers.mail, servers.calendar
        assert mail is not None
        assert calendar is not None
        port = servers.bookings_settings["SMTP_PORT"]
        assert mail.smtp == f"smtp://127.0.0.1:{port}"
        assert servers.bookings_settings["SMTP_HOST"] == "127.0.0.1"
        assert len(set(servers.ports)) == 3
        assert calendar.url.endswith("/demo/meetings/")
    async with aiohttp.ClientSession() as session:
        for url in (mail.inbox, calendar.url):
            with pytest.raises(aiohttp.ClientConnectionError):
                await session.get(url)


@pytest.mark.parametrize("value", ["off", "false", "0", "no"])
async def test_the_calendar_can_be_off(
    value: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Then it has no folder and no entry."""
    monkeypatch.setenv("LINKTIME_CALENDAR", value)
    servers = made(tmp_path)
    servers.prepare()
    assert list(servers.units) == ["mail"]
    assert servers.calendar is None
    assert not (tmp_path / "calendar").exists()


@pytest.mark.parametrize("in_environment", [True, False])
async def test_with_a_real_smtp_server_there_is_no_sink(
    in_environment: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Named in the environment, or by a test; bookings' settings stay as they are."""
    given = {"BOOKINGS_SMTP_HOST": "mail.example.com", "BOOKINGS_SMTP_PORT": "587"}
    if in_environment:
        for name, value in given.items():
            monkeypatch.setenv(name, value)
    servers = made(tmp_path, {} if in_environment else given)
    servers.prepare()
    assert list(servers.units) == ["calendar"]
    assert servers.mail is None
    assert servers.bookings_settings == {}
    assert not (tmp_path / "mail").exists()


async def test_smtp_settings_without_a_host_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """They would have no effect, or the wrong one."""
    monkeypatch.setenv("BOOKINGS_SMTP_PORT", "587")
    servers = made(tmp_path)
    with pytest.raises(StackError, match=r"^BOOKINGS_SMTP_PORT is set without BOOKINGS_SMTP_HOST"):
        servers.prepare()
