"""Wakes the relays of other processes."""

import asyncio

from linktime_common.endless import repeat
from linktime_common.messaging import outbox
from linktime_common.postgres import Database

DEBOUNCE_SECONDS = 0.02
NOTIFY = "SELECT pg_notify($1, '')"


class Notifier:
    """Sends one debounced NOTIFY after commits, for a process that writes events but has no relay.

    A NOTIFY in the writing transaction takes a lock that serializes all commits of the database, so
    it uses a separate connection.
    """

    def __init__(self, database: Database, *, purpose: str = outbox.PURPOSE) -> None:
        self._database = database
        self._purpose = purpose
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Notify until cancelled; waits out a database outage (relays poll in the meantime)."""
        self._database.on_events.append(self._wake.set)
        try:
            await repeat("notifier", self._notify)
        finally:
            self._database.on_events.remove(self._wake.set)

    async def _notify(self) -> None:
        async with self._database.separate_connection(self._purpose) as connection:
            while True:
                await self._wake.wait()
                self._wake.clear()
                await connection.execute(NOTIFY, outbox.CHANNEL)
                await asyncio.sleep(DEBOUNCE_SECONDS)
