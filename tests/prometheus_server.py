"""Prometheus and promtool: installed, or unpacked from Debian's package."""

import shutil
from pathlib import Path

import pytest

from linktime_local.servers import debian
from linktime_local.servers.errors import ServerUnavailable
from linktime_local.servers.rabbitmq_binaries import cache_folder


async def programs() -> dict[str, Path]:
    """Return the paths of both programs; skips the test where they cannot be had."""
    names = ("prometheus", "promtool")
    installed = {name: shutil.which(name) for name in names}
    if all(installed.values()):
        return {name: Path(str(path)) for name, path in installed.items()}
    cache = cache_folder()
    if cache is None or not debian.is_possible():
        pytest.skip("neither Prometheus nor Debian's package tools are installed")
    try:
        root = await debian.unpacked("prometheus", own=("prometheus",), cache=cache, progress=print)
    except ServerUnavailable as error:
        pytest.skip(str(error))
    return {name: root / "usr/bin" / name for name in names}
