"""Records of writes by Idempotency-Key: a repeat gets the first response.

The record is committed before the write begins, with the values that attempt chose (ids, for
example), so that a repeat after a crash continues with the same ones. The response is best written
in the transaction of the effect (`WriteAttempt.keep`): both are committed or neither. A claim with
an expiry keeps two repeats from working at once; an attempt that outlives its claim fails on `keep`
and changes nothing.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson

from linktime_common.errors import Unavailable
from linktime_common.ids import new_id
from linktime_common.postgres import Connection, Database
from linktime_common.redaction import hashed

KEPT = timedelta(hours=24)
RELEASE_SECONDS = 0.3
PRUNE_BATCH = 1000

Result = TypeVar("Result")

# An expired record is started over; one without a response and with an expired claim is resumed.
# One whose key had the address of an erased person is known by the hash of the key.
CLAIM = """
    INSERT INTO idempotency_records AS known
           (scope, key, method, path, fingerprint, memory, claim, claimed_until)
    SELECT $1, $2, $3, $4, $5, $6, $7, now() + $8::interval
     WHERE NOT EXISTS (
           SELECT
             FROM idempotency_records
            WHERE scope = $1
              AND key = $10
              AND method = $3
              AND path = $4
              AND created_at >= now() - $9::interval
           )
    ON CONFLICT (scope, key, method, path) DO UPDATE
       SET fingerprint = excluded.fingerprint,
           memory = CASE WHEN known.created_at < now() - $9::interval
                         THEN excluded.memory ELSE known.memory END,
           created_at = CASE WHEN known.created_at < now() - $9::interval
                             THEN now() ELSE known.created_at END,
           claim = excluded.claim,
           claimed_until = excluded.claimed_until,
           status = NULL,
           answer = NULL
     WHERE known.created_at < now() - $9::interval
        OR (known.status IS NULL
            AND known.claimed_until < now()
            AND known.fingerprint = excluded.fingerprint)
    RETURNING memory
"""

READ = """
    SELECT fingerprint, status, answer
      FROM idempotency_records
     WHERE scope = $1 AND key IN ($2, $5) AND method = $3 AND path = $4
     ORDER BY created_at DESC
     LIMIT 1
"""

REMEMBER = """
    UPDATE idempotency_records
       SET memory = $6
     WHERE scope = $1 AND key = $2 AND method = $3 AND path = $4 AND claim = $5 AND status IS NULL
"""

FINISH = """
    UPDATE idempotency_records
       SET status = $6, answer = $7
     WHERE scope = $1 AND key = $2 AND method = $3 AND path = $4 AND claim = $5 AND status IS NULL
"""

RELEASE = """
    UPDATE idempotency_records
       SET claimed_until = '-infinity'
     WHERE scope = $1 AND key = $2 AND method = $3 AND path = $4 AND claim = $5 AND status IS NULL
"""

DELETE = """
    DELETE FROM idempotency_records
     WHERE scope = $1 AND key = $2 AND method = $3 AND path = $4 AND claim = $5 AND status IS NULL
"""

PRUNE = """
    DELETE FROM idempotency_records
     WHERE (scope, key, method, path) IN (
           SELECT scope, key, method, path
             FROM idempotency_records
            WHERE created_at < now() - $1::interval
            ORDER BY created_at
            LIMIT $2
           )
"""


def user_scope(user_id: UUID) -> str:
    """Return the scope of a user's own keys."""
    return f"user {user_id}"


class ClaimLost(Unavailable):
    """Another attempt has taken over the work and decides the outcome."""


class KeyReused(Exception):
    """The key was used for a different request of the same caller."""


class Record:
    """A row, while this attempt holds its claim."""

    def __init__(
        self, database: Database, name: tuple[str, str, str, str], body: Any, pepper: str = ""
    ) -> None:
        self.database = database
        self._name = name
        self._hashed_key = hashed(name[1])
        canonical = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
        self._fingerprint = hashlib.sha256(pepper.encode() + canonical).digest()
        self._claim = new_id()

    async def claim(self, memory: Mapping[str, str], lease: timedelta) -> dict[str, str] | None:
        """Return the memory to work with; None if the write is answered or in progress."""
        try:
            async with self.database.connection() as connection:
                known: dict[str, str] | None = await connection.fetchval(
                    CLAIM,
                    *self._name,
                    self._fingerprint,
                    dict(memory),
                    self._claim,
                    lease,
                    KEPT,
                    self._hashed_key,
                )
        except asyncio.CancelledError:
            await self.release()  # the claim may have been committed
            raise
        return known

    async def answer(self) -> tuple[int, bytes] | None:
        """Return the stored status and body; None while there is no response.

        Raises KeyReused when the key was used with another body.
        """
        async with self.database.connection() as connection:
            row = await connection.fetchrow(READ, *self._name, self._hashed_key)
        if row is None:
            return None
        if row["fingerprint"] != self._fingerprint:
            raise KeyReused
        return None if row["status"] is None else (row["status"], row["answer"])

    async def change(self, connection: Connection, statement: str, *values: object) -> None:
        """Run one of the statements above; raises ClaimLost if the claim is lost."""
        done = await connection.execute(statement, *self._name, self._claim, *values)
        if done.endswith(" 0"):
            raise ClaimLost("another request with this key has taken over")

    async def settle(self, status: int, body: bytes) -> None:
        """After a refusal: store the response, or delete the record."""
        async with self.database.connection() as connection:
            if _is_kept(status):
                await self.change(connection, FINISH, status, body)
            elif status < HTTPStatus.INTERNAL_SERVER_ERROR:
                await self.change(connection, DELETE)
            else:
                await self.change(connection, RELEASE)

    async def release(self) -> None:
        """Release the claim for a repeat; if that fails, it expires."""
        # A COMMIT of unknown outcome may still hold the row, so this waits only briefly.
        with suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(RELEASE_SECONDS), self.database.connection() as connection:
                await self.change(connection, RELEASE)


@dataclass(frozen=True)
class WriteReply:
    """A status and a body that orjson can serialize."""

    status: int
    body: Any


class WriteAttempt(Generic[Result]):
    """One attempt at a write. Without an Idempotency-Key nothing is stored.

    `memory` holds the values chosen by this attempt or an earlier one. `deadline` is the loop's
    time by which the caller expects a response.
    """

    def __init__(
        self,
        memory: Mapping[str, str],
        deadline: float,
        render: Callable[[Result], WriteReply],
        record: Record | None = None,
    ) -> None:
        self.memory = dict(memory)
        self.deadline = deadline
        self.is_kept = False
        self._render = render
        self._record = record

    def chosen_id(self, name: str) -> UUID:
        """Return the id that was chosen under `name`."""
        return UUID(self.memory[name])

    async def choose(self, **chosen: str) -> None:
        """Choose new values and commit them; raises ClaimLost."""
        self.memory |= chosen
        self.is_kept = False  # what was stored has been rolled back
        if self._record is not None:
            async with self._record.database.connection() as connection:
                await self._record.change(connection, REMEMBER, self.memory)

    async def keep(self, connection: Connection, result: Result) -> None:
        """Store the response in the running transaction, as early as it is known.

        That is the first statement, unless the response depends on rows that the transaction reads
        or writes. It then comes after those: an attempt that lost its claim may have waited for
        rows, but changes nothing. All attempts at a write use the same order, so two of them lock
        the record and those rows in one order.

        Raises ClaimLost when another attempt has taken over; the transaction must then be rolled
        back. An attempt cancelled in COMMIT has written both or nothing: a repeat that finds the
        record locked waits, and then reads the response or does the write.
        """
        if self._record is not None:
            answer = self._render(result)
            body = orjson.dumps(answer.body)
            await self._record.change(connection, FINISH, answer.status, body)
            self.is_kept = True

    @asynccontextmanager
    async def single_write(self, database: Database, result: Result) -> AsyncIterator[Connection]:
        """Yield a connection for the one statement that writes `result`.

        With a key, it is in a transaction that also stores the response. Raises as
        `Database.single_write` and `keep` do.
        """
        if self._record is None:
            async with database.single_write() as connection:
                yield connection
        else:
            async with database.transaction() as connection:
                await self.keep(connection, result)
                yield connection


async def prune(database: Database) -> int:
    """Delete one batch of expired records; returns how many."""
    async with database.connection() as connection:
        status = await connection.execute(PRUNE, KEPT, PRUNE_BATCH)
    return int(status.rsplit(" ", 1)[1])


async def prune_all(database: Database) -> None:
    """Delete all expired records in batches."""
    while await prune(database) == PRUNE_BATCH:
        pass


def _is_kept(status: int) -> bool:
    return status // 100 == 2 or status in {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}  # noqa: PLR2004
