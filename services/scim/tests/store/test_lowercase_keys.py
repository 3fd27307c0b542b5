"""Casefolded keys become lowercase keys, also those that an old process writes."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import orjson
import pytest

from linktime_common.caseless import caseless, lowercase_key
from linktime_common.ids import new_id
from linktime_common.migrate import migrate
from linktime_common.postgres import Connection
from linktime_local.testing.databases import TemplateDatabases, migrate_before
from linktime_scim.app import SERVICE
from linktime_scim.domain.provisioning import search_keys

BEFORE = migrate_before(SERVICE.migrations, "0006")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
USER = """
    INSERT INTO users (id, email, email_key, name, username, timezone, plan, version, created_at,
                       updated_at)
    VALUES ($1, $2::text, $3, 'Ann', md5($2::text), 'UTC', 'FREE', 1, now(), now())
"""
MEMBER = """
    INSERT INTO memberships (id, organization_id, user_id, role, created_at, scim_attributes,
                             scim_active, scim_version, scim_created_at, scim_updated_at,
                             user_name_key, display_name_key, emails_key, work_emails_key)
    VALUES ($1, $2, $1, 'member', now(), $3, true, 7, now(), now(), $4, $5, $6, $7)
"""
INVITATION = """
    INSERT INTO invitations (id, organization_id, email, email_key, role, invited_by, created_at,
                             expires_at)
    VALUES ($1, $2, $3, $4, 'member', $2, $5, $5)
"""
ROWS = """
    SELECT email, email_key, scim_attributes, user_name_key, display_name_key, emails_key,
           work_emails_key
      FROM users
      JOIN memberships ON memberships.user_id = users.id
"""


@pytest.fixture
async def dsn(template_databases: TemplateDatabases) -> AsyncIterator[str]:
    async with template_databases.fresh("scim_before_lowercase_keys", BEFORE) as address:
        yield address


@pytest.fixture
async def connection(dsn: str) -> AsyncIterator[Connection]:
    opened = await asyncpg.connect(dsn)
    yield opened
    await opened.close()


async def add_member(connection: Connection, organization: Any, address: str) -> None:
    """Add a member as the previous version does: every key casefolded."""
    one = organization if address.startswith("owner") else new_id()
    await connection.execute(USER, one, address, caseless(address))
    if one == organization:
        await connection.execute("INSERT INTO organizations VALUES ($1, 'Acme', $1, now())", one)
    emails = [{"value": address}, {"value": f"work.{address}", "type": "Work"}]
    attributes = {"userName": address, "displayName": f"Name {address}", "emails": emails}
    await connection.execute(
        MEMBER,
        one,
        organization,
        orjson.dumps(attributes).decode(),
        caseless(address),
        caseless(f"Name {address}"),
        caseless(f"\n{address}\nwork.{address}\n"),
        caseless(f"\nwork.{address}\n"),
    )


async def test_keys_of_accounts_and_members(dsn: str, connection: Connection) -> None:
    """Of present rows, and of those that an old process writes meanwhile."""
    organization = new_id()
    for address in (
        "owner@example.com",
        "STRAẞE@example.com",
        "ΣΊΣΥΦΟΣ@example.com",
        "Ünï@x.example",
    ):
        await add_member(connection, organization, address)
    await migrate(dsn, *SERVICE.migrations)
    for address in ("strasse@example.com", "Weiß@example.com", "WEISS@example.com"):
        await add_member(connection, organization, address)
    rows = await connection.fetch(ROWS)
    assert len(rows) == 7
    for row in rows:
        attributes = orjson.loads(row["scim_attributes"])
        keys = search_keys(attributes)
        assert row["email_key"] == lowercase_key(row["email"])
        assert (row["user_name_key"], row["display_name_key"]) == (
            keys.user_name,
            keys.display_name,
        )
        assert (row["emails_key"], row["work_emails_key"]) == (keys.emails, keys.work_emails)


async def test_keys_of_invitations(dsn: str, connection: Connection) -> None:
    """Two with the same key are unchanged until they expire; the migration does not fail."""
    owner = new_id()
    await add_member(connection, owner, "owner@example.com")
    invited = {
        "ΑΣ.ΑΣ@a.example": "ας.ας@a.example",
        "ας.ας@b.example": None,
        "ΑΣ.ΑΣ@b.example": "ασ.ας@b.example",
        "straße@example.com": "straße@example.com",
    }
    for number, (email, key) in enumerate(invited.items()):
        old = email.lower() if key else email
        await connection.execute(
            INVITATION, new_id(), owner, email, old, NOW + timedelta(days=number)
        )
    await migrate(dsn, *SERVICE.migrations)
    rows = await connection.fetch("SELECT email, email_key FROM invitations")
    assert {row["email"]: row["email_key"] for row in rows} == {
        email: key or email for email, key in invited.items()
    }
