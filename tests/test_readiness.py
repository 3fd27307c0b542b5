"""What a service that waits says of itself, and `linktime doctor` of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from linktime_common.contracts.wire import format_instant
from linktime_common.process import ProcessRole
from linktime_contacts.app import SERVICE
from linktime_local.servers.ports import free_port
from linktime_local.testing.services import Running, running
from linktime_local.testing.waiting import eventually
from linktime_operator.operations.doctor import diagnose
from linktime_operator.stack.stack import Stack


async def test_doctor_says_since_when_a_service_waits(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The instant is the service's own, and stays the same from one look to the next."""
    for key, value in stack._processes.of("contacts")[0].environment.items():
        monkeypatch.setenv(key, value)
    before = datetime.now(UTC)
    url = f"amqp://nobody@127.0.0.1:{free_port()}/"
    async with running(SERVICE, ProcessRole.ALL, broker_url=url) as contacts:
        for _ in range(2):
            async with contacts.session.get(f"{contacts.internal_url}/readyz") as response:
                assert response.status == 503
                body = await response.json()
            assert body["checks"] == {"database": True, "broker": False}
            assert set(body["since"]) == {"broker"}
        urls = {"contacts": contacts.internal_url}
        found = await diagnose(contacts.session, urls, None, tmp_path)
    since = found.services["contacts"].since["broker"]
    assert format_instant(since) == body["since"]["broker"]
    assert format_instant(before) <= format_instant(since) <= format_instant(datetime.now(UTC))
    sentence = f"contacts is not ready: it waits for its broker (since {format_instant(since)})."
    assert sentence in found.problems


async def test_doctor_names_a_read_only_database(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service is not ready, with an instant, until the database takes writes again."""
    for key, value in stack._processes.of("contacts")[0].environment.items():
        monkeypatch.setenv(key, value)
    postgres = stack.file.postgres
    only = {"contacts": postgres.databases["contacts"]}
    file = stack.file.model_copy(
        update={"postgres": postgres.model_copy(update={"databases": only})}
    )
    async with read_only(only["contacts"].dsn), running(SERVICE, ProcessRole.SERVE) as contacts:
        async with contacts.session.get(f"{contacts.internal_url}/readyz") as response:
            assert response.status == 503
            assert set((await response.json())["since"]) == {"database"}
        urls = {"contacts": contacts.internal_url}
        found = await diagnose(contacts.session, urls, file, tmp_path)
        assert not found.services["contacts"].ready
        assert any(problem.startswith("PostgreSQL is read-only") for problem in found.problems)
        await _write_again(only["contacts"].dsn)
        await eventually(lambda: _is_ready(contacts), within=30)


@asynccontextmanager
async def read_only(dsn: str) -> AsyncIterator[None]:
    """New sessions of this database write nothing until the block ends, or `_write_again`."""
    connection = await asyncpg.connect(dsn)
    try:
        database = await connection.fetchval("SELECT current_database()")
        await connection.execute(
            f'ALTER DATABASE "{database}" SET default_transaction_read_only=on'
        )
        yield
    finally:
        await connection.close()
        await _write_again(dsn)


async def _write_again(dsn: str) -> None:
    writable = {"default_transaction_read_only": "off"}
    connection = await asyncpg.connect(dsn, server_settings=writable)
    try:
        database = await connection.fetchval("SELECT current_database()")
        await connection.execute(f'ALTER DATABASE "{database}" RESET default_transaction_read_only')
    finally:
        await connection.close()


async def _is_ready(service: Running) -> bool:
    async with service.session.get(f"{service.internal_url}/readyz") as response:
        return response.status == 200
