"""A publishing channel with confirms for one destination, reopened after a failure."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import ChannelNotFoundEntity, PublishError

from linktime_common.errors import SafeToLog
from linktime_common.failures import describe
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.channels import BROKER_LOST, close_channel, lost_if_cancelled


class NotPublished(SafeToLog):
    """The broker did not confirm the message; it may have arrived nevertheless."""

    def __init__(self, reason: str, *, silent: bool = False, unrouted: bool = False) -> None:
        """`silent`: no answer in time; `unrouted`: the exchange or every queue is missing."""
        super().__init__(reason)
        self.silent = silent
        self.unrouted = unrouted


class Publisher:
    """Publishes on a separate channel, opened at first use and closed when it fails.

    A queue without a leader blocks the whole channel in the broker, so independent destinations
    need a publisher each.
    """

    def __init__(self, link: BrokerLink, *, timeout_seconds: float) -> None:
        self._link = link
        self._timeout = timeout_seconds
        self._channel: AbstractChannel | None = None
        self._opening = asyncio.Lock()
        self._closing: set[asyncio.Task[None]] = set()

    async def publish(
        self,
        exchange: str,
        routing_key: str,
        body: bytes,
        *,
        message_id: str,
        headers: dict[str, Any],
    ) -> None:
        """Return when the broker has stored the message in every bound queue.

        Where an exchange or a queue is missing, the topology is declared, and the message published
        once more. Raises `NotPublished`. A message id may be in flight only once at a time.
        """

        async def send_over(channel: AbstractChannel) -> None:
            await send(
                channel,
                exchange,
                routing_key,
                body,
                message_id=message_id,
                headers=headers,
                timeout_seconds=self._timeout,
            )

        began = asyncio.get_running_loop().time()
        try:
            await self._attempt(send_over)
        except NotPublished as error:
            if not error.unrouted or not await self._declare_again(began):
                raise
            await self._attempt(send_over)

    async def _declare_again(self, began: float) -> bool:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._link.declare_again(began)
        except TimeoutError:
            return False

    async def _attempt(self, send_over: Callable[[AbstractChannel], Awaitable[None]]) -> None:
        channel = None
        try:
            async with asyncio.timeout(self._timeout):
                channel = await self._open()
            await send_over(channel)
        except NotPublished as error:
            if error.silent:
                self._discard(channel)
            raise
        except TimeoutError as error:
            raise NotPublished("the broker cannot be reached") from error

    async def close(self) -> None:
        """Close the channel."""
        self._discard(self._channel)
        await asyncio.gather(*self._closing)

    async def _open(self) -> AbstractChannel:
        async with self._opening:
            if self._channel is None or self._channel.is_closed:
                self._channel = await self._link.publishing_channel()
            return self._channel

    def _discard(self, channel: AbstractChannel | None) -> None:
        if channel is not None and channel is self._channel:
            self._channel = None
            task = asyncio.create_task(close_channel(channel))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)


async def send(
    channel: AbstractChannel,
    exchange: str,
    routing_key: str,
    body: bytes,
    *,
    message_id: str,
    headers: dict[str, Any],
    timeout_seconds: float,
) -> None:
    """Publish one persistent message and wait for its confirm; raises `NotPublished`."""
    message = Message(
        body,
        content_type="application/cloudevents+json",
        message_id=message_id,
        headers=headers,
        delivery_mode=DeliveryMode.PERSISTENT,
    )
    destination = await channel.get_exchange(exchange, ensure=False)
    try:
        with lost_if_cancelled():
            await destination.publish(message, routing_key, mandatory=True, timeout=timeout_seconds)
    except PublishError as error:
        reason = f"the exchange {exchange} has no queue for {routing_key}"
        raise NotPublished(reason, unrouted=True) from error
    except ChannelNotFoundEntity as error:
        raise NotPublished(f"the exchange {exchange} is missing", unrouted=True) from error
    except TimeoutError as error:
        raise NotPublished("the broker did not confirm in time", silent=True) from error
    except BROKER_LOST as error:
        raise NotPublished(describe(error)) from error
