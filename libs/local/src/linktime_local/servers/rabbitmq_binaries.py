"""Finds RabbitMQ: installed, or else unpacked from Debian packages into a cache."""

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from linktime_local.servers import debian
from linktime_local.servers.errors import ServerUnavailable

# The real scripts; the wrapper in /usr/sbin requires root or the account rabbitmq.
INSTALLED_PATTERNS = (
    "usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin",
    "usr/local/lib/rabbitmq/sbin",
    "opt/homebrew/opt/rabbitmq/sbin",
    "usr/local/opt/rabbitmq/sbin",
    "opt/rabbitmq/sbin",
)
PACKAGE = "rabbitmq-server"
PACKAGE_FAMILY = ("rabbitmq-server", "erlang-")
HOW_TO_INSTALL = (
    "Install it (Debian, Ubuntu: sudo apt-get install rabbitmq-server; "
    "macOS: brew install rabbitmq), or name one with LINKTIME_AMQP_URL."
)


@dataclass(frozen=True)
class RabbitMQBinaries:
    """One RabbitMQ: the folder of its scripts and, if unpacked, the root of the packages."""

    scripts: Path
    tree: Path | None = None

    @property
    def erlang(self) -> Path | None:
        """The root folder of the unpacked Erlang, or None to use the one on PATH."""
        return self.tree / "usr/lib/erlang" if self.tree else None


async def find(
    state: Path,
    progress: Callable[[str], None],
    *,
    installed: Sequence[str] = INSTALLED_PATTERNS,
) -> RabbitMQBinaries:
    """Return the RabbitMQ to run, downloaded if necessary.

    Packages are unpacked in `state` if no cache folder is writable. Raises ServerUnavailable with
    how to install RabbitMQ.
    """
    for scripts in _scripts_in(Path("/"), installed):
        if shutil.which("erl"):
            return RabbitMQBinaries(scripts)
    if not debian.is_possible():
        raise ServerUnavailable(f"RabbitMQ was not found on this machine. {HOW_TO_INSTALL}")
    cache = cache_folder() or state
    try:
        tree = await debian.unpacked(PACKAGE, own=PACKAGE_FAMILY, cache=cache, progress=progress)
    except ServerUnavailable as error:
        raise ServerUnavailable(f"{error}. {HOW_TO_INSTALL}") from error
    for scripts in _scripts_in(tree, INSTALLED_PATTERNS):
        return RabbitMQBinaries(scripts, tree)
    raise ServerUnavailable(f"The package {PACKAGE} has an unknown layout. {HOW_TO_INSTALL}")


def cache_folder() -> Path | None:
    """Return the folder of downloads, or None if the default one is not writable.

    Raises as `named_cache_folder` does.
    """
    named = named_cache_folder()
    if named is not None:
        return named
    theirs = os.environ.get("XDG_CACHE_HOME")
    try:
        path = Path(theirs or Path.home() / ".cache") / "linktime"
    except RuntimeError:  # unknown home folder
        return None
    return path if _is_writable(path) else None


def named_cache_folder() -> Path | None:
    """Return LINKTIME_CACHE, if set; raises ServerUnavailable if it is not a writable folder."""
    named = os.environ.get("LINKTIME_CACHE")
    if not named:
        return None
    if not _is_writable(Path(named)):
        raise ServerUnavailable(
            f"LINKTIME_CACHE names {named}, which is not a folder that can be written: name "
            "another, or unset it."
        )
    return Path(named)


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


def _scripts_in(root: Path, patterns: Sequence[str]) -> list[Path]:
    found = [path for pattern in patterns for path in sorted(root.glob(pattern), reverse=True)]
    return [path for path in found if (path / "rabbitmq-server").exists()]
