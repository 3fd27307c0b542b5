"""A service's code compares its migrations with those of its database, on a real PostgreSQL."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from linktime_common import schema_check
from linktime_common.migrate import MESSAGING, migrate, sources_of
from linktime_common.settings import ServiceSettings
from linktime_local.testing.databases import TemplateDatabases, run_sql

NEWER = "UPDATE schema_migrations SET name = '9999_of_a_newer_version.sql' WHERE name LIKE '0001%'"


async def nothing(_dsn: str) -> None:
    """Leave the database empty."""


@pytest.fixture
async def dsn(template_databases: TemplateDatabases) -> AsyncIterator[str]:
    async with template_databases.fresh("schema-check", nothing) as address:
        yield address


def settings(dsn: str) -> ServiceSettings:
    return ServiceSettings(
        postgres_dsn=dsn, broker_url="amqp://localhost", port=8000, internal_port=8001
    )


async def test_an_empty_database_lacks_every_migration(
    dsn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await asyncio.to_thread(schema_check.show, "contacts", settings(dsn))
    printed = json.loads(capsys.readouterr().out)
    assert len(printed["missing"]) == sum(len(one.read()) for one in sources_of("contacts"))
    assert printed["unknown"] == []


async def test_migrations_of_a_newer_version_have_an_exit_code(
    dsn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await migrate(dsn, MESSAGING)
    await run_sql(dsn, NEWER)
    with pytest.raises(SystemExit) as ended:
        await asyncio.to_thread(schema_check.show, "contacts", settings(dsn))
    assert ended.value.code == schema_check.NEWER
    unknown = json.loads(capsys.readouterr().out)["unknown"]
    assert unknown == [f"{MESSAGING.name}/9999_of_a_newer_version.sql"]


async def test_a_database_that_does_not_answer_is_a_sentence() -> None:
    unused = "postgresql://somebody@127.0.0.1:9/nothing"
    with pytest.raises(SystemExit, match="the database cannot be read: "):
        await asyncio.to_thread(schema_check.show, "contacts", settings(unused))
