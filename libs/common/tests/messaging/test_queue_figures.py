"""The metrics of what waits for a consumer."""

from prometheus_client import REGISTRY

from linktime_common.messaging import parked, queue_figures
from linktime_common.messaging.broker import BrokerLink
from linktime_common.postgres import Database
from linktime_local.testing.waiting import eventually

from .notes import Noted, event, send


def waiting(queue: str) -> float | None:
    return REGISTRY.get_sample_value("linktime_queue_messages", {"queue": queue})


async def test_queued_and_parked_messages_are_counted(database: Database, link: BrokerLink) -> None:
    """Nobody consumes; the label has the name of the queue without the prefix."""
    await link.wait_until_up()
    for number in range(3):
        await send(link, event(Noted, number))
    async with database.connection() as connection:
        await parked.store(
            connection,
            consumer="reader",
            routing_key="note.taken.v1",
            message_id=None,
            body=b"",
            headers={},
            reason="a test",
            stack=None,
        )

    async def is_counted() -> bool:
        await queue_figures.measure_queues("reader", link)
        return waiting("reader") == 3

    await eventually(is_counted)
    assert waiting("reader.parked") == 0
    await queue_figures.measure_parked(database)
    assert REGISTRY.get_sample_value("linktime_parked_messages") == 1
