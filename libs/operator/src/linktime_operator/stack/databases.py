"""One database and one login role for each service, on a private or a given PostgreSQL."""

from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from linktime_common.connection_slots import FULL_OR_STARTING, when_accepted
from linktime_operator.errors import StackError
from linktime_operator.stack.kept import KeptPasswords
from linktime_operator.stack.reasons import reason_of

CONNECT_SECONDS = 10.0
COMMAND_SECONDS = 60.0
ACCEPTED_SECONDS = 60.0
GIVEN = "PostgreSQL (LINKTIME_POSTGRES_DSN)"
READ_SELF = "SELECT rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user"
FIND_ROLE = "SELECT true FROM pg_roles WHERE rolname = $1"
FIND_DATABASE = "SELECT true FROM pg_database WHERE datname = $1"


async def ensure(
    administrator: str,
    stack: str,
    services: Iterable[str],
    secrets: KeptPasswords,
    *,
    called: str = GIVEN,
) -> Mapping[str, str]:
    """Create what is missing; returns the DSN of each service's own role and database.

    `administrator` is the DSN of a user who may create databases. If it may not create roles, the
    services use it too. `called` names the server in errors. Raises StackError when it cannot be
    reached or refuses.
    """
    connection = await _connect(administrator, called)
    try:
        superuser, makes_roles = await connection.fetchrow(READ_SELF) or (False, False)
        own_roles = superuser or makes_roles
        dsns = {}
        for service in services:
            name = f"{stack}_{service}"
            password = secrets.password(f"postgres-{service}")
            if own_roles:
                await _ensure_role(connection, name, password, superuser=superuser)
            await _ensure_database(connection, name, owner=name if own_roles else None)
            dsns[service] = dsn_of(administrator, name, password if own_roles else None)
    except asyncpg.InsufficientPrivilegeError as error:
        raise StackError(
            f"PostgreSQL refused to create LinkTime's databases and roles: {error}. "
            "The user of LINKTIME_POSTGRES_DSN must be allowed to create databases."
        ) from error
    except asyncpg.PostgresError as error:  # a full disk, for example
        raise StackError(f"PostgreSQL cannot be used: {error.args[0]}") from error
    else:
        return dsns
    finally:
        await connection.close()


async def drop(administrator: str, stack: str, services: Iterable[str]) -> None:
    """Remove the databases and roles of a test stack."""
    connection = await _connect(administrator, GIVEN)
    try:
        for service in services:
            name = f"{stack}_{service}"
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            await connection.execute(f'DROP ROLE IF EXISTS "{name}"')
    finally:
        await connection.close()


async def _connect(administrator: str, called: str) -> "asyncpg.Connection[asyncpg.Record]":
    try:
        return await when_accepted(
            lambda: asyncpg.connect(
                administrator, timeout=CONNECT_SECONDS, command_timeout=COMMAND_SECONDS
            ),
            within_seconds=ACCEPTED_SECONDS,
            refusals=FULL_OR_STARTING,
        )
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StackError(f"{called} cannot be used: {reason_of(error)}") from error


async def _ensure_role(
    connection: "asyncpg.Connection[asyncpg.Record]", name: str, password: str, *, superuser: bool
) -> None:
    # The password is base64url, so it needs no quoting; DDL takes no parameters.
    verb = "ALTER" if await connection.fetchval(FIND_ROLE, name) else "CREATE"
    await connection.execute(f"{verb} ROLE \"{name}\" LOGIN PASSWORD '{password}'")
    if not superuser:
        # From PostgreSQL 16 on, changing a database's owner needs membership in the new owner.
        await connection.execute(f'GRANT "{name}" TO CURRENT_USER')


async def _ensure_database(
    connection: "asyncpg.Connection[asyncpg.Record]", name: str, *, owner: str | None
) -> None:
    if not await connection.fetchval(FIND_DATABASE, name):
        owned = f' OWNER "{owner}"' if owner else ""
        await connection.execute(f'CREATE DATABASE "{name}"{owned}')
    if owner:
        # Each service's role can connect to its own database only.
        await connection.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')


def dsn_of(administrator: str, database: str, password: str | None) -> str:
    """Return the DSN of a database on the administrator's server, with its login or an own one."""
    parts = urlsplit(administrator)
    server = parts.netloc.rpartition("@")[2]
    login = f"{quote(database)}:{password}" if password else parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{login}@{server}", path=f"/{quote(database)}"))
