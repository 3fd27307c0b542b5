"""SQL of the table `erasures`."""

from datetime import datetime
from uuid import UUID

from linktime_common.columns import Columns
from linktime_common.postgres import Connection
from linktime_contacts.domain.erasure import Erasure
from linktime_contacts.domain.errors import ErasureNotFound

COLUMNS = Columns(
    "id",
    "owner_id",
    "contact_ids",
    "booking_ids",
    "emails",
    "phones",
    "round",
    "waiting_for",
    "requested_at",
    "due_at",
    "finished_at",
)
CHANGEABLE = COLUMNS.without("id", "owner_id", "requested_at")

INSERT = f"INSERT INTO erasures ({COLUMNS}) VALUES ({COLUMNS.placeholders()})"  # noqa: S608

FIND = f"""
    SELECT {COLUMNS}
      FROM erasures
     WHERE owner_id = $1
       AND id = $2
"""  # noqa: S608 - the columns are a constant

CONFIRM = """
    UPDATE erasures
       SET waiting_for = array_remove(waiting_for, $4::text)
     WHERE owner_id = $1
       AND id = $2
       AND round = $3
"""

# Of all hosts.
LOCK_DUE = f"""
    SELECT {COLUMNS}
      FROM erasures
     WHERE finished_at IS NULL
       AND due_at <= $1
       AND cardinality(waiting_for) = 0
     ORDER BY due_at, id
     LIMIT 1
       FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - the columns are a constant

SAVE = f"""
    UPDATE erasures
       SET {CHANGEABLE.assignments(first=3)}
     WHERE owner_id = $1
       AND id = $2
"""  # noqa: S608 - the columns are a constant


async def insert(connection: Connection, erasure: Erasure) -> None:
    await connection.execute(INSERT, *COLUMNS.values(erasure))


async def find(connection: Connection, owner_id: UUID, erasure_id: UUID) -> Erasure:
    """Raises ErasureNotFound."""
    row = await connection.fetchrow(FIND, owner_id, erasure_id)
    if row is None:
        raise ErasureNotFound(erasure_id=erasure_id)
    return Erasure(**row)


async def confirm(
    connection: Connection, *, owner_id: UUID, erasure_id: UUID, number: int, service: str
) -> None:
    """Record that the service has done the round; an earlier round changes nothing."""
    await connection.execute(CONFIRM, owner_id, erasure_id, number, service)


async def lock_due(connection: Connection, now: datetime) -> Erasure | None:
    """Return an erasure whose round is confirmed and whose next step is due."""
    row = await connection.fetchrow(LOCK_DUE, now)
    return Erasure(**row) if row else None


async def save(connection: Connection, erasure: Erasure) -> None:
    """Write a locked erasure."""
    await connection.execute(SAVE, erasure.owner_id, erasure.id, *CHANGEABLE.values(erasure))
