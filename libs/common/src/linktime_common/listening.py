"""Receives notifications of a PostgreSQL channel (LISTEN), on a connection outside the pool."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import NoReturn

from linktime_common import logs
from linktime_common.endless import repeat, wait
from linktime_common.postgres import Connection, Database
from linktime_common.write_checks import IS_WRITABLE

PING_EACH_SECONDS = 5.0
PING_SECONDS = 2.0
RECONNECT_SECONDS = 0.5


def _nothing() -> None:
    pass


async def keep_listening(
    what: str,
    database: Database,
    channel: str,
    on_payload: Callable[[str], None],
    *,
    on_begin: Callable[[], None] = _nothing,
    on_end: Callable[[], None] = _nothing,
    purpose: str = "listen",
) -> NoReturn:
    """Call `on_payload` for each notification until cancelled; reconnect after each loss.

    No notification is missed between `on_begin` and `on_end`, which is called at least once.
    `purpose` is a part of the connection's name.
    """
    job = partial(
        _listen, database, channel, on_payload, on_begin=on_begin, on_end=on_end, purpose=purpose
    )
    await repeat(what, job, after_seconds=RECONNECT_SECONDS)


async def _listen(
    database: Database,
    channel: str,
    on_payload: Callable[[str], None],
    *,
    on_begin: Callable[[], None],
    on_end: Callable[[], None],
    purpose: str,
) -> None:
    """Listen on one connection, until it is lost, times out, or its server becomes a standby."""
    lost = asyncio.Event()

    def on_lost(_connection: object) -> None:
        on_end()
        lost.set()

    def on_notification(_connection: object, _pid: int, _channel: str, payload: object) -> None:
        on_payload(str(payload))

    async with database.separate_connection(purpose) as connection:
        try:
            connection.add_termination_listener(on_lost)
            await connection.add_listener(channel, on_notification)
            on_begin()
            await wait(lost, PING_EACH_SECONDS)
            # A connection lost without a RST is noticed only by a query.
            while not lost.is_set() and await _takes_writes(connection):
                await wait(lost, PING_EACH_SECONDS)
        finally:
            on_end()
    logs.logger().warning("listening connection lost", channel=channel)


async def _takes_writes(connection: Connection) -> bool:
    return bool(await connection.fetchval(IS_WRITABLE, timeout=PING_SECONDS))
