"""A database that refuses every write because its disk is full.

Triggers raise PostgreSQL's error: a disk that is really full needs a file system of its own.
"""

from collections.abc import AsyncIterator
from functools import partial

import pytest

from linktime_common import write_checks
from linktime_common.errors import Unavailable
from linktime_common.http.health import Readiness, without_problem
from linktime_common.postgres import Database, connect
from linktime_local.testing.databases import TemplateDatabases, run_sql

FULL = """
CREATE TABLE written (number integer);
CREATE FUNCTION refuse_row() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
CREATE FUNCTION refuse_table() RETURNS event_trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'could not create file' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON written EXECUTE FUNCTION refuse_row();
CREATE EVENT TRIGGER full_disk ON ddl_command_start EXECUTE FUNCTION refuse_table();
"""
FREE = """
ALTER EVENT TRIGGER full_disk DISABLE;
ALTER TABLE written DISABLE TRIGGER full_disk;
"""
REASON = "PostgreSQL's disk is full"


@pytest.fixture
async def database(template_databases: TemplateDatabases) -> AsyncIterator[Database]:
    prepare = partial(run_sql, statements=FULL)
    async with template_databases.fresh("full_disk", prepare) as address:
        database = await connect(address, application_name="test", size=2)
        yield database
        await database.close()


async def _write(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO written VALUES (1)")


async def test_readiness_fails_with_the_reason_until_writes_succeed(database: Database) -> None:
    """Also when no request comes any more, since the service is not ready."""
    readiness = Readiness({"database": without_problem(database.find_problem)})
    assert await readiness.check() == ({"database": True}, {})
    with pytest.raises(Unavailable, match=REASON):
        await _write(database)
    for _ in range(2):
        assert (await readiness.check())[0] == {"database": False}
        assert readiness.reasons == {"database": REASON}
    async with database.connection() as connection:
        await connection.execute(FREE)
    assert await readiness.check() == ({"database": True}, {})
    assert readiness.reasons == {}
    await _write(database)


async def test_a_failed_check_extends_the_time_of_checks(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk stays visibly full for as long as it is."""
    with pytest.raises(Unavailable):
        await _write(database)
    noted = database._shortage._seen_at
    assert await database.find_problem() == REASON
    assert database._shortage._seen_at > noted
    monkeypatch.setattr(write_checks, "RECENT_SECONDS", 0.0)
    assert await database.find_problem() is None
