"""The advisory lock under which a host's time is decided, held until the transaction ends."""

from uuid import UUID

from linktime_common.postgres import Connection

WAIT_SECONDS = 1.5

# A separate statement before any read: under READ COMMITTED only a later statement sees what the
# previous holder has committed.
TAKE = "SELECT pg_advisory_xact_lock($1)"


async def take(connection: Connection, host_id: UUID) -> None:
    """Wait for the host's lock; raises TimeoutError after WAIT_SECONDS, which ends the transaction.

    Two hosts whose ids share their low 64 bits share a lock, which only costs time.
    """
    await connection.execute(TAKE, key_of(host_id), timeout=WAIT_SECONDS)


def key_of(host_id: UUID) -> int:
    """Return the key of the advisory lock."""
    return int.from_bytes(host_id.bytes[8:], "big", signed=True)
