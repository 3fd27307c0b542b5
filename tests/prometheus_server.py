"""Prometheus and promtool: installed, or unpacked from Debian's package."""

from pathlib import Path

from linktime_local.testing.debian_programs import program


async def programs() -> dict[str, Path]:
    """Return the paths of both programs; raises and skips as `program` does."""
    names = ("prometheus", "promtool")
    return {name: (await program(name, package="prometheus")).path for name in names}
