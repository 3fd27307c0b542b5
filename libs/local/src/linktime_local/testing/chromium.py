"""Finds Chromium for tests of pages: installed, or else unpacked from Debian packages.

Its headless shell, which has no windows, opens a page in a fifth of the whole browser's processor
time. It is unpacked also beside an installed browser of Debian; tests have no use for the windows.
"""

import asyncio
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from linktime_local.servers import debian
from linktime_local.servers.errors import ServerUnavailable
from linktime_local.servers.rabbitmq_binaries import cache_folder

SHELL = "chromium-headless-shell"
PROGRAMS = (SHELL, "chromium", "chromium-browser", "google-chrome")
FOLDER = "usr/lib/chromium"
OF_DEBIAN = Path("/", FOLDER, "chromium")
"""The whole browser, if it was installed from a package: then there is one of its shell too."""
HOW_TO_INSTALL = f"Install it (Debian: sudo apt-get install {SHELL}; Ubuntu, macOS: Google Chrome)."
# As long as another browser is there: packages may be out of reach, and apt-get tries for minutes.
SECONDS_BESIDE_ANOTHER = 180
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
    """Return the Chromium to run, unpacked in the cache or in `state` if its shell is missing.

    Raises ServerUnavailable with how to install it.
    """
    found = next(filter(None, map(shutil.which, programs)), None)
    installed = Chromium(Path(found)) if found else None
    if installed is None:
        return await _unpacked(state)
    if not _is_whole_browser_of_debian(installed.program):
        return installed
    try:
        async with asyncio.timeout(SECONDS_BESIDE_ANOTHER):
            return await _unpacked(state)
    except (ServerUnavailable, TimeoutError) as error:
        print(f"{SHELL} cannot be had ({error!r}); {installed.program} works, but more slowly")
        return installed


def _is_whole_browser_of_debian(program: Path) -> bool:
    return program.name != SHELL and OF_DEBIAN.exists() and debian.is_possible()


async def _unpacked(state: Path) -> Chromium:
    if not debian.is_possible():
        raise ServerUnavailable(f"Chromium was not found on this machine. {HOW_TO_INSTALL}")
    try:
        tree = await debian.unpacked(
            SHELL, own=("chromium",), cache=cache_folder() or state, progress=print
        )
    except ServerUnavailable as error:
        raise ServerUnavailable(f"{error}. {HOW_TO_INSTALL}") from error
    return Chromium(tree / FOLDER / SHELL, _environment(tree))


def _environment(tree: Path) -> dict[str, str]:
    found = {"LD_LIBRARY_PATH": debian.library_path(tree, "pulseaudio")}
    if not Path("/etc/fonts/fonts.conf").exists():
        found |= {"FONTCONFIG_SYSROOT": str(tree)}
    return found
