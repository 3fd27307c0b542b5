"""All exchanges, queues and bindings, derived from the declared events.

    <prefix>.events      topic: events by routing key (`booking.created.v1`) to their consumers
    <prefix>.queues      topic: by queue name; dead-letter target of delays and limits
    <prefix>.retry.5s    topic and queue: delays a message, then `<prefix>.queues`
    <prefix>.<consumer>  queue of one consumer; dead-letters to <prefix>.<consumer>.parked

All queues are durable quorum queues with at-least-once dead-lettering. All exchanges are topic
exchanges, since only those have permissions by routing key: a service can publish only its own
events and send messages only to its own queues.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel, AbstractQueue

from linktime_common.contracts.events import EVENTS, Event

DELIVERY_LIMIT = 100  # unacknowledged deliveries: only a safety net for crash loops
NEVER = 1_000_000  # parking queues have no dead-letter target, so no limit may drop their messages
DECLARE_SECONDS = 20.0

STAGES = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=5),
    timedelta(hours=1),
)


@dataclass(frozen=True)
class TopicPermission:
    """What a broker user may do by routing key on one exchange; regular expressions."""

    exchange: str
    write: str
    read: str


@dataclass(frozen=True)
class Permissions:
    """What a broker user may do by name; regular expressions in RabbitMQ's syntax."""

    configure: str
    write: str
    read: str
    topics: tuple[TopicPermission, ...]


@dataclass(frozen=True)
class Topology:
    """Exchanges, queues and bindings; idempotent to declare on RabbitMQ 3.10 to 4.x."""

    prefix: str = "linktime"
    stages: tuple[timedelta, ...] = STAGES
    events: tuple[type[Event], ...] = EVENTS

    @property
    def events_exchange(self) -> str:
        return f"{self.prefix}.events"

    @property
    def queues_exchange(self) -> str:
        return f"{self.prefix}.queues"

    def retry_exchange(self, stage: int) -> str:
        """Return the exchange of delay stage `stage`, from 0; its queue has the same name."""
        return f"{self.prefix}.retry.{_in_words(self.stages[stage])}"

    def queue(self, consumer: str) -> str:
        return f"{self.prefix}.{consumer}"

    def parking_queue(self, consumer: str) -> str:
        return f"{self.prefix}.{consumer}.parked"

    def consumers(self) -> list[str]:
        """Return all consumers of all events, sorted."""
        return sorted({consumer for event in self.events for consumer in event.consumers})

    async def declare(self, channel: AbstractChannel, *, first: str | None = None) -> None:
        """Declare everything, beginning with the queues of the service `first`.

        A service may not create a queue that it may not read, so on an empty broker each service
        creates its own, and this raises `ChannelAccessRefused` until the others have created
        theirs: nothing is published before every consumer can receive it.
        """
        for exchange in (self.events_exchange, self.queues_exchange):
            await self._exchange(channel, exchange)
        for stage, delay in enumerate(self.stages):
            await self._stage(channel, self.retry_exchange(stage), delay)
        for consumer in sorted(self.consumers(), key=lambda name: (not _owns(first, name), name)):
            await self.declare_consumer(channel, consumer)

    async def declare_consumer(
        self, channel: AbstractChannel, consumer: str
    ) -> tuple[AbstractQueue, AbstractQueue]:
        """Declare one consumer's queue and its parking queue, with their bindings."""
        name, parked_name = self.queue(consumer), self.parking_queue(consumer)
        parked = await self._queue(channel, parked_name, {"x-delivery-limit": NEVER})
        queue = await self._queue(
            channel,
            name,
            {
                "x-delivery-limit": DELIVERY_LIMIT,
                **_dead_letters_to(self.queues_exchange),
                "x-dead-letter-routing-key": parked_name,
            },
        )
        for routing_key in self._routing_keys(consumer):
            await queue.bind(self.events_exchange, routing_key, timeout=DECLARE_SECONDS)
        return queue, parked

    def permissions(self, service: str) -> Permissions:
        """Return the permissions that `service` needs, as narrow as the broker supports.

        It may declare everything, consume its own queues (and the delay stages', which declaring
        them needs), publish the events it is the declared publisher of, and send a message back to
        its own queues.
        """
        everything = rf"^{re.escape(self.prefix)}\..*$"
        own = rf"{re.escape(self.prefix)}\.{re.escape(service)}(\..+)?"
        shared = "|".join(re.escape(name) for name in self._exchanges())
        published = "|".join(
            re.escape(event.routing_key()) for event in self.events if event.publisher == service
        )
        return Permissions(
            configure=everything,
            write=everything,
            read=f"^({shared}|{own})$",
            topics=tuple(
                TopicPermission(
                    exchange,
                    write=f"^({published})$" if exchange == self.events_exchange else f"^{own}$",
                    read=".*",
                )
                for exchange in self._exchanges()
            ),
        )

    def _exchanges(self) -> Iterator[str]:
        yield self.events_exchange
        yield self.queues_exchange
        for stage in range(len(self.stages)):
            yield self.retry_exchange(stage)

    def _routing_keys(self, consumer: str) -> list[str]:
        return [event.routing_key() for event in self.events if consumer in event.consumers]

    async def _exchange(self, channel: AbstractChannel, name: str) -> None:
        await channel.declare_exchange(
            name, ExchangeType.TOPIC, durable=True, timeout=DECLARE_SECONDS
        )

    async def _stage(self, channel: AbstractChannel, name: str, delay: timedelta) -> None:
        await self._exchange(channel, name)
        arguments = {
            "x-message-ttl": delay // timedelta(milliseconds=1),
            "x-delivery-limit": NEVER,
            **_dead_letters_to(self.queues_exchange),
        }
        queue = await channel.declare_queue(
            name, durable=True, arguments=_quorum(arguments), timeout=DECLARE_SECONDS
        )
        await queue.bind(name, "#", timeout=DECLARE_SECONDS)

    async def _queue(
        self, channel: AbstractChannel, name: str, arguments: dict[str, Any]
    ) -> AbstractQueue:
        queue = await channel.declare_queue(
            name, durable=True, arguments=_quorum(arguments), timeout=DECLARE_SECONDS
        )
        await queue.bind(self.queues_exchange, name, timeout=DECLARE_SECONDS)
        return queue


def _owns(service: str | None, consumer: str) -> bool:
    return service is not None and (consumer == service or consumer.startswith(f"{service}."))


def _quorum(arguments: dict[str, Any]) -> dict[str, Any]:
    return {"x-queue-type": "quorum", **arguments}


def _dead_letters_to(exchange: str) -> dict[str, Any]:
    return {
        "x-dead-letter-exchange": exchange,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",  # required for at-least-once dead-lettering
    }


def _in_words(delay: timedelta) -> str:
    milliseconds = delay // timedelta(milliseconds=1)
    for unit, size in (("h", 3_600_000), ("m", 60_000), ("s", 1000)):
        if milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms"
