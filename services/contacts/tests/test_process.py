"""A booking published on the broker becomes a contact that HTTP returns."""

from functools import partial
from uuid import UUID

import aio_pika
import orjson
from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractExchange, AbstractIncomingMessage

from linktime_common.contracts.events.bookings import BookingCreated
from linktime_common.identity import CallerKind
from linktime_common.ids import new_id
from linktime_common.messaging.topology import Topology
from linktime_common.process import ProcessRole
from linktime_contacts.app import SERVICE
from linktime_local.testing.databases import FreshDsn
from linktime_local.testing.services import Running, running
from linktime_local.testing.waiting import eventually

from .bookings import a_booking


def booked(owner_id: UUID) -> BookingCreated:
    booking = a_booking(owner_id)
    return BookingCreated(
        occurred_at=booking.created_at,
        owner_id=owner_id,
        aggregate_id=booking.id,
        aggregate_version=1,
        booking=booking,
    )


async def publish(exchange: AbstractExchange, event: BookingCreated) -> None:
    message = Message(
        event.envelope(),
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=str(event.event_id),
    )
    await exchange.publish(message, event.routing_key())


async def is_ready(contacts: Running) -> bool:
    async with contacts.session.get(f"{contacts.internal_url}/readyz") as response:
        return response.status == 200


async def listed(contacts: Running, owner_id: UUID) -> list[dict[str, object]]:
    headers = contacts.identity(CallerKind.API_KEY, subject=owner_id)
    url = f"{contacts.url}/api/v1/contacts"
    async with contacts.session.get(url, headers=headers) as response:
        data: list[dict[str, object]] = (await response.json())["data"]
        return data


async def test_a_published_booking_creates_and_publishes_the_contact_once(
    fresh_dsn: FreshDsn, broker_url: str, topology_prefix: str
) -> None:
    """The event is delivered twice: one contact, one meeting, one contact.created."""
    event = booked(new_id())
    received: list[dict[str, object]] = []
    topology = Topology(topology_prefix)

    async def take(message: AbstractIncomingMessage) -> None:
        received.append(orjson.loads(message.body))
        await message.ack()

    async with (
        fresh_dsn() as dsn,
        running(
            SERVICE,
            ProcessRole.ALL,
            postgres_dsn=dsn,
            broker_url=broker_url,
            broker_prefix=topology_prefix,
        ) as contacts,
        await aio_pika.connect(broker_url) as connection,
    ):
        await eventually(partial(is_ready, contacts), within=20)
        channel = await connection.channel(publisher_confirms=True)
        await (await channel.get_queue(topology.queue("webhooks"))).consume(take)
        exchange = await channel.get_exchange(topology.events_exchange)
        for _ in range(2):
            await publish(exchange, event)
        (contact,) = await eventually(partial(listed, contacts, event.owner_id))
        assert contact["meetingCount"] == 1
        # Both copies of booking.created are routed to this queue as well.
        await eventually(lambda: len(received) == 3)
    published = [one for one in received if one["type"] == "contact.created"]
    assert [one["subject"] for one in published] == [contact["id"]]


async def test_a_process_that_does_not_consume_is_not_ready(
    fresh_dsn: FreshDsn, broker_url: str, topology_prefix: str
) -> None:
    """With another kind of queue under its name, `since` lists the consumer."""
    name = Topology(topology_prefix).queue("contacts")
    async with (
        fresh_dsn() as dsn,
        await aio_pika.connect(broker_url) as connection,
        running(
            SERVICE,
            ProcessRole.ALL,
            postgres_dsn=dsn,
            broker_url=broker_url,
            broker_prefix=topology_prefix,
        ) as contacts,
    ):
        await eventually(partial(is_ready, contacts), within=20)
        channel = await connection.channel()
        await channel.queue_delete(name)
        await channel.declare_queue(name, durable=False, auto_delete=True)

        async def missing() -> list[str]:
            async with contacts.session.get(f"{contacts.internal_url}/readyz") as response:
                return list((await response.json())["since"])

        assert await eventually(missing, within=20) == ["consumer"]
        await channel.queue_delete(name)
        await eventually(partial(is_ready, contacts), within=20)
