"""Unpacking Debian packages without root."""

import asyncio
import os
import subprocess
from pathlib import Path

import pytest

from linktime_common.process_table import command_line, descendants
from linktime_local.servers import debian
from linktime_local.servers.errors import ServerUnavailable

# Small and unlikely to be installed.
PACKAGE = "hello"

pytestmark = pytest.mark.skipif(not debian.is_possible(), reason="apt-get is Debian's")


async def test_concurrent_calls_download_once(tmp_path: Path) -> None:
    """Concurrent calls share one download, and later calls download nothing."""
    lines: list[str] = []

    async def unpack() -> Path:
        return await debian.unpacked(PACKAGE, own=(PACKAGE,), cache=tmp_path, progress=lines.append)

    roots = await asyncio.gather(unpack(), unpack())
    assert roots[0] == roots[1] == await unpack()
    assert len([line for line in lines if line.startswith("Downloading")]) == 1
    assert "MB) …" in " ".join(lines)
    assert subprocess.check_output([roots[0] / "usr/bin/hello"], text=True) == "Hello, world!\n"


async def test_without_package_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists are fetched into the scratch folder; the system's are not changed."""
    empty = tmp_path / "no-lists"
    empty.mkdir()
    tmp_path.joinpath("apt.conf").write_text(
        f'Dir::State::lists "{empty}";\nDir::Cache::pkgcache "";\nDir::Cache::srcpkgcache "";\n'
    )
    monkeypatch.setenv("APT_CONFIG", str(tmp_path / "apt.conf"))
    lines: list[str] = []
    root = await debian.unpacked(
        PACKAGE, own=(PACKAGE,), cache=tmp_path / "cache", progress=lines.append
    )
    assert (root / "usr/bin/hello").exists()
    assert lines[0] == "Fetching the package lists …"
    assert [path.name for path in tmp_path.joinpath("cache").iterdir() if path.is_dir()] == [
        PACKAGE
    ]


async def test_unknown_package(tmp_path: Path) -> None:
    """The error has apt's message, and no incomplete folder is left."""
    with pytest.raises(ServerUnavailable, match="no-such-thing could not be downloaded with apt"):
        await debian.unpacked("no-such-thing", own=(), cache=tmp_path, progress=print)
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == []


async def test_cancelling_ends_the_download(tmp_path: Path) -> None:
    """As Ctrl-C during the first start: no program and no incomplete folder is left."""
    downloading = asyncio.Event()

    def note(line: str) -> None:
        if line.startswith("Downloading"):
            downloading.set()

    start = asyncio.create_task(
        debian.unpacked(PACKAGE, own=(PACKAGE,), cache=tmp_path, progress=note)
    )
    await downloading.wait()
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start
    left = [command_line(pid) or "" for pid in descendants(os.getpid())]
    assert [line for line in left if "apt-get" in line] == []
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == []
