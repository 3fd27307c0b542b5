"""Every SQL constant fits the migrated schema."""

import inspect
from types import ModuleType

import pytest

from linktime_common.postgres import Database
from linktime_scim.store import (
    former_usernames,
    invitations,
    member_refreshes,
    memberships,
    organizations,
    scim_members,
    users,
)


def statements(module: ModuleType) -> list[tuple[str, str]]:
    return [
        (name, value)
        for name, value in inspect.getmembers(module)
        if name.isupper() and isinstance(value, str)
    ]


@pytest.mark.parametrize(
    "module",
    [
        users,
        former_usernames,
        organizations,
        memberships,
        member_refreshes,
        scim_members,
        invitations,
    ],
)
async def test_statements_fit_the_schema(database: Database, module: ModuleType) -> None:
    """PostgreSQL accepts names and types of each, on every tested version."""
    found = statements(module)
    assert found
    async with database.connection() as connection:
        for _name, sql in found:
            await connection.prepare(sql)
