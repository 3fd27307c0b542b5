"""The `calendar_accounts` and `calendar_policies` tables."""

from typing import Any
from uuid import UUID

from linktime_availability.domain.calendars import AccountState, CalendarAccount, CalendarPolicy
from linktime_common.columns import Columns
from linktime_common.postgres import Connection

GIVEN = Columns("id", "host_id", "kind", "preset", "server", "user_name", "credentials")
COLUMNS = GIVEN + Columns("state", "last_error", "created_at")

INSERT = f"INSERT INTO calendar_accounts ({GIVEN}) VALUES ({GIVEN.placeholders()})"  # noqa: S608

COUNT = "SELECT count(*) FROM calendar_accounts WHERE host_id = $1"

LIST = f"""
    SELECT {COLUMNS}
      FROM calendar_accounts
     WHERE host_id = $1
     ORDER BY created_at, id
"""  # noqa: S608 - the columns are a constant

FIND = f"""
    SELECT {COLUMNS}
      FROM calendar_accounts
     WHERE host_id = $1
       AND id = $2
"""  # noqa: S608 - the columns are a constant

DELETE = "DELETE FROM calendar_accounts WHERE host_id = $1 AND id = $2"

RECONNECTED = """
    UPDATE calendar_accounts
       SET state = 'CONNECTED', last_error = NULL, credentials = $3, server = $4
     WHERE host_id = $1
       AND id = $2
"""

# Taken before its calendars and links are locked, as connecting and disconnecting do.
LOCK = "SELECT FROM calendar_accounts WHERE host_id = $1 AND id = $2 FOR NO KEY UPDATE"

# True once for each disconnection; an answer to earlier credentials says nothing of these.
REFUSED = """
    UPDATE calendar_accounts
       SET state = 'RECONNECT', last_error = $3
     WHERE host_id = $1
       AND id = $2
       AND credentials = $4
       AND state <> 'RECONNECT'
"""

FIND_POLICY = "SELECT policy FROM calendar_policies WHERE host_id = $1"

SET_POLICY = """
    INSERT INTO calendar_policies (host_id, policy)
    VALUES ($1, $2)
    ON CONFLICT (host_id) DO UPDATE SET policy = excluded.policy
"""


def read(row: Any) -> CalendarAccount:
    """Return the account in a row with these columns."""
    return CalendarAccount(**COLUMNS.fields(row) | {"state": AccountState(row["state"])})


async def insert(connection: Connection, account: CalendarAccount) -> None:
    await connection.execute(INSERT, *GIVEN.values(account))


async def count(connection: Connection, host_id: UUID) -> int:
    """Count the host's accounts."""
    return int(await connection.fetchval(COUNT, host_id))


async def list_of(connection: Connection, host_id: UUID) -> list[CalendarAccount]:
    return [read(row) for row in await connection.fetch(LIST, host_id)]


async def find(
    connection: Connection, *, host_id: UUID, account_id: UUID
) -> CalendarAccount | None:
    row = await connection.fetchrow(FIND, host_id, account_id)
    return read(row) if row else None


async def delete(connection: Connection, *, host_id: UUID, account_id: UUID) -> bool:
    """Delete the account with its calendars; False if there is none."""
    return await connection.execute(DELETE, host_id, account_id) != "DELETE 0"


async def lock(connection: Connection, *, host_id: UUID, account_id: UUID) -> None:
    """Lock the account's row until the transaction ends."""
    await connection.execute(LOCK, host_id, account_id)


async def set_connected(connection: Connection, account: CalendarAccount) -> bool:
    """Store credentials that the server accepts; False if there is no such account."""
    status = await connection.execute(
        RECONNECTED, account.host_id, account.id, account.credentials, account.server
    )
    return status != "UPDATE 0"


async def set_refused(connection: Connection, account: CalendarAccount, error: str) -> bool:
    """Stop reading the account until it is connected again.

    False if it was stopped already, or has other credentials now.
    """
    status = await connection.execute(
        REFUSED, account.host_id, account.id, error, account.credentials
    )
    return status != "UPDATE 0"


async def find_policy(connection: Connection, host_id: UUID) -> CalendarPolicy:
    found = await connection.fetchval(FIND_POLICY, host_id)
    return CalendarPolicy(found) if found else CalendarPolicy.FAIL_CLOSED


async def set_policy(connection: Connection, host_id: UUID, policy: CalendarPolicy) -> None:
    await connection.execute(SET_POLICY, host_id, policy)
