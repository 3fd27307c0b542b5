"""The metrics of a database pool."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from prometheus_client import REGISTRY

from linktime_common import postgres
from linktime_common.errors import Unavailable
from linktime_common.postgres import Database, connect
from linktime_local.testing.waiting import eventually


@pytest.fixture
async def database(postgres_dsn: str) -> AsyncIterator[Database]:
    database = await connect(postgres_dsn, application_name="test", size=2)
    yield database
    await database.close()


def figure(name: str) -> float:
    return REGISTRY.get_sample_value(f"linktime_database_pool_{name}") or 0.0


async def test_size_use_and_waiting_are_measured(database: Database) -> None:
    """Of this pool and the others of the process, together."""
    size, used, waiting = figure("size"), figure("used"), figure("waiting")

    async def use() -> None:
        async with database.connection():
            pass

    async with database.connection(), database.connection():
        assert figure("used") == used + 2
        third = asyncio.create_task(use())
        await eventually(lambda: figure("waiting") == waiting + 1)
    await third
    assert (figure("used"), figure("waiting")) == (used, waiting)
    other = await connect("postgresql:///unused", application_name="test", size=5)
    assert figure("size") == size + 5
    await other.close()
    assert figure("size") == size


async def test_who_gets_no_connection_is_counted(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And does not wait any more."""
    monkeypatch.setattr(postgres, "ACQUIRE_SECONDS", 0.1)
    timeouts, waiting = figure("timeouts_total"), figure("waiting")
    async with database.connection(), database.connection():
        with pytest.raises(Unavailable):
            async with database.connection():
                pass
    assert figure("timeouts_total") == timeouts + 1
    assert figure("waiting") == waiting


async def test_an_unreachable_server_leaves_no_use_behind() -> None:
    """The turn is given back."""
    unreachable = await connect("postgresql://127.0.0.1:1/none", application_name="test", size=1)
    used = figure("used")
    with pytest.raises(Unavailable):
        async with unreachable.connection():
            pass
    assert figure("used") == used
    await unreachable.close()
