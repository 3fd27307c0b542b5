"""Calls on connections and channels of aio-pika, each with a time limit."""

import asyncio
import contextlib
from collections.abc import Iterator

from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError

from linktime_common.endless import check_cancelled

CHANNEL_SECONDS = 5.0
CLOSE_SECONDS = 2.0

# aiormq raises RuntimeError (also its subclass ChannelInvalidStateError) on closed objects.
BROKER_LOST = (AMQPError, ChannelInvalidStateError, RuntimeError, OSError, TimeoutError)
"""What aio-pika raises when the broker is unavailable, times out, or has closed the channel."""


@contextlib.contextmanager
def lost_if_cancelled() -> Iterator[None]:
    """Convert aiormq's cancellation of a call in the block to ConnectionError.

    aiormq cancels pending calls when their channel or connection is closed. That looks like a
    cancellation of the task, so it must not reach the task's owner. aiormq raises
    StopAsyncIteration when a connection is accepted and closed at once.
    """
    try:
        yield
    except asyncio.CancelledError as error:
        check_cancelled()
        raise ConnectionError("the channel was closed") from error
    except StopAsyncIteration as error:
        raise ConnectionError("the connection was closed") from error


async def open_channel(connection: AbstractConnection) -> AbstractChannel:
    """Open a channel with confirms and unroutable messages as errors; raises BROKER_LOST."""
    channel = connection.channel(publisher_confirms=True, on_return_raises=True)
    with lost_if_cancelled():
        async with asyncio.timeout(CHANNEL_SECONDS):
            await channel.initialize()
    check_cancelled()
    return channel


async def limit_prefetch(channel: AbstractChannel, prefetch: int) -> None:
    """Let at most `prefetch` messages be unacknowledged; raises BROKER_LOST."""
    with lost_if_cancelled():
        async with asyncio.timeout(CHANNEL_SECONDS):
            await channel.set_qos(prefetch_count=prefetch)


async def close_channel(channel: AbstractChannel) -> None:
    """Close the channel with a short timeout: one that waits for a queue without a leader hangs."""
    with contextlib.suppress(*BROKER_LOST), lost_if_cancelled():
        async with asyncio.timeout(CLOSE_SECONDS):
            await channel.close()


async def drop(connection: AbstractConnection) -> None:
    """Close the connection with a short timeout."""
    with contextlib.suppress(*BROKER_LOST), lost_if_cancelled():
        async with asyncio.timeout(CLOSE_SECONDS):
            await connection.close()
