"""The table `accounts`."""

from uuid import UUID

import asyncpg

from linktime_common.caseless import caseless
from linktime_common.contracts.events.scim import Plan, UserState
from linktime_common.postgres import Connection
from linktime_gateway.domain.accounts import Account, Standing
from linktime_gateway.store.changes import CHANNEL

SAVE = f"""
    WITH saved AS (
        INSERT INTO accounts AS stored
               (id, email, name, username, plan, effective_plan, active, version,
                email_key, credentials_valid_from)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT (id) DO UPDATE
           SET email = excluded.email,
               name = excluded.name,
               username = excluded.username,
               plan = excluded.plan,
               effective_plan = excluded.effective_plan,
               active = excluded.active,
               version = excluded.version,
               email_key = excluded.email_key,
               credentials_valid_from = excluded.credentials_valid_from
         WHERE stored.version < excluded.version
        RETURNING id
    )
    SELECT pg_notify('{CHANNEL}', id::text) FROM saved
"""  # noqa: S608 - a constant of ours

FIND = """
    SELECT id, email, name, username, plan, effective_plan, active, credentials_valid_from
      FROM accounts
     WHERE id = $1
"""


async def save(connection: Connection, user: UserState, version: int) -> bool:
    """Store the account unless what is stored is as new; returns whether it was stored."""
    told = await connection.fetch(
        SAVE,
        user.id,
        user.email,
        user.name,
        user.username,
        user.plan,
        user.effective_plan,
        user.active,
        version,
        caseless(user.email),
        user.credentials_valid_from,
    )
    return bool(told)


async def find(connection: Connection, user_id: UUID) -> Account | None:
    """The account as last heard, or None."""
    row = await connection.fetchrow(FIND, user_id)
    if row is None:
        return None
    return Account(
        id=row["id"],
        email=row["email"],
        name=row["name"],
        username=row["username"],
        plan=Plan(row["plan"]),
        effective_plan=Plan(row["effective_plan"]),
        active=row["active"],
        credentials_valid_from=row["credentials_valid_from"],
    )


def standing(row: asyncpg.Record) -> Standing | None:
    """Of the account that a look-up has joined; None where none is known."""
    if row["effective_plan"] is None:
        return None
    return Standing(
        effective_plan=Plan(row["effective_plan"]),
        active=row["active"],
        credentials_valid_from=row["credentials_valid_from"],
    )
