"""SQL of the table `accounts`."""

from dataclasses import dataclass
from uuid import UUID

import asyncpg

from linktime_common.caseless import lowercase_key
from linktime_common.columns import Columns
from linktime_common.contracts.events.scim import Plan, UserState
from linktime_common.postgres import Connection
from linktime_gateway.domain.accounts import AccountProjection, AccountStatus
from linktime_gateway.store.changes import CHANNEL

ACCOUNT = Columns(
    "id",
    "email",
    "name",
    "username",
    "plan",
    "effective_plan",
    "active",
    "credentials_valid_from",
    "timezone",
)
STATUS = Columns("effective_plan", "active", "credentials_valid_from", "timezone")
COLUMNS = ACCOUNT + Columns("version", "email_key")

SAVE = f"""
    WITH saved AS (
        INSERT INTO accounts AS stored ({COLUMNS})
        VALUES ({COLUMNS.placeholders()})
            ON CONFLICT (id) DO UPDATE
           SET {COLUMNS.without("id").assignments_from("excluded")}
         WHERE stored.version < excluded.version
            OR (stored.version = excluded.version AND stored.timezone IS NULL)
        RETURNING id
    )
    SELECT pg_notify('{CHANNEL}', id::text),
           (SELECT before.email_key FROM accounts AS before WHERE before.id = saved.id) AS email_key
      FROM saved
"""  # noqa: S608 - a constant of ours

FIND = f"""
    SELECT {ACCOUNT.qualified("accounts")},
           logins.verified_email_key IS NOT DISTINCT FROM accounts.email_key AS email_verified
      FROM accounts
      LEFT JOIN logins ON logins.user_id = accounts.id
     WHERE accounts.id = $1
"""  # noqa: S608 - the columns are a constant


@dataclass(frozen=True)
class SavedAccount:
    """A newer version that was stored."""

    address_has_changed: bool


async def save(connection: Connection, user: UserState, version: int) -> SavedAccount | None:
    """Store the account; None if the stored version is as new."""
    email_key = lowercase_key(user.email)
    row = await connection.fetchrow(SAVE, *ACCOUNT.values(user), version, email_key)
    return SavedAccount(row["email_key"] not in {None, email_key}) if row else None


async def find(connection: Connection, user_id: UUID) -> AccountProjection | None:
    """Return the account, or None."""
    row = await connection.fetchrow(FIND, user_id)
    if row is None:
        return None
    plans = {"plan": Plan(row["plan"]), "effective_plan": Plan(row["effective_plan"])}
    return AccountProjection(**{**row, **plans})


def account_status(row: asyncpg.Record) -> AccountStatus | None:
    """Return the joined account of a row, or None."""
    if row["effective_plan"] is None:
        return None
    fields = STATUS.fields(row)
    return AccountStatus(**{**fields, "effective_plan": Plan(fields["effective_plan"])})
