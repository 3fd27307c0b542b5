"""How processes on one database tell each other that what they remember of credentials is old.

Whatever changes an account, its keys or its sessions sends the user's id on CHANNEL in the same
transaction; what changes SCIM tokens the organization's.
"""

import asyncio
from typing import Any, Protocol
from uuid import UUID

import asyncpg

from linktime_common import logs
from linktime_common.ids import parse_id
from linktime_common.postgres import CONNECT_SECONDS, CONNECTION_LOST

CHANNEL = "gateway_credentials_changed"
PING_EACH_SECONDS = 5.0
PING_SECONDS = 2.0
RECONNECT_SECONDS = 0.5

PING = "SELECT true"

ListenConnection = Any  # asyncpg.Connection; its stubs type the callbacks too narrowly


class Memory(Protocol):
    """What must hear of changes."""

    def trust(self) -> None:
        """From now on every change is heard."""

    def distrust(self) -> None:
        """Changes may be missed from now on."""

    def forget(self, owner_id: UUID) -> None:
        """Something of this user's or organization's changed."""


class ChangeListener:
    """Listens on a connection of its own, outside the pool."""

    def __init__(self, dsn: str, *memories: Memory) -> None:
        self._dsn = dsn
        self._memories = memories

    async def run(self) -> None:
        """Listen until cancelled; connect again whenever the connection is lost or silent."""
        while True:
            try:
                await self._listen()
            except (asyncpg.PostgresError, asyncpg.InterfaceError, *CONNECTION_LOST) as error:
                logs.logger().warning("not listening for changes", error=error)
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen(self) -> None:
        connection: ListenConnection = await asyncpg.connect(
            self._dsn,
            timeout=CONNECT_SECONDS,
            command_timeout=PING_SECONDS,
            server_settings={"application_name": "gateway listen"},
        )
        lost = asyncio.Event()

        def on_lost(_connection: object) -> None:
            self._distrust()
            lost.set()

        try:
            connection.add_termination_listener(on_lost)
            await connection.add_listener(CHANNEL, self._on_change)
            for memory in self._memories:
                memory.trust()
            await _ping_until(lost, connection)
        finally:
            self._distrust()
            connection.terminate()

    def _on_change(self, _connection: object, _pid: int, _channel: str, payload: str) -> None:
        owner_id = parse_id(payload)
        if owner_id is not None:
            for memory in self._memories:
                memory.forget(owner_id)

    def _distrust(self) -> None:
        for memory in self._memories:
            memory.distrust()


async def _ping_until(lost: asyncio.Event, connection: ListenConnection) -> None:
    # A connection cut without a word is noticed only by asking.
    while not lost.is_set():
        try:
            async with asyncio.timeout(PING_EACH_SECONDS):
                await lost.wait()
        except TimeoutError:
            await connection.fetchval(PING)
