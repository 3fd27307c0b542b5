import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from linktime_common.connection_slots import when_accepted
from linktime_local.testing.waiting import eventually
from linktime_operator.errors import StackError
from linktime_operator.stack import databases
from linktime_operator.stack.kept import KeptSecrets

SERVICES = ("scim", "bookings")


@pytest.fixture
def secrets(tmp_path: Path) -> KeptSecrets:
    return KeptSecrets(tmp_path / "secrets")


@pytest.fixture
async def stack_name(postgres_dsn: str) -> AsyncIterator[str]:
    name = f"test_{uuid.uuid4().hex[:8]}"
    yield name
    await databases.drop(postgres_dsn, name, SERVICES)


async def ask(dsn: str, question: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def test_each_service_owns_its_database_and_enters_no_other(
    postgres_dsn: str, stack_name: str, secrets: KeptSecrets
) -> None:
    """The role can run migrations in its own database, and is refused in others."""
    dsns = await databases.ensure(postgres_dsn, stack_name, SERVICES, secrets)
    for service, dsn in dsns.items():
        assert await ask(dsn, "SELECT current_user") == f"{stack_name}_{service}"
        await ask(dsn, "CREATE EXTENSION IF NOT EXISTS btree_gist")
        await ask(dsn, "CREATE TABLE mine (id int)")
    others = urlunsplit(urlsplit(dsns["scim"])._replace(path=urlsplit(dsns["bookings"]).path))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await ask(others, "SELECT 1")


async def test_the_next_run_finds_the_same_databases_with_their_data(
    postgres_dsn: str, stack_name: str, secrets: KeptSecrets
) -> None:
    """Preparing existing databases changes nothing."""
    first = await databases.ensure(postgres_dsn, stack_name, SERVICES, secrets)
    await ask(first["scim"], "CREATE TABLE mine AS SELECT 7 AS id")
    second = await databases.ensure(postgres_dsn, stack_name, SERVICES, secrets)
    assert second == first
    assert await ask(second["scim"], "SELECT id FROM mine") == 7


@pytest.mark.parametrize("rights", ["CREATEDB CREATEROLE", "CREATEDB"])
async def test_an_ordinary_user_who_may_create_databases_is_enough(
    postgres_dsn: str, stack_name: str, secrets: KeptSecrets, rights: str
) -> None:
    """Without the right to create roles the services share the given user."""
    user = f"{stack_name}_admin"
    await ask(postgres_dsn, f"CREATE ROLE {user} LOGIN {rights} PASSWORD 'p'")
    try:
        parts = urlsplit(postgres_dsn)
        server = parts.netloc.rpartition("@")[2]
        given = urlunsplit(parts._replace(netloc=f"{user}:p@{server}"))
        dsns = await databases.ensure(given, stack_name, SERVICES, secrets)
        for service, dsn in dsns.items():
            expected = f"{stack_name}_{service}" if "CREATEROLE" in rights else user
            assert await ask(dsn, "SELECT current_user") == expected
            await ask(dsn, "CREATE EXTENSION IF NOT EXISTS pg_trgm")
            await ask(dsn, "CREATE TABLE mine (id int)")
    finally:
        await databases.drop(postgres_dsn, stack_name, SERVICES)
        await ask(postgres_dsn, f"DROP ROLE {user}")


async def test_a_user_without_create_rights_is_reported(
    postgres_dsn: str, stack_name: str, secrets: KeptSecrets
) -> None:
    """The sentence names the setting to change."""
    user = f"{stack_name}_nobody"
    await ask(postgres_dsn, f"CREATE ROLE {user} LOGIN PASSWORD 'p'")
    parts = urlsplit(postgres_dsn)
    given = urlunsplit(parts._replace(netloc=f"{user}:p@{parts.netloc.rpartition('@')[2]}"))
    try:
        with pytest.raises(StackError, match="LINKTIME_POSTGRES_DSN must be allowed"):
            await databases.ensure(given, stack_name, SERVICES, secrets)
    finally:
        await ask(postgres_dsn, f"DROP ROLE {user}")


async def test_it_waits_for_a_free_connection(
    postgres_dsn: str, stack_name: str, secrets: KeptSecrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container that prepares the servers once does not end because all are taken."""
    refusals: list[Exception] = []

    async def noting(open_one: Any, **limits: Any) -> Any:
        return await when_accepted(open_one, on_refusal=refusals.append, **limits)

    monkeypatch.setattr(databases, "when_accepted", noting)
    user = f"{stack_name}_one"
    role = f"CREATE ROLE {user} LOGIN CREATEDB CONNECTION LIMIT 1 PASSWORD 'p'"
    await ask(postgres_dsn, role)
    parts = urlsplit(postgres_dsn)
    given = urlunsplit(parts._replace(netloc=f"{user}:p@{parts.netloc.rpartition('@')[2]}"))
    try:
        other = await asyncpg.connect(given)
        preparing = asyncio.create_task(databases.ensure(given, stack_name, SERVICES, secrets))
        await eventually(lambda: refusals)
        await other.close()
        assert set(await preparing) == set(SERVICES)
    finally:
        await databases.drop(postgres_dsn, stack_name, SERVICES)
        await ask(postgres_dsn, f"DROP ROLE {user}")


async def test_a_missing_server_is_reported(stack_name: str, secrets: KeptSecrets) -> None:
    """One sentence, no traceback."""
    with pytest.raises(StackError, match=r"PostgreSQL .* cannot be used: connection refused"):
        await databases.ensure("postgresql://u@127.0.0.1:9/x", stack_name, SERVICES, secrets)


async def test_a_refusal_of_the_server_is_one_sentence(
    postgres_dsn: str, secrets: KeptSecrets
) -> None:
    """Such as a full disk; the server's own message, without its hints."""
    with pytest.raises(StackError) as refused:
        await databases.ensure(postgres_dsn, "pg", SERVICES, secrets)
    assert str(refused.value) == 'PostgreSQL cannot be used: role name "pg_scim" is reserved'
