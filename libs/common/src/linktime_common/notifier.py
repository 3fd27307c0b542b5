"""Wakes the relays of other processes."""

from linktime_common.postgres import Database


class Notifier:
    """For a process that writes events but runs no relay: one NOTIFY, debounced, after commits."""

    def __init__(self, database: Database) -> None: ...

    async def run(self) -> None:
        """Notify until cancelled; a database outage is waited out (relays poll meanwhile)."""
        raise NotImplementedError
