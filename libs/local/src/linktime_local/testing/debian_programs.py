"""Programs that tests run: installed, or unpacked from Debian's packages."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from linktime_local.servers import debian
from linktime_local.servers.rabbitmq_binaries import cache_folder

# Debian installs servers in a folder that is only in root's PATH.
FOLDERS = ("usr/bin", "usr/sbin")


@dataclass(frozen=True)
class FoundProgram:
    """`packages` is the folder with the unpacked packages; None if it is installed."""

    path: Path
    packages: Path | None = None


async def program(name: str, *, package: str) -> FoundProgram:
    """Find a program; raises ServerUnavailable if its package cannot be had.

    Skips the test on systems without Debian's packages, if it is not installed.
    """
    installed = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if installed:
        return FoundProgram(Path(installed))
    cache = cache_folder()
    if cache is None or not debian.is_possible():
        pytest.skip(f"neither {name} nor Debian's package tools are installed")
    root = await debian.unpacked(package, own=(package,), cache=cache, progress=print)
    path = next(path for folder in FOLDERS if (path := root / folder / name).exists())
    return FoundProgram(path, root)
