"""Two source trees, this one and an older one from git, each with a stack."""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import orjson
from bench.stack import temporary_folder

from linktime_common.process_table import command_line, descendants
from linktime_operator import stack_file
from linktime_operator.clients import Clients
from linktime_operator.stack.services import SERVICES

ROOT = Path(__file__).parents[1]
STACK = Path(__file__).with_name("cost_stack.py")
START_SECONDS = 180.0
STOP_SECONDS = 60.0
POSTGRESQL, RABBITMQ = "PostgreSQL", "RabbitMQ"
KINDS = (*SERVICES, POSTGRESQL, RABBITMQ)


@dataclass(frozen=True)
class RunningStack:
    """A running stack, with the attributes that `tests.hosts` needs."""

    file: stack_file.StackFile
    clients: Clients

    def processor_seconds(self, without: Collection[int] = ()) -> dict[str, float]:
        """Return user and system time of each kind of process, including ended children."""
        used = dict.fromkeys(KINDS, 0.0)
        for pid in set(descendants(self.file.pid)).difference(without):
            kind = _kind_of(command_line(pid) or "")
            if kind is not None:
                with contextlib.suppress(OSError):  # it has ended and is included in its parent
                    used[kind] += _seconds(pid)
        return used


@contextlib.contextmanager
def older_tree(commit: str) -> Iterator[Path]:
    """Extract the files of `commit` to a temporary folder."""
    with temporary_folder() as folder:
        archive = subprocess.run(
            ["git", "-C", ROOT, "archive", commit], stdout=subprocess.PIPE, check=False
        )
        if archive.returncode:
            raise SystemExit(f"git has no commit {commit} here; name another as the argument.")
        subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
        yield folder


@contextlib.asynccontextmanager
async def running_stack(tree: Path, session: aiohttp.ClientSession) -> AsyncIterator[RunningStack]:
    """Run the stack of `tree`, with durable storage."""
    environment = {**os.environ, "PYTHONPATH": packages_of(tree)}
    with temporary_folder() as folder:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(STACK),
            str(folder),
            env=environment,
            cwd=tree,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            async with asyncio.timeout(START_SECONDS):
                await process.stdout.readline()
            found = _read(folder, tree)
            urls = {name: service.internal_url for name, service in found.services.items()}
            yield RunningStack(found, Clients(session, urls, found.operator.keys))
        finally:
            process.stdin.close()
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()


def _read(folder: Path, tree: Path) -> stack_file.StackFile:
    """Return the file of a stack; that of an older tree has neither mail nor calendar."""
    try:
        written = orjson.loads((folder / stack_file.NAME).read_bytes())
    except FileNotFoundError:
        raise SystemExit(f"The stack of {tree} did not start.") from None
    return stack_file.StackFile.model_validate({"mail": None, "calendar": None} | written)


def packages_of(tree: Path) -> str:
    """Return the packages of a source tree as a `PYTHONPATH`."""
    return os.pathsep.join(map(str, [*tree.glob("libs/*/src"), *tree.glob("services/*/src")]))


def _kind_of(command: str) -> str | None:
    for service in SERVICES:
        if f"-m linktime_{service}" in command:
            return service
    if "postgres" in command:
        return POSTGRESQL
    return RABBITMQ if "rabbit" in command or "erl" in command else None


def _seconds(pid: int) -> float:
    # "pid (name, which may hold anything) state ppid …": fields 14 to 17 are utime, stime and
    # those of the children it has waited for.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
