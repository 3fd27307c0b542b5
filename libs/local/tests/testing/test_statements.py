"""Types of arguments are checked against PostgreSQL's types of parameters."""

import contextlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from linktime_common.postgres import connect
from linktime_local.testing.databases import TemplateDatabases

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TABLE = """
    CREATE TABLE things (
        id uuid, rate integer, big bigint, share float8, price numeric, name text, code varchar(9),
        at timestamptz, wall timestamp, day date, took interval, raw bytea, ok boolean, more jsonb
    )
"""
INSERT = """
    INSERT INTO things (id, price, name, at, day, took, raw, more)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""


async def _make(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(TABLE)
    await connection.close()


async def _run(templates: TemplateDatabases, query: str, *arguments: Any) -> None:
    async with templates.fresh("statements", _make) as dsn:
        database = await connect(dsn, application_name="test", size=1)
        async with database.connection() as connection:
            await connection.execute(query, *arguments)
        await database.close()


@pytest.mark.parametrize(
    ("query", "arguments", "said"),
    [
        ("SELECT rate * $1 FROM things", [0.25], r"\$1 is int4, but the argument is float"),
        ("SELECT 1 FROM things WHERE price = $1", [0.1], r"\$1 is numeric.*float"),
        ("SELECT 1 FROM things WHERE id = $1", [str(uuid4())], r"\$1 is uuid.*str"),
        (
            "SELECT 1 FROM things WHERE id = ANY ($1)",
            [[uuid4(), str(uuid4())]],
            r"uuid\[\].*UUID, str",
        ),
        ("SELECT 1 FROM things WHERE at > $1", [NOW.replace(tzinfo=None)], r"timestamptz.*without"),
        ("SELECT 1 FROM things WHERE wall > $1", [NOW.replace(tzinfo=None)], None),
        ("SELECT 1 FROM things WHERE day > $1", [NOW], r"\$1 is date,.*datetime"),
        ("SELECT rate * $1::float8 FROM things", [0.25], None),
        ("SELECT 1 FROM things WHERE rate = $1 AND big = $2", [1, None], None),
        ("SELECT 1 FROM things WHERE ok = $1", [True], None),
        ("SELECT 1 FROM things WHERE rate = $1", [True], r"\$1 is int4.*bool"),
        (INSERT, [uuid4(), Decimal(1), "n", NOW, NOW.date(), timedelta(1), b"", {"a": [1]}], None),
    ],
)
async def test_parameters(
    template_databases: TemplateDatabases, query: str, arguments: list[Any], said: str | None
) -> None:
    """asyncpg converts each of these silently; the check fails."""
    with contextlib.ExitStack() as stack:
        if said is not None:
            stack.enter_context(pytest.raises(AssertionError, match=said))
        await _run(template_databases, query, *arguments)
