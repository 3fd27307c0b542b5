"""Is this machine, and the system found on it, in order?"""

import asyncio
import platform
import resource
import shutil
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import aio_pika
import aiohttp
import asyncpg
from aio_pika.exceptions import AMQPError
from pydantic import Field

from linktime_common.contracts.wire import Instant, WireModel, format_instant
from linktime_common.postgres import IS_WRITABLE
from linktime_operator.stack_file import StackFile

OLDEST_POSTGRES = 15
# Below 200 MB the private broker stops taking messages; this leaves time to notice.
LEAST_FREE_BYTES = 1_000_000_000
LEAST_OPEN_FILES = 1024
CALL_SECONDS = 5.0


class ServiceHealth(WireModel):
    """`missing` names what the service itself waits for, `since` says for how long."""

    url: str
    ready: bool
    missing: list[str] = Field(default_factory=list)
    since: dict[str, Instant] = Field(default_factory=dict)


class Diagnosis(WireModel):
    """What was found; `problems` are sentences, none when all is well."""

    ok: bool = True
    problems: list[str] = Field(default_factory=list)
    python: str
    tzdata: str
    postgres: str | None = None
    postgres_is_writable: bool = True
    rabbitmq: str | None = None
    services: dict[str, ServiceHealth] = Field(default_factory=dict)
    free_bytes: int
    open_files_limit: int


async def diagnose(
    session: aiohttp.ClientSession,
    urls: Mapping[str, str],
    running: StackFile | None,
    folder: Path,
) -> Diagnosis:
    """Look at everything; `urls` are the services' internal ones, `folder` is on the disk to see.

    The servers' versions are known of a stack on this machine only.
    """
    healths = await asyncio.gather(*(_health(session, url) for url in urls.values()))
    postgres, is_writable = await _postgres(running) if running else (None, True)
    found = Diagnosis(
        python=platform.python_version(),
        tzdata=version("tzdata"),
        postgres=postgres,
        postgres_is_writable=is_writable,
        rabbitmq=await _rabbitmq(running) if running else None,
        services=dict(zip(urls, healths, strict=True)),
        free_bytes=shutil.disk_usage(_existing(folder)).free,
        open_files_limit=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
    )
    problems = [*_machine_problems(found), *_system_problems(found, running, folder)]
    return found.model_copy(update={"ok": not problems, "problems": problems})


def _machine_problems(found: Diagnosis) -> list[str]:
    problems = []
    if found.free_bytes < LEAST_FREE_BYTES:
        problems.append(f"Only {found.free_bytes / 1e6:.0f} MB of disk are free; keep 1 GB.")
    if found.open_files_limit < LEAST_OPEN_FILES:
        problems.append(
            f"Only {found.open_files_limit} files may be open at once; "
            f"type: ulimit -n {LEAST_OPEN_FILES}"
        )
    return problems


def _system_problems(found: Diagnosis, running: StackFile | None, folder: Path) -> list[str]:
    problems = []
    if not found.services:
        problems.append("No running LinkTime was found; start one with `make run`.")
    if running and found.postgres is None:
        where = f"{running.postgres.host}:{running.postgres.port}"
        log = folder / "postgresql" / "postgres.log" if running.postgres.pid else None
        problems.append(_silent("PostgreSQL", where, log))
    if found.postgres and int(found.postgres.split(".")[0]) < OLDEST_POSTGRES:
        problems.append(f"PostgreSQL {found.postgres} is too old; {OLDEST_POSTGRES} is needed.")
    if not found.postgres_is_writable:
        problems.append(
            "PostgreSQL is read-only: it is a standby, or default_transaction_read_only is on."
        )
    if running and found.rabbitmq is None:
        where = running.rabbitmq.url.rpartition("@")[2].strip("/")
        log = folder / "rabbitmq" / "rabbitmq.log" if running.rabbitmq.pid else None
        problems.append(_silent("RabbitMQ", where, log))
    for name, health in found.services.items():
        if health.missing:
            problems.append(f"{name} is not ready: it waits for its {_missing(health)}.")
        elif not health.ready:
            problems.append(f"{name} does not answer at {health.url}.")
    return problems


def _silent(server: str, where: str, log: Path | None) -> str:
    see = f" See {log}." if log else ""
    return f"{server} does not answer at {where}.{see}"


def _missing(health: ServiceHealth) -> str:
    since = {name: f" (since {format_instant(at)})" for name, at in health.since.items()}
    return ", ".join(f"{name}{since.get(name, '')}" for name in health.missing)


async def _health(session: aiohttp.ClientSession, url: str) -> ServiceHealth:
    try:
        timeout = aiohttp.ClientTimeout(total=CALL_SECONDS)
        async with session.get(f"{url.rstrip('/')}/readyz", timeout=timeout) as response:
            answer = await response.json()
            checks: dict[str, bool] = answer["checks"]
            missing = [name for name, passes in checks.items() if not passes]
            return ServiceHealth(
                url=url, ready=response.ok, missing=missing, since=answer.get("since", {})
            )
    except (OSError, TimeoutError, aiohttp.ClientError, ValueError, KeyError):
        return ServiceHealth(url=url, ready=False)


async def _postgres(running: StackFile) -> tuple[str | None, bool]:
    """Its version, None when it does not answer, and False when it is known to take no writes."""
    dsn = next(iter(running.postgres.databases.values())).dsn
    try:
        connection = await asyncpg.connect(dsn, timeout=CALL_SECONDS)
        try:
            shown = await connection.fetchval("SHOW server_version", timeout=CALL_SECONDS)
            is_writable = await connection.fetchval(IS_WRITABLE, timeout=CALL_SECONDS)
        finally:
            await connection.close(timeout=CALL_SECONDS)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return None, True
    return str(shown).split()[0], bool(is_writable)


async def _rabbitmq(running: StackFile) -> str | None:
    try:
        connection = await aio_pika.connect(running.rabbitmq.url, timeout=CALL_SECONDS)
        async with connection:
            told = connection.transport.connection.server_properties if connection.transport else {}
    # aiormq raises StopAsyncIteration when a connection is accepted and closed at once.
    except (OSError, TimeoutError, AMQPError, StopAsyncIteration):
        return None
    name = told.get("version", b"unknown")
    return name.decode() if isinstance(name, bytes) else str(name)


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())
