"""The table of accounts."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
from asyncpg import Record

from linktime_common.caseless import lowercase_key
from linktime_common.columns import Columns
from linktime_common.contracts.events.scim import Plan
from linktime_common.postgres import Connection
from linktime_scim.domain.account import Account
from linktime_scim.domain.errors import UsernameTaken
from linktime_scim.domain.usernames import kept_since
from linktime_scim.store import former_usernames, retired_usernames

ACCOUNT = Columns(
    "id",
    "email",
    "name",
    "username",
    "timezone",
    "locale",
    "plan",
    "active",
    "closed",
    "version",
    "created_at",
    "email_verified",
    "managed_by",
    "credentials_valid_from",
)
GIVEN = Columns(
    "id",
    "email",
    "email_key",
    "name",
    "timezone",
    "locale",
    "plan",
    "version",
    "email_verified",
    "managed_by",
)
STATUS = Columns("active", "email_verified", "managed_by", "credentials_valid_from")
SWITCH = Columns("active", "closed")

# Takes the first free candidate. A concurrent insert with the same id, e-mail or username waits for
# this transaction and then inserts nothing.
INSERT = f"""
    INSERT INTO users (username, active, created_at, updated_at, {GIVEN})
    SELECT candidate, true, $2, $2, {GIVEN.placeholders(first=4)}
      FROM unnest($1::text[]) WITH ORDINALITY AS wanted (candidate, position)
     WHERE NOT EXISTS (SELECT FROM users WHERE username = candidate)
       AND NOT EXISTS (
           SELECT FROM former_usernames WHERE username = candidate AND replaced_at > $3)
       AND NOT EXISTS (
           SELECT
             FROM retired_usernames
            WHERE username_hash = sha256(convert_to(candidate, 'UTF8'))
              AND retired_at > $3)
     ORDER BY position
     LIMIT 1
    ON CONFLICT DO NOTHING
    RETURNING {ACCOUNT}, false AS in_business
"""  # noqa: S608 - the columns are a constant

READ = f"""
    SELECT {ACCOUNT},
           EXISTS (
               SELECT
                 FROM memberships
                 JOIN organizations ON organizations.id = memberships.organization_id
                 JOIN users AS owners ON owners.id = organizations.owner_id
                WHERE memberships.user_id = users.id
                  AND memberships.active
                  AND owners.plan = 'BUSINESS'
           ) AS in_business
      FROM users
"""  # noqa: S608 - the columns are a constant

FIND = f"{READ} WHERE id = $1"

FIND_BY_EMAIL = f"{READ} WHERE email_key = $1"

# An account that has the username, else the one that had it.
FIND_BY_USERNAME = f"""
    {READ}
     WHERE id = coalesce(
               (SELECT id FROM users WHERE username = $1),
               (SELECT user_id FROM former_usernames WHERE username = $1))
"""  # noqa: S608 - the columns are a constant

LIST = f"{READ} WHERE id > $1 ORDER BY id LIMIT $2"

FIND_SOME = f"{READ} WHERE id = ANY ($1) ORDER BY id"

LOCK = "SELECT plan FROM users WHERE id = $1 FOR NO KEY UPDATE"

# By id, in the same order as every lock of several accounts.
LOCK_SOME = "SELECT id FROM users WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE"

SET_PROFILE = """
    UPDATE users
       SET name = $2, timezone = $3, locale = $4,
           version = greatest(version + 1, $5), updated_at = $6
     WHERE id = $1
"""

SET_USERNAME = """
    UPDATE users
       SET username = $2
     WHERE id = $1
"""

SET_PLAN = """
    UPDATE users
       SET plan = $2, version = greatest(version + 1, $3), updated_at = $4
     WHERE id = $1
"""

SET_LOCALE = "UPDATE users SET locale = $2 WHERE id = $1"

# The version is renewed when the states are compared.
SET_STATUS = f"""
    UPDATE users
       SET {STATUS.assignments(first=2)}
     WHERE id = $1
"""  # noqa: S608 - the columns are a constant

SET_SWITCH = f"""
    UPDATE users
       SET {SWITCH.assignments(first=2)}
     WHERE id = $1
"""  # noqa: S608 - the columns are a constant

RENEW_VERSIONS = """
    UPDATE users
       SET version = greatest(version + 1, $2), updated_at = $3
     WHERE id = ANY ($1)
"""


async def insert(
    connection: Connection,
    *,
    user_id: UUID,
    email: str,
    name: str,
    usernames: Sequence[str],
    timezone: str,
    locale: str | None,
    plan: Plan,
    version: int,
    now: datetime,
    email_verified: bool,
    managed_by: UUID | None,
) -> Account | None:
    """Insert the account with the first free one of `usernames`; return it.

    None when id or e-mail exist, or when no username was free.
    """
    row = await connection.fetchrow(
        INSERT,
        usernames,
        now,
        kept_since(now),
        user_id,
        email,
        lowercase_key(email),
        name,
        timezone,
        locale,
        plan,
        version,
        email_verified,
        managed_by,
    )
    return _account(row) if row else None


async def find(connection: Connection, user_id: UUID) -> Account | None:
    row = await connection.fetchrow(FIND, user_id)
    return _account(row) if row else None


async def find_by_email(connection: Connection, email: str) -> Account | None:
    """Return the account with this e-mail in any letter case, or None."""
    row = await connection.fetchrow(FIND_BY_EMAIL, lowercase_key(email))
    return _account(row) if row else None


async def find_by_username(connection: Connection, username: str) -> Account | None:
    """Return the account that has the username, in any letter case, else the one that had it."""
    row = await connection.fetchrow(FIND_BY_USERNAME, username.lower())
    return _account(row) if row else None


async def list_after(connection: Connection, after: UUID, limit: int) -> list[Account]:
    """Return up to `limit` accounts after the id `after`, by id."""
    return [_account(row) for row in await connection.fetch(LIST, after, limit)]


async def find_some(connection: Connection, user_ids: Sequence[UUID]) -> list[Account]:
    """Return these accounts, by id."""
    return [_account(row) for row in await connection.fetch(FIND_SOME, user_ids)]


async def lock(connection: Connection, user_id: UUID) -> Plan | None:
    """Lock the account until the transaction ends; return its own plan, None without account.

    Read it with `find` afterwards: a new statement sees the changes committed meanwhile.
    """
    plan = await connection.fetchval(LOCK, user_id)
    return Plan(plan) if plan else None


async def lock_some(connection: Connection, user_ids: Sequence[UUID]) -> None:
    """Lock the accounts until the transaction ends."""
    await connection.execute(LOCK_SOME, user_ids)


async def set_profile(
    connection: Connection,
    user_id: UUID,
    *,
    name: str,
    timezone: str,
    locale: str | None,
    version: int,
    now: datetime,
) -> None:
    """Change name, time zone and language of a locked account."""
    await connection.execute(SET_PROFILE, user_id, name, timezone, locale, version, now)


async def set_locale(connection: Connection, user_id: UUID, locale: str | None) -> None:
    """Store the language of a locked account; its version is renewed when states are compared."""
    await connection.execute(SET_LOCALE, user_id, locale)


async def set_username(
    connection: Connection, user_id: UUID, username: str, *, now: datetime
) -> None:
    """Change the username of a locked account; its version is renewed by `set_profile`.

    Raises UsernameTaken, also while the username is kept for the account that had it; then the
    transaction has to be rolled back.
    """
    try:
        await connection.execute(SET_USERNAME, user_id, username)
    except asyncpg.UniqueViolationError as error:
        raise UsernameTaken(user_id=user_id) from error
    # After the change, which may have waited for the account that gave the username up: only a new
    # statement sees what that one committed.
    since = kept_since(now)
    if await former_usernames.is_kept(
        connection, username, otherwise_than_for=user_id, since=since
    ) or await retired_usernames.is_kept(connection, username, since=since):
        raise UsernameTaken(user_id=user_id)


async def set_plan(
    connection: Connection, user_id: UUID, plan: Plan, *, version: int, now: datetime
) -> None:
    """Change the own plan of a locked account; its version becomes at least `version`."""
    await connection.execute(SET_PLAN, user_id, plan, version, now)


async def set_standing(connection: Connection, account: Account) -> None:
    """Store the activity, verification, manager and start of credentials of a locked account."""
    await connection.execute(SET_STATUS, account.id, *STATUS.values(account))


async def set_switch(connection: Connection, account: Account) -> None:
    """Store whether the operator has closed a locked account, and its activity."""
    await connection.execute(SET_SWITCH, account.id, *SWITCH.values(account))


async def renew_versions(
    connection: Connection, user_ids: Sequence[UUID], *, version: int, now: datetime
) -> None:
    """Give locked accounts with changed states a later version, at least `version`."""
    await connection.execute(RENEW_VERSIONS, user_ids, version, now)


def _account(row: Record) -> Account:
    return Account(**{**row, "plan": Plan(row["plan"])})
