"""A process that cannot write its log still serves requests and reports the problem."""

import asyncio
import contextlib
import resource
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import IO, Any

import aiohttp
import pytest

from linktime_contacts.app import SERVICE
from linktime_local.servers.ports import free_port
from linktime_local.testing.databases import FreshDsn
from linktime_local.testing.waiting import eventually
from linktime_operator.operations.doctor import diagnose

MOST_BYTES = 4096


@contextlib.contextmanager
def _full_device(_folder: Path) -> Iterator[tuple[IO[bytes], None]]:
    with Path("/dev/full").open("wb") as full:
        yield full, None


@contextlib.contextmanager
def _full_file(folder: Path) -> Iterator[tuple[IO[bytes], Callable[[], None]]]:
    """Yield a log file that has almost reached its size limit of MOST_BYTES."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_BYTES, MOST_BYTES))

    with (folder / "log").open("ab") as log:
        log.write(b"x" * (MOST_BYTES - 10))
        log.flush()
        yield log, limit


@contextlib.asynccontextmanager
async def _contacts(
    environment: dict[str, str], output: IO[bytes], limit: Callable[[], None] | None
) -> AsyncIterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", "linktime_contacts", "serve"],
        env=environment,
        stdout=output,
        stderr=subprocess.STDOUT,
        preexec_fn=limit,  # noqa: PLW1509 - one thread, and nothing but a system call
    )
    try:
        yield
        assert process.poll() is None
        process.terminate()
        assert await asyncio.to_thread(process.wait, 30) == 0
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("full", [_full_device, _full_file])
async def test_a_service_with_a_full_log_serves_requests(
    fresh_dsn: FreshDsn, tmp_path: Path, full: Any
) -> None:
    """Requests get responses; readiness has a warning, and a metric counts the lost lines."""
    port, internal = free_port(), free_port()
    url = f"http://127.0.0.1:{internal}"
    async with fresh_dsn() as dsn, aiohttp.ClientSession() as session:
        environment = {
            "CONTACTS_POSTGRES_DSN": dsn,
            "CONTACTS_BROKER_URL": "amqp://nobody@127.0.0.1:1/",
            "CONTACTS_PORT": str(port),
            "CONTACTS_INTERNAL_PORT": str(internal),
        }

        async def answers() -> dict[str, Any] | None:
            try:
                async with session.get(f"{url}/readyz") as response:
                    return dict(await response.json()) if response.ok else None
            except aiohttp.ClientError:
                return None

        with full(tmp_path) as (output, limit):
            async with _contacts(environment, output, limit):
                await eventually(answers, within=30)
                for _ in range(3):
                    async with session.get(f"http://127.0.0.1:{port}/api/v1/contacts") as response:
                        assert response.status == 503  # unknown caller
                body = await answers()
                assert body is not None
                assert "log lines cannot be written" in body["warnings"]["log"]
                async with session.get(f"{url}/metrics") as response:
                    assert "linktime_log_lines_dropped_total 0.0" not in await response.text()
                found = await diagnose(session, {SERVICE.name: url}, None, tmp_path)
    assert found.services["contacts"].ready
    assert found.warnings[0].startswith("contacts: log lines cannot be written (E")
