"""Prometheus and promtool: installed, or unpacked from Debian's package."""

import shutil
from pathlib import Path

import pytest

from linktime_local.servers import debian
from linktime_local.servers.rabbitmq_binaries import cache_folder


async def programs() -> dict[str, Path]:
    """Return the paths of both programs; raises ServerUnavailable if the package cannot be had.

    Skips the test on systems without Debian's packages, if they are not installed.
    """
    names = ("prometheus", "promtool")
    installed = {name: shutil.which(name) for name in names}
    if all(installed.values()):
        return {name: Path(str(path)) for name, path in installed.items()}
    cache = cache_folder()
    if cache is None or not debian.is_possible():
        pytest.skip("neither Prometheus nor Debian's package tools are installed")
    root = await debian.unpacked("prometheus", own=("prometheus",), cache=cache, progress=print)
    return {name: root / "usr/bin" / name for name in names}
