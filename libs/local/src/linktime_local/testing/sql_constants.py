"""The SQL constants of a service's store, for tests that each of them fits the schema."""

import importlib
import pkgutil
import re
from types import ModuleType

import asyncpg

from linktime_common.postgres import Connection

_TEMPLATE = re.compile(r"\{[a-z_]+\}")
_STATEMENT = re.compile(r"\s*(WITH|SELECT|INSERT|UPDATE|DELETE)\s")


def sql_constants(package: ModuleType) -> dict[str, str]:
    """Return the statements in constants of all modules of the package, by module and name.

    Private ones with fields in braces are templates of others.
    """
    found = {}
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if not name.isupper() or not isinstance(value, str) or not _STATEMENT.match(value):
                continue
            if not (name.startswith("_") and _TEMPLATE.search(value)):
                found[f"{module.name.removeprefix(f'{package.__name__}.')}.{name}"] = value
    return found


async def refused_constants(connection: Connection, package: ModuleType) -> dict[str, str]:
    """Return the constants that PostgreSQL cannot prepare on this schema, with the reasons."""
    refused = {}
    for name, statement in sql_constants(package).items():
        try:
            await connection.prepare(statement)
        except asyncpg.PostgresError as error:
            refused[name] = str(error)
    return refused
