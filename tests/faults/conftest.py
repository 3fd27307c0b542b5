"""Fixtures of the fault tests: fast restarts, and manual events."""

from collections.abc import AsyncIterator, Iterator

import aio_pika
import orjson
import pytest
from tests.faults.messages import Message, Publish

from linktime_common.messaging.topology import Topology
from linktime_operator.stack import supervisor
from linktime_operator.stack.stack import Stack


@pytest.fixture(scope="module", autouse=True)
def restarts_do_not_slow_down() -> Iterator[None]:
    """Restart at once every time: these tests kill one service often.

    For one module, because the same process runs tests of the supervisor afterwards.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(supervisor, "STEADY_SECONDS", 0.0)
        yield


@pytest.fixture
async def publish(stack: Stack) -> AsyncIterator[Publish]:
    """Publish an event to all its consumers, as the administrator, with a confirm."""
    link = await aio_pika.connect(stack.file.rabbitmq.url)
    channel = await link.channel()
    exchange = await channel.get_exchange(Topology(stack._name).events_exchange, ensure=False)

    async def send(message: Message) -> None:
        routing_key, envelope = message
        body = aio_pika.Message(orjson.dumps(envelope), message_id=envelope["id"])
        await exchange.publish(body, routing_key)

    yield send
    await link.close()
