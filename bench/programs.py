"""Find, start and stop the programs that are measured or measure."""

import asyncio
import contextlib
import os
import shutil
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from linktime_common.process_table import descendants
from linktime_local.servers.ports import LOOPBACK
from linktime_local.servers.processes import ChildProcess

PEERS = Path(__file__).parent / "peers"
START_SECONDS = 20.0
STOP_SECONDS = 5.0
# The measured program has one core; the measuring one has another.
SERVER_CORE, OTHER_CORE = 0, 1


def need(*programs: str) -> None:
    """Exit with the command to install missing programs."""
    packages = {"nginx": "nginx-light", "wrk": "wrk", "node": "nodejs", "npm": "npm"}
    missing = [packages[name] for name in programs if _find(name) is None]
    if missing:
        raise SystemExit(f"Missing for this measurement: sudo apt-get install {' '.join(missing)}")
    if "node" in programs and not (PEERS / "node_modules/.ready").exists():
        raise SystemExit(f"Missing for this measurement: make {_shown(PEERS)}/node_modules/.ready")


@contextlib.asynccontextmanager
async def nginx(folder: Path, name: str, http: str, port: int) -> AsyncIterator[int]:
    """Run nginx with one worker and the `http` configuration in its own folder; yields its pid."""
    prefix = folder / name
    prefix.mkdir()
    temporary = "\n".join(
        f"    {kind}_temp_path {prefix};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = prefix / "nginx.conf"
    configuration.write_text(
        "daemon off;\nmaster_process off;\npid nginx.pid;\n"
        "events { worker_connections 4096; }\n"
        "http {\n    access_log off;\n    keepalive_requests 1000000000;\n"
        f"{temporary}\n{http}}}\n"
    )
    errors = prefix / "error.log"
    command = [str(_find("nginx")), "-p", prefix, "-e", errors, "-c", configuration]
    async with running(command, {}, prefix / "output.log", port) as pid:
        yield pid


@contextlib.asynccontextmanager
async def running(
    command: Sequence[str | Path], environment: dict[str, str], log: Path, port: int
) -> AsyncIterator[int]:
    """Run `command` and wait until it listens on `port`; yields its pid."""
    child = ChildProcess.start(command, env={**os.environ, **environment}, log=log)
    try:
        await _listens(child, port)
        yield child.pid
    finally:
        await child.stop(within=STOP_SECONDS)


def pin(pid: int, core: int) -> None:
    """Bind every thread of a process to one core; no effect with one core."""
    if core in os.sched_getaffinity(0):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), {core})


def pinned(core: int, *command: str | Path) -> list[str]:
    """Return the command that runs `command` on one core."""
    words = [str(word) for word in command]
    return ["taskset", "-c", str(core), *words] if core in os.sched_getaffinity(0) else words


def processor_seconds(pid: int) -> float:
    """Return the user and system time of a process."""
    # "pid (name, which may hold anything) state ppid …": utime and stime are fields 14 and 15.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def tree_seconds(pid: int) -> float:
    """Return the user and system time of a process and its children, also of ended ones."""
    ticks = 0
    for one in (pid, *descendants(pid)):
        with contextlib.suppress(OSError):  # it has ended and is included in its parent
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


async def _listens(child: ChildProcess, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and child.returncode is None:
        with contextlib.suppress(OSError):
            _reader, writer = await asyncio.open_connection(LOOPBACK, port)
            writer.close()
            return
        await asyncio.sleep(0.05)
    raise SystemExit(f"A program of the measurement did not start:\n{child.log_tail()}")


def _find(program: str) -> str | None:
    # Debian installs nginx in a folder that is only in root's PATH.
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def _shown(path: Path) -> str:
    return os.path.relpath(path)
