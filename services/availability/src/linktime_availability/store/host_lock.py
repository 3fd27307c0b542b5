"""The lock that whoever decides about a host's time holds until the transaction ends."""

from uuid import UUID

from linktime_common.postgres import Connection

WAIT_SECONDS = 1.5

# A statement of its own, before any read: under READ COMMITTED only a later statement sees what
# the holder before has committed.
TAKE = "SELECT pg_advisory_xact_lock($1)"


async def take(connection: Connection, host_id: UUID) -> None:
    """Wait for the host's lock; TimeoutError, which ends the transaction, when it takes too long.

    Two hosts whose ids share their low bits share a lock, which costs time and nothing else.
    """
    await connection.execute(TAKE, key_of(host_id), timeout=WAIT_SECONDS)


def key_of(host_id: UUID) -> int:
    """What the lock is named in the database."""
    return int.from_bytes(host_id.bytes[8:], "big", signed=True)
