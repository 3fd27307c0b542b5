"""Messages that a running stack dead-letters."""

from typing import Any
from uuid import uuid4

import aio_pika

from linktime_common.contracts.events.scim import UserUpdated


async def send_nonsense(running: dict[str, Any], consumer: str) -> None:
    """Publish an event that no handler can parse: its consumer parks it at once."""
    async with await aio_pika.connect(running["rabbitmq"]["url"]) as connection:
        channel = await connection.channel()
        queues = await channel.get_exchange("linktime.queues", ensure=False)
        message = aio_pika.Message(
            b'{"type": "user.updated", "data": 7}',
            type=UserUpdated.type,
            message_id=str(uuid4()),
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        await queues.publish(message, f"linktime.{consumer}")
