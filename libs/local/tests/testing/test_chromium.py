"""Chromium for tests of pages, on a machine without it."""

import sysconfig
from pathlib import Path

import pytest

from linktime_local.servers import debian
from linktime_local.servers.errors import ServerUnavailable
from linktime_local.testing import chromium


async def test_an_unpacked_one_finds_the_libraries_of_pulseaudio(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """libpulse names their folder by its absolute path, where nothing is installed."""
    unpacked = tmp_path / "linktime" / "chromium"
    unpacked.mkdir(parents=True)
    (unpacked / debian.COMPLETE).touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("LD_LIBRARY_PATH", raising=False)
    found = await chromium.find(tmp_path, programs=())
    folders = found.environment["LD_LIBRARY_PATH"].split(":")
    triplet = sysconfig.get_config_var("MULTIARCH")
    assert folders[-1] == str(unpacked / "usr/lib" / triplet / "pulseaudio")
    assert found.program == unpacked / "usr/lib/chromium/chromium"


async def test_a_machine_without_package_tools(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without Debian's package tools, the error says how to install it."""
    monkeypatch.setattr(debian, "is_possible", lambda: False)
    with pytest.raises(ServerUnavailable, match="sudo apt-get install chromium"):
        await chromium.find(tmp_path, programs=())
