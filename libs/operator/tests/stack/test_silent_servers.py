"""An unresponsive server is reported with a reason."""

import asyncio
import re
import socket
from pathlib import Path

import pytest

from linktime_common.messaging.topology import Topology
from linktime_operator.errors import StackError
from linktime_operator.stack import broker, databases
from linktime_operator.stack.kept import KeptSecrets
from linktime_operator.stack.reasons import reason_of


async def test_an_unresponsive_postgresql(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """asyncpg's TimeoutError has no message."""
    monkeypatch.setattr(databases, "CONNECT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        dsn = f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/none"
        sentence = "PostgreSQL (LINKTIME_POSTGRES_DSN) cannot be used: it did not answer in time"
        with pytest.raises(StackError, match=re.escape(sentence)):
            await databases.ensure(dsn, "test", [], KeptSecrets(tmp_path))


async def test_a_rabbitmq_that_closes_at_once() -> None:
    """aiormq's error depends on the time of the EOF; each has a message."""
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        url = f"amqp://nobody@127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        with pytest.raises(StackError) as refused:
            await broker.declare(url, Topology())
    sentence = "RabbitMQ (LINKTIME_AMQP_URL) cannot be used: it closed the connection at once"
    assert str(refused.value) == sentence
    assert reason_of(StopAsyncIteration()) == "it closed the connection at once"
