"""PostgreSQL for tests: one server per run, a new database per test."""

import os
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from linktime_common import postgres
from linktime_common.migrate import MigrationSource, migrate
from linktime_local.servers.postgres import PostgresServer
from linktime_local.testing.engines import container, started, state_folder
from linktime_local.testing.statements import STATEMENTS
from linktime_local.testing.waiting import eventually

GIVEN = "LINKTIME_POSTGRES_DSN"
IMAGE = "postgres:18"
CONNECTIONS = 300

EMPTY = """
    DO $$
    DECLARE
        one regclass;
        has_rows boolean;
    BEGIN
        FOR one IN
            SELECT oid
              FROM pg_class
             WHERE relnamespace = 'public'::regnamespace
               AND relkind IN ('r', 'p')
               AND NOT relispartition
               AND relname <> 'schema_migrations'
        LOOP
            EXECUTE format('SELECT EXISTS (SELECT FROM %s)', one) INTO has_rows;
            IF has_rows THEN
                EXECUTE format('TRUNCATE %s RESTART IDENTITY CASCADE', one);
            END IF;
        END LOOP;
    END
    $$
"""

FreshDsn = Callable[[], AbstractAsyncContextManager[str]]
"""A context manager that yields the DSN of a new, migrated database."""


@asynccontextmanager
async def postgres_for_tests() -> AsyncIterator[str]:
    """Yield the DSN of a PostgreSQL whose user may create databases."""
    given = os.environ.get(GIVEN)
    if given:
        yield given
        return
    with state_folder("postgres", in_memory=True) as folder:
        server = PostgresServer(folder, durable=False, max_connections=CONNECTIONS)
        async with started(server) as private:
            if private:
                yield server.dsn
                return
    with container(IMAGE, 5432, {"POSTGRES_PASSWORD": "linktime"}) as (host, port):
        dsn = f"postgresql://postgres:linktime@{host}:{port}/postgres"
        await eventually(lambda: _answers(dsn), within=60, what=f"{IMAGE} answers")
        yield dsn


class TemplateDatabases:
    """Migrates each service's schema once and copies it for every test.

    Use one object per run: its names are unique, so runs may share a server.
    """

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._run = uuid.uuid4().hex[:8]
        self._templates: dict[str, str] = {}
        self._copies = 0

    @asynccontextmanager
    async def fresh(
        self, name: str, migrate: Callable[[str], Awaitable[None]]
    ) -> AsyncIterator[str]:
        """Yield the DSN of a new database with the schema of `migrate(dsn)`; drop it afterwards.

        `name` (a service) is migrated at its first use only. Open connections are closed. Raises
        AssertionError for a statement with arguments of other types than its parameters.
        """
        template = self._templates.get(name) or await self._make_template(name, migrate)
        self._copies += 1
        copy = f"test_{self._run}_{name}_{self._copies}"
        # In memory and without fsync a checkpoint costs less than to log each copied page.
        await self._run_sql(f'CREATE DATABASE "{copy}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        try:
            yield self.dsn_of(copy)
            await STATEMENTS.check(self.dsn_of(copy), copy)
        finally:
            await self._run_sql(f'DROP DATABASE "{copy}" WITH (FORCE)')

    def dsn_of(self, database: str) -> str:
        """Return the DSN of another database on the same server."""
        return urlunsplit(urlsplit(self._dsn)._replace(path=f"/{database}"))

    async def drop_templates(self) -> None:
        """Drop the templates of this run."""
        for template in self._templates.values():
            await self._run_sql(f'ALTER DATABASE "{template}" IS_TEMPLATE false')
            await self._run_sql(f'DROP DATABASE "{template}" WITH (FORCE)')
        self._templates.clear()

    async def _make_template(self, name: str, migrate: Callable[[str], Awaitable[None]]) -> str:
        template = f"test_{self._run}_{name}_template"
        await self._run_sql(f'CREATE DATABASE "{template}"')
        await migrate(self.dsn_of(template))
        # A connection to the template would make every copy fail.
        await self._run_sql(
            f'ALTER DATABASE "{template}" WITH ALLOW_CONNECTIONS false IS_TEMPLATE true'
        )
        self._templates[name] = template
        return template

    async def _run_sql(self, statement: str) -> None:
        await run_sql(self._dsn, statement)


async def run_sql(dsn: str, statements: str) -> None:
    """Run statements without parameters on a connection of their own.

    `partial(run_sql, statements=…)` prepares a database for `TemplateDatabases.fresh`.
    """
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statements)
    finally:
        await connection.close()


async def empty(dsn: str) -> None:
    """Delete the rows of all tables; the record of migrations stays.

    For tests of a module that share a database and change no schema: much cheaper than a new one.
    """
    await run_sql(dsn, EMPTY)


@pytest.fixture(scope="session")
async def postgres_dsn() -> AsyncIterator[str]:
    """The DSN of a PostgreSQL for the whole run; its user may create databases and roles."""
    async with postgres_for_tests() as dsn:
        yield dsn


@pytest.fixture(scope="session")
async def template_databases(postgres_dsn: str) -> AsyncIterator[TemplateDatabases]:
    """New databases from templates: `async with template_databases.fresh(name, migrate)`."""
    templates = TemplateDatabases(postgres_dsn)
    yield templates
    await templates.drop_templates()


async def _answers(dsn: str) -> bool:
    try:
        connection = await asyncpg.connect(dsn, timeout=5)
    except (OSError, asyncpg.PostgresError):
        return False
    await connection.close()
    return True


@pytest.fixture
def long_connection_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests with more concurrent callers than the pool has connections, on a busy machine."""
    for limit in ("ACQUIRE_SECONDS", "OPEN_SECONDS"):
        monkeypatch.setattr(postgres, limit, 30)


def migrate_before(
    sources: Sequence[MigrationSource], number: str
) -> Callable[[str], Awaitable[None]]:
    """Return what migrates a database to the schema before migration `number` of the last source.

    Give it to `TemplateDatabases.fresh` to test a migration on existing rows.
    """
    *common, own = sources

    async def prepare(dsn: str) -> None:
        await migrate(dsn, *common, _Before(own.package, number=number))

    return prepare


@dataclass(frozen=True)
class _Before(MigrationSource):
    number: str = ""

    def read(self) -> list[tuple[str, str]]:
        return [one for one in super().read() if one[0] < self.number]
