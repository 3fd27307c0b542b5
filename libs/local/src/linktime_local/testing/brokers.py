"""RabbitMQ for tests: one node per run, unique names per test."""

import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aio_pika
import pytest
from aio_pika.exceptions import AMQPError

from linktime_local.servers.rabbitmq import RabbitMQServer
from linktime_local.testing.engines import container, started, state_folder
from linktime_local.testing.waiting import eventually

GIVEN = "LINKTIME_AMQP_URL"
IMAGE = "rabbitmq:4"


@asynccontextmanager
async def broker_for_tests() -> AsyncIterator[str]:
    """Yield the address of a RabbitMQ whose user may declare, publish and consume."""
    given = os.environ.get(GIVEN)
    if given:
        yield given
        return
    with state_folder("rabbitmq") as folder:
        server = RabbitMQServer(folder)
        async with started(server) as private:
            if private:
                yield server.url
                # Its folder is deleted: a clean shutdown keeps nothing and takes a second.
                await server.kill()
                return
    with container(IMAGE, 5672, {}) as (host, port):
        url = f"amqp://guest:guest@{host}:{port}/"
        await eventually(lambda: _answers(url), within=90, what=f"{IMAGE} answers")
        yield url


@pytest.fixture(scope="session")
async def broker_url() -> AsyncIterator[str]:
    """The address of a RabbitMQ for the whole run."""
    async with broker_for_tests() as url:
        yield url


@pytest.fixture
def topology_prefix() -> str:
    """A unique prefix of one test's exchanges and queues."""
    return f"test.{uuid.uuid4().hex[:12]}."


async def _answers(url: str) -> bool:
    try:
        connection = await aio_pika.connect(url, timeout=5)
    except (OSError, AMQPError, TimeoutError, StopAsyncIteration):
        return False
    await connection.close()
    return True
