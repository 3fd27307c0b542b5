"""Publishes what is in the outbox."""

from datetime import timedelta

from linktime_common.broker import BrokerLink
from linktime_common.postgres import Database


class Relay:
    """Takes rows out of `database`'s outbox to the broker; any number may run at once."""

    def __init__(
        self,
        database: Database,
        link: BrokerLink,
        *,
        batch: int = 200,
        lease: timedelta = timedelta(seconds=30),
        poll: timedelta = timedelta(seconds=0.5),
        publish_timeout: timedelta = timedelta(seconds=5),
        longest_wait: timedelta = timedelta(seconds=30),
        keep: timedelta = timedelta(days=7),
    ) -> None: ...

    async def run(self) -> None:
        """Publish until cancelled; outages of broker and database are waited out."""
        raise NotImplementedError
