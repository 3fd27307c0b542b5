"""Unpacks Debian packages into a folder, without root and without changing the system.

Requires `apt-get` and `dpkg-deb` (Debian, Ubuntu), but no package lists. Cancelling a call kills
the running program.
"""

import asyncio
import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from linktime_local.servers.errors import ServerUnavailable
from linktime_local.servers.processes import completed

COMPLETE = ".complete"
# Never unpacked: another C library than the loader's crashes, and every machine has one.
NEVER_UNPACKED = frozenset({"libc6", "libc-bin"})
STEP_SECONDS = 600
LOCK_SECONDS = 0.1
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
NO_LOCKS = ("-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=")


def is_possible() -> bool:
    """Return whether this machine has Debian's package tools."""
    return bool(shutil.which("apt-get") and shutil.which("dpkg-deb"))


async def unpacked(
    package: str, *, own: Sequence[str], cache: Path, progress: Callable[[str], None]
) -> Path:
    """Return the folder with `package` and its dependencies, unpacked by the first call.

    Installed dependencies are omitted, except those whose names start with one of `own`, which
    must have the same version as the package. Raises ServerUnavailable when apt fails.
    """
    root = cache / package
    async with only_one(cache / f"{package}.lock"):
        if not (root / COMPLETE).exists():
            shutil.rmtree(root, ignore_errors=True)
            with tempfile.TemporaryDirectory(dir=cache, prefix=f"{package}-") as scratch:
                built = await _build(package, own, Path(scratch), progress)
                (built / COMPLETE).touch()
                built.rename(root)
    return root


async def source(
    package: str, *, release: str, folder: Path, progress: Callable[[str], None]
) -> None:
    """Download the source package of a release of Debian into `folder`.

    It comes from the server that the system has this release from, and apt verifies it. Raises
    ServerUnavailable.
    """
    # The code name is known only if the package lists are there.
    names = "$(RELEASE) $(SITE)\n$(CODENAME) $(SITE)"
    try:
        targets = await _apt(["indextargets", "--format", names, "Created-By: Packages"])
        site = dict(line.split(" ", 1) for line in targets.splitlines()).get(release)
        if site is None:
            raise ServerUnavailable(f"apt has no package lists of Debian {release}: apt-get update")
        with tempfile.TemporaryDirectory(dir=folder, prefix="lists-") as scratch:
            sources = Path(scratch) / "sources.list"
            sources.write_text(f"deb-src [signed-by={KEYRING}] {site} {release} main\n")
            options = [*NO_LOCKS, *_private_lists(Path(scratch))]
            options += ["-o", f"Dir::Etc::sourcelist={sources}", "-o", "Dir::Etc::sourceparts=-"]
            progress(f"Downloading the source of {package} …")
            await _apt([*options, "update"])
            await _apt([*options, "source", "--download-only", package], cwd=folder)
    except subprocess.CalledProcessError as error:
        raise ServerUnavailable(
            f"The source of {package} could not be downloaded with apt-get: {_last(error)}"
        ) from error


def library_path(root: Path, *private: str) -> str:
    """Return LD_LIBRARY_PATH for programs of an unpacked folder, followed by the current value.

    `private` are folders of libraries that others find by an absolute path, which is not unpacked.
    """
    triplet = sysconfig.get_config_var("MULTIARCH") or ""
    folders = [root / "usr/lib" / triplet, root / "lib" / triplet, root / "usr/lib", root / "lib"]
    folders += [root / "usr/lib" / triplet / name for name in private]
    theirs = os.environ.get("LD_LIBRARY_PATH")
    return ":".join([*map(str, folders), *([theirs] if theirs else [])])


@contextlib.asynccontextmanager
async def only_one(lock: Path) -> AsyncIterator[None]:
    """Wait until no other process is inside, by means of the file `lock`."""
    descriptor = _opened(lock)
    try:
        while not _is_locked(descriptor):  # noqa: ASYNC110 - another process may have it
            await asyncio.sleep(LOCK_SECONDS)
        yield
    finally:
        os.close(descriptor)


def _opened(lock: Path) -> int:
    lock.parent.mkdir(parents=True, exist_ok=True)
    return os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def _build(
    package: str, own: Sequence[str], scratch: Path, progress: Callable[[str], None]
) -> Path:
    downloads = scratch / "downloads"
    downloads.mkdir()
    options = [*NO_LOCKS, *_shared_cache(scratch)]
    try:
        names = await _needed(package, own, options, scratch)
        progress(f"Downloading {package} and what it needs ({await _size(names, options)}) …")
        await _apt([*options, "download", *names], cwd=downloads)
    except subprocess.CalledProcessError:
        # Package lists are missing or name versions that no longer exist: fetch private lists.
        progress("Fetching the package lists …")
        options += _private_lists(scratch)
        try:
            await _apt([*options, "update"])
            names = await _needed(package, own, options, scratch)
            progress(f"Downloading {package} and what it needs ({await _size(names, options)}) …")
            await _apt([*options, "download", *names], cwd=downloads)
        except subprocess.CalledProcessError as error:
            raise ServerUnavailable(
                f"{package} could not be downloaded with apt-get: {_last(error)}"
            ) from error
    progress(f"Unpacking {package} …")
    root = scratch / "root"
    for archive in sorted(downloads.glob("*.deb")):
        await _run(["dpkg-deb", "-x", str(archive), str(root)])
    return root


def _last(error: subprocess.CalledProcessError) -> str:
    return " ".join((error.stderr or error.stdout or "").strip().splitlines()[-1:])


async def _needed(
    package: str, own: Sequence[str], options: Sequence[str], scratch: Path
) -> list[str]:
    nothing = scratch / "nothing-installed"
    nothing.touch()
    everything = await _would_install(package, [*options, "-o", f"Dir::State::status={nothing}"])
    try:
        missing = await _would_install(package, options)
    except subprocess.CalledProcessError:
        # The machine's package state is broken or has held packages: unpack `own` only.
        missing = set()
    ours = {name for name in everything if name.startswith(tuple(own))}
    return sorted((ours | missing) - NEVER_UNPACKED)


async def _would_install(package: str, options: Sequence[str]) -> set[str]:
    plan = await _apt([*options, "install", "--simulate", "--no-install-recommends", package])
    return set(re.findall(r"^Inst (\S+)", plan, flags=re.MULTILINE))


async def _size(names: Sequence[str], options: Sequence[str]) -> str:
    plan = await _apt([*options, "download", "--print-uris", *names])
    total = sum(int(size) for size in re.findall(r"\.deb (\d+)", plan))
    return f"{total / 1e6:.0f} MB"


def _shared_cache(scratch: Path) -> list[str]:
    # Else each call reads the package lists again, where the system keeps no cache.
    names = ("pkgcache", "srcpkgcache")
    return [part for name in names for part in ("-o", f"Dir::Cache::{name}={scratch / name}")]


def _private_lists(scratch: Path) -> list[str]:
    state, cache = scratch / "state", scratch / "cache"
    (state / "lists/partial").mkdir(parents=True)
    (cache / "archives/partial").mkdir(parents=True)
    return [
        *("-o", f"Dir::State={state}", "-o", "Dir::State::status=/var/lib/dpkg/status"),
        *("-o", f"Dir::State::lists={state / 'lists'}", "-o", f"Dir::Cache={cache}"),
    ]


async def _apt(arguments: Sequence[str], cwd: Path | None = None) -> str:
    return await _run(["apt-get", "--quiet", *arguments], cwd)


async def _run(arguments: Sequence[str], cwd: Path | None = None) -> str:
    """Return a program's output; raises CalledProcessError, or ServerUnavailable on time-out."""
    env = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    done = await completed(arguments, env=env, within=STEP_SECONDS, cwd=cwd)
    done.check_returncode()
    return done.stdout
