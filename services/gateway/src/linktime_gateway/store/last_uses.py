"""Last uses of keys, sessions and SCIM tokens, collected and written in batches.

A killed process loses unwritten ones; only the displayed times are affected.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from linktime_common.postgres import Database

# Rows are locked in order, so that processes that write the same rows do not deadlock.
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
    """Unwritten uses of one kind, by id; `statement` writes them."""

    statement: str
    noted: dict[UUID, datetime] = field(default_factory=dict)

    def note(self, used: UUID, at: datetime) -> None:
        """Record a use for the next flush."""
        self.noted[used] = at


class LastUses:
    """The unwritten uses of one process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.keys = Uses(WRITE_KEYS)
        self.sessions = Uses(WRITE_SESSIONS)
        self.scim_tokens = Uses(WRITE_SCIM_TOKENS)

    async def flush(self) -> None:
        """Write the recorded uses; on failure they are kept for the next flush."""
        for uses in (self.keys, self.sessions, self.scim_tokens):
            noted, uses.noted = uses.noted, {}
            try:
                await self._write(uses.statement, noted)
            except BaseException:
                uses.noted = noted | uses.noted
                raise

    async def _write(self, statement: str, noted: Mapping[UUID, datetime]) -> None:
        if noted:
            async with self._database.connection() as connection:
                await connection.execute(statement, list(noted), list(noted.values()))
