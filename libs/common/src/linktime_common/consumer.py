"""Takes in the events of one queue, each exactly once in effect."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

from linktime_common.broker import BrokerLink
from linktime_common.contracts.events import Event
from linktime_common.postgres import Connection, Database

Handler = Callable[[Connection, Any], Awaitable[None]]
"""`async def on_created(connection: Connection, event: BookingCreated) -> None`: the effect,
by the transaction's connection alone. Runs in the transaction that also records the event."""


class Consumer:
    """One consumer of the topology (`contacts`, `bookings.mail`) and what it does on each event."""

    def __init__(
        self,
        name: str,
        database: Database,
        link: BrokerLink,
        handlers: Mapping[type[Event], Handler],
        *,
        prefetch: int = 20,
        on_effect: Callable[[], None] | None = None,
        handler_timeout: timedelta = timedelta(seconds=60),
        keep: timedelta = timedelta(days=30),
    ) -> None: ...

    async def run(self) -> None:
        """Consume until cancelled; outages of broker and database are waited out."""
        raise NotImplementedError
