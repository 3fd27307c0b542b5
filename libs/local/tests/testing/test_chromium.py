"""Chromium for tests of pages, on a machine without it or with a whole browser only."""

import sysconfig
from pathlib import Path

import pytest

from linktime_local.servers import debian
from linktime_local.servers.errors import ServerUnavailable
from linktime_local.testing import chromium


def put_in_cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the unpacked tree of a cache in this folder."""
    unpacked = folder / "linktime" / chromium.SHELL
    unpacked.mkdir(parents=True)
    (unpacked / debian.COMPLETE).touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return unpacked


def install(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a program that is found in PATH, alone."""
    program = folder / name
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(debian, "is_possible", lambda: True)
    return program


async def test_an_unpacked_one_finds_the_libraries_of_pulseaudio(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """libpulse names their folder by its absolute path, where nothing is installed."""
    unpacked = put_in_cache(tmp_path, monkeypatch)
    monkeypatch.delenv("LD_LIBRARY_PATH", raising=False)
    found = await chromium.find(tmp_path, programs=())
    folders = found.environment["LD_LIBRARY_PATH"].split(":")
    triplet = sysconfig.get_config_var("MULTIARCH")
    assert folders[-1] == str(unpacked / "usr/lib" / triplet / "pulseaudio")
    assert found.program == unpacked / "usr/lib/chromium" / chromium.SHELL


async def test_a_machine_without_package_tools(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without Debian's package tools, the error says how to install it."""
    monkeypatch.setattr(debian, "is_possible", lambda: False)
    with pytest.raises(ServerUnavailable, match="sudo apt-get install chromium"):
        await chromium.find(tmp_path, programs=())


async def test_an_installed_shell_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = install(tmp_path, chromium.SHELL, monkeypatch)
    assert (await chromium.find(tmp_path)).program == program


async def test_a_whole_browser_of_debian_is_replaced_by_the_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which opens pages in a fifth of the time."""
    monkeypatch.setattr(chromium, "OF_DEBIAN", install(tmp_path, "chromium", monkeypatch))
    unpacked = put_in_cache(tmp_path, monkeypatch)
    found = await chromium.find(tmp_path)
    assert found.program == unpacked / "usr/lib/chromium" / chromium.SHELL


async def test_a_whole_browser_is_used_if_packages_are_out_of_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = install(tmp_path, "chromium", monkeypatch)
    install(tmp_path, "apt-get", monkeypatch).write_text("#!/bin/sh\nexit 100\n")
    monkeypatch.setattr(chromium, "OF_DEBIAN", program)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert (await chromium.find(tmp_path)).program == program


async def test_a_browser_of_another_maker_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = install(tmp_path, "google-chrome", monkeypatch)
    monkeypatch.setattr(chromium, "OF_DEBIAN", tmp_path / "missing")
    assert (await chromium.find(tmp_path)).program == program
