import uuid
from pathlib import Path

import pytest
from libs.operator.tests.given_servers import databases

from linktime_local.testing.engines import state_folder
from linktime_operator.errors import StackError
from linktime_operator.stack.settings import StackSettings
from linktime_operator.stack.stack import Stack


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
