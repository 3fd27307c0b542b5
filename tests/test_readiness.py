"""Reports of services that are not ready, and of `linktime doctor`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from linktime_common.contracts.wire import format_instant
from linktime_common.process import ProcessRole
from linktime_common.write_checks import READ_ONLY
from linktime_contacts.app import SERVICE
from linktime_gateway.app import SERVICE as GATEWAY
from linktime_gateway.store.shared_limits import NOT_LIMITED
from linktime_local.servers.ports import free_port
from linktime_local.testing.services import Running, running
from linktime_local.testing.waiting import eventually
from linktime_operator.clients import Clients
from linktime_operator.operations import probes
from linktime_operator.operations.doctor import Diagnosis, diagnose
from linktime_operator.stack.stack import Stack
from linktime_operator.stack_file import StackFile


async def test_doctor_shows_since_when_a_service_is_not_ready(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The instant is the service's own, and constant between calls."""
    for key, value in stack._processes.of("contacts")[0].environment.items():
        monkeypatch.setenv(key, value)
    before = datetime.now(UTC)
    url = f"amqp://nobody@127.0.0.1:{free_port()}/"
    async with running(SERVICE, ProcessRole.ALL, broker_url=url) as contacts:
        for _ in range(2):
            async with contacts.session.get(f"{contacts.internal_url}/readyz") as response:
                assert response.status == 503
                body = await response.json()
            assert body["checks"] == {"database": True, "broker": False, "consumer": False}
            assert set(body["since"]) == {"broker", "consumer"}
            assert body["reasons"] == {
                "broker": "RabbitMQ cannot be reached: connection refused",
                "consumer": "it is not subscribed to its queue",
            }
        urls = {"contacts": contacts.internal_url}
        found = await diagnose(contacts.session, urls, None, tmp_path)
    since = found.services["contacts"].since["broker"]
    assert format_instant(since) == body["since"]["broker"]
    assert format_instant(before) <= format_instant(since) <= format_instant(datetime.now(UTC))
    sentence = (
        f"contacts is not ready: it waits for its broker (since {format_instant(since)}: "
        "RabbitMQ cannot be reached: connection refused)"
    )
    assert any(problem.startswith(sentence) for problem in found.problems)


async def test_doctor_names_a_read_only_database(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service is not ready, with an instant, until the database is writable again."""
    for key, value in stack._processes.of("contacts")[0].environment.items():
        monkeypatch.setenv(key, value)
    file = _only_contacts(stack)
    dsn = file.postgres.databases["contacts"].dsn
    async with read_only(dsn), running(SERVICE, ProcessRole.SERVE) as contacts:
        async with contacts.session.get(f"{contacts.internal_url}/readyz") as response:
            assert response.status == 503
            body = await response.json()
            assert set(body["since"]) == {"database"}
            assert body["reasons"] == {"database": READ_ONLY}
        urls = {"contacts": contacts.internal_url}
        found = await diagnose(contacts.session, urls, file, tmp_path)
        assert not found.services["contacts"].ready
        assert any(problem.endswith(f"{READ_ONLY}).") for problem in found.problems)
        assert any(problem.startswith("PostgreSQL is read-only") for problem in found.problems)
        await _write_again(dsn)
        await eventually(lambda: _is_ready(contacts), within=30)


async def test_doctor_shows_the_error_of_postgresql(
    stack: Stack, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """A refused connection and a timeout have different reports."""
    file = _only_contacts(stack)
    dsn = file.postgres.databases["contacts"].dsn
    connection = await asyncpg.connect(dsn)
    try:
        database = await connection.fetchval("SELECT current_database()")
        await connection.execute(f'ALTER DATABASE "{database}" CONNECTION LIMIT 0')
        found = await diagnose(http, {}, file, tmp_path)
    finally:
        await connection.execute(f'ALTER DATABASE "{database}" CONNECTION LIMIT -1')
        await connection.close()
    where = f"{file.postgres.host}:{file.postgres.port}"
    (problem,) = [one for one in found.problems if one.startswith("PostgreSQL")]
    assert problem.startswith(f"PostgreSQL at {where} responds with an error: too many connections")
    assert "(53300)" in problem
    assert (found.postgres, found.postgres_is_writable) == (None, None)


async def test_doctor_shows_the_error_of_rabbitmq(
    stack: Stack, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """A wrong password, for example."""
    url = stack.file.rabbitmq.url
    where = url.rpartition("@")[2].strip("/")
    wrong = stack.file.rabbitmq.model_copy(update={"url": f"amqp://linktime:wrong@{where}/"})
    file = stack.file.model_copy(update={"rabbitmq": wrong})
    found = await diagnose(http, {}, file, tmp_path)
    (problem,) = [one for one in found.problems if one.startswith("RabbitMQ")]
    assert problem.startswith(f"RabbitMQ at {where} responds with an error: ")


async def test_doctor_asks_everything_at_once(
    stack: Stack, http: aiohttp.ClientSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several silent servers take the time of one: PostgreSQL, RabbitMQ, a service, its mails."""
    monkeypatch.setattr(probes, "CALL_SECONDS", 600.0)
    asked = set()

    async def keep_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.add(bytes(await reader.read(1024))[:16])
        while await reader.read(1024):
            pass
        writer.close()

    async with await asyncio.start_server(keep_silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        postgres, rabbitmq = stack.file.postgres, stack.file.rabbitmq
        database = postgres.databases["contacts"]
        dsn = f"postgresql://nobody@127.0.0.1:{port}/none"
        silent = {"contacts": database.model_copy(update={"dsn": dsn})}
        file = stack.file.model_copy(
            update={
                "postgres": postgres.model_copy(update={"databases": silent}),
                "rabbitmq": rabbitmq.model_copy(update={"url": f"amqp://127.0.0.1:{port}/"}),
            }
        )
        urls = {"contacts": f"http://127.0.0.1:{port}"}
        bookings = {"bookings": urls["contacts"]}
        clients = Clients(http, bookings, stack.file.operator.keys)
        task = asyncio.create_task(diagnose(http, urls, file, tmp_path, clients))
        try:
            await eventually(lambda: len(asked) == 4)
            assert not task.done()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_doctor_says_that_requests_are_not_limited(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gateway is ready without its store of limits."""
    for key, value in stack._processes.of("gateway")[0].environment.items():
        monkeypatch.setenv(key, value)
    store = f"valkey://127.0.0.1:{free_port()}/0"
    async with running(GATEWAY, ProcessRole.SERVE, limit_store_url=store) as gateway:
        urls = {"gateway": gateway.internal_url}
        found = await diagnose(gateway.session, urls, None, tmp_path)
    assert found.services["gateway"].ready
    assert not found.ok
    assert found.problems == [f"gateway: {NOT_LIMITED}."]


async def test_doctor_reports_parked_messages(
    stack: Stack, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """With the command that lists them; everything else is in order."""
    dsn = stack.file.postgres.databases["contacts"].dsn
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(
            "INSERT INTO parked_messages (id, consumer, routing_key, body, headers, reason)"
            " VALUES (gen_random_uuid(), 'contacts', 'x', '', '{}', 'planted')"
        )
        urls = {"contacts": stack.file.services["contacts"].internal_url}
        found = await diagnose(http, urls, stack.file, tmp_path, stack.clients)
        assert found.services["contacts"].parked == 1
        assert not found.ok
        assert found.problems == [
            "contacts gave up on messages (1); type: linktime dead-letters list --service contacts"
        ]
    finally:
        await connection.execute("DELETE FROM parked_messages WHERE reason = 'planted'")
        await connection.close()


async def test_doctor_names_a_service_that_refuses_its_key(
    stack: Stack, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """As after half of a rotation: the service is ready, and all other commands fail."""
    urls = {"contacts": stack.file.services["contacts"].internal_url}
    keys = stack.file.operator.keys
    identifier, secret = keys["contacts"].partition(":")[0], keys["scim"].partition(":")[2]
    clients = Clients(http, urls, {**keys, "contacts": f"{identifier}:{secret}"})
    found = await diagnose(http, urls, stack.file, tmp_path, clients)
    (problem,) = found.problems
    assert problem.startswith("contacts is ready, but does not answer this command")


def test_nothing_is_known_of_servers_without_a_stack() -> None:
    """Not even whether PostgreSQL is writable."""
    nothing = Diagnosis(python="3", tzdata="1", free_bytes=1, open_files_limit=1)
    assert nothing.postgres_is_writable is None


def _only_contacts(stack: Stack) -> StackFile:
    postgres = stack.file.postgres
    only = {"contacts": postgres.databases["contacts"]}
    return stack.file.model_copy(
        update={"postgres": postgres.model_copy(update={"databases": only})}
    )


@asynccontextmanager
async def read_only(dsn: str) -> AsyncIterator[None]:
    """Make new sessions of this database read-only until the block ends, or `_write_again`."""
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
