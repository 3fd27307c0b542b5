"""How connections to PostgreSQL are opened, directly or through a PgBouncer.

A PgBouncer in transaction mode gives each transaction another session of the server. What belongs
to a session therefore has a direct connection: LISTEN, and the lock of migrations.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncpg
import orjson

if TYPE_CHECKING:
    Opened = asyncpg.Connection[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
else:
    Opened = Pool = Any

CONNECT_SECONDS = 5.0
IDLE_SECONDS = 30.0  # then a pooled connection is closed, so that another process can have its slot
IDLE_IN_TRANSACTION_SECONDS = 10
CACHED_STATEMENTS = 100


@dataclass(frozen=True)
class Sessions:
    """The connections of one process. With `direct_dsn`, `dsn` is that of a PgBouncer."""

    dsn: str
    application_name: str
    command_seconds: float
    direct_dsn: str | None = None

    async def open_pool(self, size: int) -> Pool:
        """Return a pool that opens connections on demand."""
        return await asyncpg.create_pool(
            self.dsn,
            min_size=0,
            max_size=size,
            command_timeout=self.command_seconds,
            timeout=CONNECT_SECONDS,
            max_inactive_connection_lifetime=IDLE_SECONDS,
            # The server session of the next transaction does not have the prepared statement.
            statement_cache_size=0 if self.direct_dsn else CACHED_STATEMENTS,
            init=_read_json,
            reset=_keep_session,
            server_settings=_settings(self.application_name, is_direct=self.direct_dsn is None),
        )

    async def open_one(self, purpose: str) -> Opened:
        """Return a direct connection outside the pool."""
        return await asyncpg.connect(
            self.direct_dsn or self.dsn,
            timeout=CONNECT_SECONDS,
            command_timeout=self.command_seconds,
            server_settings=_settings(f"{self.application_name} {purpose}", is_direct=True),
        )


def _settings(application_name: str, *, is_direct: bool) -> dict[str, str]:
    settings = {"application_name": application_name, "timezone": "UTC"}
    if is_direct:
        # Frees the locks of a stopped or unreachable process. A PgBouncer refuses a connection with
        # this setting; it has its own, idle_transaction_timeout.
        limit = f"{IDLE_IN_TRANSACTION_SECONDS}s"
        settings["idle_in_transaction_session_timeout"] = limit
    return settings


async def _read_json(connection: Opened) -> None:
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: b"\x01" + orjson.dumps(value),
        decoder=lambda data: orjson.loads(data[1:]),  # the first byte is the format's version
        format="binary",
    )


async def _keep_session(_connection: Opened) -> None:
    """Skip the reset query: no service changes its session, and a reset is a round trip."""
