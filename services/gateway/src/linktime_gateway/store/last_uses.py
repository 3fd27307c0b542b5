"""When keys, sessions and SCIM tokens were last used: noted, and written every few seconds.

A process that is killed loses what it had not written; nothing but the time shown is lost.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg

from linktime_common import logs
from linktime_common.connection_errors import CONNECTION_LOST
from linktime_common.errors import Unavailable
from linktime_common.postgres import Database

FLUSH_SECONDS = 3.0

# Locked in one order, so that two processes that write the same rows do not wait for each other.
WRITE_KEYS = """
    WITH used AS (
        SELECT api_keys.id, noted.at
          FROM unnest($1::uuid[], $2::timestamptz[]) AS noted (id, at)
          JOIN api_keys ON api_keys.id = noted.id
         ORDER BY api_keys.id
           FOR NO KEY UPDATE OF api_keys
    )
    UPDATE api_keys
       SET last_used_at = used.at
      FROM used
     WHERE api_keys.id = used.id
       AND (api_keys.last_used_at IS NULL OR api_keys.last_used_at < used.at)
"""

WRITE_SESSIONS = """
    WITH used AS (
        SELECT sessions.id, noted.at
          FROM unnest($1::uuid[], $2::timestamptz[]) AS noted (id, at)
          JOIN sessions ON sessions.id = noted.id
         ORDER BY sessions.id
           FOR NO KEY UPDATE OF sessions
    )
    UPDATE sessions
       SET last_seen_at = used.at
      FROM used
     WHERE sessions.id = used.id
       AND sessions.last_seen_at < used.at
"""

WRITE_SCIM_TOKENS = """
    WITH used AS (
        SELECT scim_tokens.id, noted.at
          FROM unnest($1::uuid[], $2::timestamptz[]) AS noted (id, at)
          JOIN scim_tokens ON scim_tokens.id = noted.id
         ORDER BY scim_tokens.id
           FOR NO KEY UPDATE OF scim_tokens
    )
    UPDATE scim_tokens
       SET last_used_at = used.at
      FROM used
     WHERE scim_tokens.id = used.id
       AND (scim_tokens.last_used_at IS NULL OR scim_tokens.last_used_at < used.at)
"""


@dataclass(eq=False)
class Uses:
    """What is not written yet of one kind, by id; `statement` writes it."""

    statement: str
    noted: dict[UUID, datetime] = field(default_factory=dict)

    def note(self, used: UUID, at: datetime) -> None:
        """Written in a while."""
        self.noted[used] = at


class LastUses:
    """The uses of one process that are not written yet."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.keys = Uses(WRITE_KEYS)
        self.sessions = Uses(WRITE_SESSIONS)
        self.scim_tokens = Uses(WRITE_SCIM_TOKENS)

    async def run(self) -> None:
        """Write every few seconds until cancelled, and then once more."""
        try:
            while True:
                await asyncio.sleep(FLUSH_SECONDS)
                await self.flush()
        finally:
            await self.flush()

    async def flush(self) -> None:
        """Write what was noted; what cannot be written now is kept for the next time."""
        for uses in (self.keys, self.sessions, self.scim_tokens):
            noted, uses.noted = uses.noted, {}
            try:
                await self._write(uses.statement, noted)
            except (Unavailable, asyncpg.PostgresError, *CONNECTION_LOST) as error:
                logs.logger().warning("last uses are not written yet", error=error)
                uses.noted = noted | uses.noted
                return

    async def _write(self, statement: str, noted: Mapping[UUID, datetime]) -> None:
        if noted:
            async with self._database.connection() as connection:
                await connection.execute(statement, list(noted), list(noted.values()))
