"""Finds Chromium for tests of pages: installed, or else unpacked from Debian packages."""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from linktime_local.servers import debian
from linktime_local.servers.errors import ServerUnavailable
from linktime_local.servers.rabbitmq_binaries import cache_folder

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
PACKAGE = "chromium"
HOW_TO_INSTALL = "Install it (Debian: sudo apt-get install chromium; Ubuntu, macOS: Google Chrome)."
# Without them it looks up hosts of its maker at each start.
ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


@dataclass(frozen=True)
class Chromium:
    """The program, and the environment in which it finds its libraries and fonts."""

    program: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def arguments(self) -> list[str]:
        # As root its sandbox does not start; it shows our own pages only.
        return [*ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


async def find(state: Path, programs: tuple[str, ...] = PROGRAMS) -> Chromium:
    """Return the Chromium to run, unpacked in the cache or in `state` if none is installed.

    Raises ServerUnavailable with how to install it.
    """
    for name in programs:
        if (installed := shutil.which(name)) is not None:
            return Chromium(Path(installed))
    if not debian.is_possible():
        raise ServerUnavailable(f"Chromium was not found on this machine. {HOW_TO_INSTALL}")
    try:
        tree = await debian.unpacked(
            PACKAGE, own=("chromium",), cache=cache_folder() or state, progress=print
        )
    except ServerUnavailable as error:
        raise ServerUnavailable(f"{error}. {HOW_TO_INSTALL}") from error
    return Chromium(tree / "usr/lib/chromium/chromium", _environment(tree))


def _environment(tree: Path) -> dict[str, str]:
    found = {"LD_LIBRARY_PATH": debian.library_path(tree, "pulseaudio")}
    if not Path("/etc/fonts/fonts.conf").exists():
        found |= {"FONTCONFIG_SYSROOT": str(tree)}
    return found
