"""SQL of the table `account_links`."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linktime_common.columns import Columns
from linktime_common.contracts.events.gateway import AccountMailKind
from linktime_common.postgres import COMMAND_SECONDS, Connection

KEY = Columns("user_id", "kind")
NEW = Columns("token_hash", "email_key", "created_at", "expires_at")

PUT = f"""
    INSERT INTO account_links ({KEY + NEW})
    VALUES ({(KEY + NEW).placeholders()})
        ON CONFLICT ({KEY}) DO UPDATE
       SET {NEW.assignments_from("excluded")},
           used_at = NULL
"""  # noqa: S608 - the columns are a constant

_IS_VALID = """
           links.token_hash = $1
       AND links.kind = ANY ($2::text[])
       AND links.expires_at > $3
       AND links.used_at IS NULL
       AND accounts.id = links.user_id
       AND accounts.active
       AND accounts.email_key = links.email_key
"""

FIND = f"""
    SELECT links.user_id, links.kind, links.email_key
      FROM account_links AS links, accounts
     WHERE {_IS_VALID}
"""  # noqa: S608 - a constant

# Of concurrent uses the first one locks the row; the others then find it used.
USE = f"""
    UPDATE account_links AS links
       SET used_at = $3
      FROM accounts
     WHERE {_IS_VALID}
    RETURNING links.user_id, links.kind, links.email_key
"""  # noqa: S608 - a constant

END = "DELETE FROM account_links WHERE user_id = $1 AND kind = ANY ($2::text[])"

CLEAR = "DELETE FROM account_links WHERE expires_at <= $1"


ALL = frozenset(AccountMailKind)


@dataclass(frozen=True)
class AccountLink:
    """A valid link; `email_key` is the address that it was sent to."""

    user_id: UUID
    kind: AccountMailKind
    email_key: str


async def put(
    connection: Connection,
    link: AccountLink,
    *,
    token_hash: bytes,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Store the link instead of the user's earlier one of this kind."""
    await connection.execute(
        PUT, link.user_id, link.kind, token_hash, link.email_key, now, expires_at
    )


async def find(
    connection: Connection, token_hash: bytes, kinds: Collection[AccountMailKind], now: datetime
) -> AccountLink | None:
    """Return the link if it can be used."""
    return await _link(connection, FIND, token_hash, kinds, now)


async def use(
    connection: Connection, token_hash: bytes, kinds: Collection[AccountMailKind], now: datetime
) -> AccountLink | None:
    """Mark the link as used; None if it cannot be used."""
    return await _link(connection, USE, token_hash, kinds, now)


async def end(
    connection: Connection, user_id: UUID, kinds: Collection[AccountMailKind] = ALL
) -> None:
    """Delete the user's links of these kinds."""
    await connection.execute(END, user_id, list(kinds))


async def clear(connection: Connection, now: datetime) -> None:
    """Delete expired links."""
    await connection.execute(CLEAR, now, timeout=COMMAND_SECONDS)


async def _link(
    connection: Connection,
    statement: str,
    token_hash: bytes,
    kinds: Collection[AccountMailKind],
    now: datetime,
) -> AccountLink | None:
    row = await connection.fetchrow(statement, token_hash, list(kinds), now)
    if row is None:
        return None
    return AccountLink(row["user_id"], AccountMailKind(row["kind"]), row["email_key"])
