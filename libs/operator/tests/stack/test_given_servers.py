import uuid
from pathlib import Path

import aio_pika
import asyncpg
import pytest
from aio_pika.exceptions import ChannelNotFoundEntity

from linktime_local.testing.engines import state_folder
from linktime_operator.errors import StackError
from linktime_operator.stack.settings import StackSettings
from linktime_operator.stack.stack import Stack


async def databases(dsn: str, like: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        found = "SELECT count(*) FROM pg_database WHERE datname LIKE $1"
        return int(await connection.fetchval(found, f"{like}%"))
    finally:
        await connection.close()


async def test_given_servers_are_used_and_cleaned_up(postgres_dsn: str, broker_url: str) -> None:
    """No server is started; a temporary stack removes its databases and queues."""
    name = f"test_{uuid.uuid4().hex[:8]}"
    settings = StackSettings.model_validate(
        {"port": None, "postgres_dsn": postgres_dsn, "amqp_url": broker_url}
    )
    with state_folder("given") as folder:
        async with Stack(folder, settings, name=name, temporary=True) as stack:
            assert stack.file.postgres.pid is None
            assert stack.file.rabbitmq.pid is None
            assert stack.file.demo is not None
            assert len(stack.file.demo.event_types) == 2
            assert await databases(postgres_dsn, name) == 6
        assert not (folder / "postgresql").exists()
    assert await databases(postgres_dsn, name) == 0
    async with await aio_pika.connect(broker_url) as connection:
        channel = await connection.channel()
        with pytest.raises(ChannelNotFoundEntity):
            await channel.get_exchange(f"{name}.events", ensure=True)


async def test_a_missing_broker_is_reported_and_leaves_nothing(
    postgres_dsn: str, tmp_path: Path
) -> None:
    """One sentence; and the folder can be reused at once."""
    name = f"test_{uuid.uuid4().hex[:8]}"
    settings = StackSettings.model_validate(
        {"port": None, "postgres_dsn": postgres_dsn, "amqp_url": "amqp://u:p@127.0.0.1:9/"}
    )
    for _attempt in range(2):
        stack = Stack(tmp_path, settings, name=name, temporary=True)
        with pytest.raises(StackError) as refused:
            await stack.start()
        assert str(refused.value) == (
            "RabbitMQ (LINKTIME_AMQP_URL) cannot be used: connection refused"
        )
    assert await databases(postgres_dsn, name) == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_missing_postgres_is_named_by_its_variable(broker_url: str, host: str) -> None:
    settings = StackSettings.model_validate(
        {"port": None, "postgres_dsn": f"postgresql://u:p@{host}:9/x", "amqp_url": broker_url}
    )
    name = f"test_{uuid.uuid4().hex[:8]}"
    with state_folder("given") as folder, pytest.raises(StackError) as refused:
        await Stack(folder, settings, name=name).start()
    assert str(refused.value) == (
        "PostgreSQL (LINKTIME_POSTGRES_DSN) cannot be used: connection refused"
    )
