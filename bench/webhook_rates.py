"""Deliveries to single endpoints, with and without `ratePerSecond`, by two dispatchers.

`python -m bench.webhook_rates` starts its own servers on this machine. Every endpoint has more due
deliveries than can be sent in the time.
"""

import asyncio
import contextlib
import time
from uuid import UUID

from bench.slots import Row
from bench.stack import show
from bench.webhook_sinks import lateness, receiving
from services.webhooks.tests.processes import WebhookStack, booked, webhook_stack

from linktime_common.ids import new_id
from linktime_local.testing.waiting import eventually
from linktime_webhooks.domain.payloads import body_of

PROCESSES = 2
RATES = (1, 10, 100, 1_000)
SECONDS = 30
FREE = 20_000
"""Deliveries to the endpoint without a rate."""

ADD_BACKLOG = """
    WITH kept AS (
        INSERT INTO events (id, owner_id, type, body, occurred_at, created_at)
        SELECT gen_random_uuid(), $1, 'booking.created', $2, now(), now()
          FROM generate_series(1, $4::int)
        RETURNING id, created_at
    )
    INSERT INTO deliveries (id, event_id, event_created_at, endpoint_id, next_at, created_at)
    SELECT gen_random_uuid(), id, created_at, $3, now(), now()
      FROM kept
"""
SET_RATE = "UPDATE endpoints SET rate_per_second = $2 WHERE id = $1"


async def run() -> list[Row]:
    """Measure and return the rows in the order of printing."""
    return [*await _rates(), *await _without_rate()]


async def _rates() -> list[Row]:
    """Measure all rates at the same time, so that they share the machine."""
    async with contextlib.AsyncExitStack() as open_:
        stack = await open_.enter_async_context(webhook_stack())
        sinks = []
        for rate in RATES:
            sinks.append(await open_.enter_async_context(receiving(stack)))
            endpoint_id = await _waiting_for(stack, sinks[-1], 2 * rate * SECONDS)
            await stack.connection.execute(SET_RATE, endpoint_id, rate)
        async with stack.dispatchers(PROCESSES):
            # Skip the first seconds: a full token bucket allows a burst.
            await asyncio.sleep(5)
            began = [await _restarted(stack, sink) for sink in sinks]
            await asyncio.sleep(SECONDS)
            return [await _rate_of(stack, *what) for what in zip(RATES, sinks, began, strict=True)]


async def _without_rate() -> list[Row]:
    async with webhook_stack() as stack, receiving(stack) as sink:
        await _waiting_for(stack, sink, FREE)
        late: list[float] = []
        async with stack.dispatchers(PROCESSES):
            began, already = time.monotonic(), len(await lateness(stack, sink))
            await eventually(
                lambda: _collect(stack, sink, late, FREE - already), within=600, every=0.1
            )
            took = time.monotonic() - began
    return [Row("one endpoint without a rate", len(late) / took, "/s")]


async def _waiting_for(stack: WebhookStack, sink: str, count: int) -> UUID:
    """Add an endpoint at `sink` with `count` due deliveries, and return its id."""
    owner = new_id()
    (endpoint_id,) = await stack.add_endpoints([owner], f"{sink}/hook", each=1)
    await stack.connection.execute(ADD_BACKLOG, owner, body_of(booked(owner)), endpoint_id, count)
    await lateness(stack, sink)
    return endpoint_id


async def _restarted(stack: WebhookStack, sink: str) -> float:
    await lateness(stack, sink)
    return time.monotonic()


async def _rate_of(stack: WebhookStack, rate: int, sink: str, began: float) -> Row:
    came = len(await lateness(stack, sink))
    return Row(f"ratePerSecond {rate:,}", came / (time.monotonic() - began), "/s")


async def _collect(stack: WebhookStack, sink: str, late: list[float], wanted: int) -> bool:
    late += await lateness(stack, sink)
    return len(late) >= wanted


if __name__ == "__main__":
    show(asyncio.run(run()))
