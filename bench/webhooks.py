"""Webhook deliveries: rate and latency, also with many endpoints or a backlog.

`python -m bench.webhooks` starts its own servers, two dispatcher processes and a light receiver on
this machine, with all features: broker, consumer, log of attempts, endpoint health.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Sequence
from uuid import UUID

from bench.slots import Row
from bench.stack import show
from bench.webhook_sinks import certificate, lateness, memory_mb, receiving
from services.webhooks.tests.processes import WebhookStack, booked, send, webhook_stack

from linktime_common.ids import new_id
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.publisher import Publisher
from linktime_common.messaging.topology import Topology
from linktime_local.testing.waiting import eventually
from linktime_webhooks.domain.payloads import body_of

PROCESSES = 2
OWNERS = 16
ENDPOINTS_EACH = 4
# More than a minute's work, and a third of a minute's.
SUSTAINED = 720_000
OVER_TLS = 24_000
STEADY_A_SECOND = 500
STEADY_SECONDS = 20
CROWD = 1_000
BACKLOG = 1_000_000

ADD_BACKLOG = """
    INSERT INTO deliveries (id, event_id, event_created_at, endpoint_id, next_at, created_at)
    SELECT gen_random_uuid(), gen_random_uuid(), now(), $1, now(), now()
      FROM generate_series(1, $2::int)
"""
# Bodies for a part of them: more than can be sent in the time, but not a gigabyte.
ADD_BODIES = """
    INSERT INTO events (id, owner_id, type, body, occurred_at, created_at)
    SELECT d.event_id, $1, 'booking.created', $2, now(), d.event_created_at
      FROM deliveries d
     WHERE d.endpoint_id = $3
     LIMIT $4
"""


async def run() -> list[Row]:
    """Measure and return the rows in the order of printing."""
    rows = []
    for part in (_sustained, _fresh_tls, _steady, _crowd, _behind_backlog):
        async with webhook_stack() as stack:
            found = await part(stack)
        rows += found
        show(found, sys.stderr)
    return rows


async def _sustained(stack: WebhookStack) -> list[Row]:
    async with receiving(stack) as sink:
        before = await _bare(sink)
        rate, seconds, memory = await _drain(stack, sink, SUSTAINED)
        bare = statistics.mean((before, await _bare(sink)))
    name = f"{SUSTAINED:,} deliveries of 1 KB, keep-alive"
    return [
        Row(f"{name}, {PROCESSES} processes", rate, "/s"),
        Row(f"{name}, time", seconds, "s"),
        Row("bare aiohttp client, one process, before and after", bare, "/s"),
        Row("deliveries to that", rate / bare, "x"),
        Row("memory of a dispatcher, at most", memory, "MB"),
    ]


async def _fresh_tls(stack: WebhookStack) -> list[Row]:
    files = certificate(stack.folder)
    async with receiving(stack, *files) as sink:
        rate, _seconds, _memory = await _drain(
            stack, sink, OVER_TLS, WEBHOOKS_CA_FILE=str(files[0])
        )
    return [Row(f"{OVER_TLS:,} deliveries, a new TLS connection each", rate, "/s")]


async def _drain(
    stack: WebhookStack, sink: str, count: int, **environment: str
) -> tuple[float, float, float]:
    """Drain a full queue: returns deliveries per second, seconds, and memory.

    Completely, because events are consumed faster than deliveries are made: before the end, the
    dispatchers have done work for deliveries that are not sent yet.
    """
    owners = [new_id() for _ in range(OWNERS)]
    await stack.add_endpoints(owners, f"{sink}/hook", each=ENDPOINTS_EACH)
    await stack.publish([booked(owners[n % OWNERS]) for n in range(count // ENDPOINTS_EACH)])
    await lateness(stack, sink)
    async with stack.dispatchers(PROCESSES, **environment) as pids:
        began, already = time.monotonic(), len(await lateness(stack, sink))
        late: list[float] = []
        await eventually(
            lambda: _collect(stack, sink, late, count - already), within=600, every=0.5
        )
        took = time.monotonic() - began
        return len(late) / took, took, max(map(memory_mb, pids))


async def _steady(stack: WebhookStack) -> list[Row]:
    owners = [new_id() for _ in range(OWNERS)]
    async with receiving(stack) as sink:
        await stack.add_endpoints(owners, f"{sink}/hook", each=1)
        async with stack.dispatchers(PROCESSES):
            await _publish_steadily(stack, owners, STEADY_SECONDS)
            late: list[float] = []
            await eventually(lambda: _collect(stack, sink, late, STEADY_A_SECOND * STEADY_SECONDS))
    return _percentiles(f"event to request at {STEADY_A_SECOND} events/s", late)


async def _crowd(stack: WebhookStack) -> list[Row]:
    owner, late = new_id(), list[float]()
    async with receiving(stack) as sink:
        await stack.add_endpoints([owner], f"{sink}/hook", each=CROWD)
        async with stack.dispatchers(PROCESSES):
            await stack.publish([booked(owner)])
            await eventually(lambda: _collect(stack, sink, late, CROWD), within=60)
    return [Row(f"one event to the last of {CROWD} endpoints", max(late), "s")]


async def _behind_backlog(stack: WebhookStack) -> list[Row]:
    busy, quiet, late = new_id(), new_id(), list[float]()
    async with receiving(stack) as sink, receiving(stack) as other:
        (endpoint_id,) = await stack.add_endpoints([busy], f"{sink}/hook", each=1)
        await stack.add_endpoints([quiet], f"{other}/hook", each=1)
        await stack.connection.execute(ADD_BACKLOG, endpoint_id, BACKLOG, timeout=300)
        body = body_of(booked(busy))
        await stack.connection.execute(
            ADD_BODIES, busy, body, endpoint_id, BACKLOG // 4, timeout=300
        )
        async with stack.dispatchers(PROCESSES):
            await asyncio.sleep(5)
            for _ in range(20):
                await stack.publish([booked(quiet)])
            await eventually(lambda: _collect(stack, other, late, 20), within=60)
    name = f"another endpoint's event behind a backlog of {BACKLOG:,}"
    return [Row(f"{name}, the latest of 20", max(late) * 1000, "ms")]


async def _publish_steadily(stack: WebhookStack, owners: Sequence[UUID], seconds: int) -> None:
    link = await BrokerLink.open(stack.rabbitmq.url, name="webhooks", topology=Topology())
    publisher, sending = Publisher(link, timeout_seconds=30), set[asyncio.Task[None]]()
    await link.wait_until_up()
    began = time.monotonic()
    for number in range(seconds * STEADY_A_SECOND):
        ahead = number / STEADY_A_SECOND - (time.monotonic() - began)
        if ahead > 0:
            await asyncio.sleep(ahead)
        sending.add(
            asyncio.create_task(send(link, publisher, booked(owners[number % len(owners)])))
        )
    await asyncio.gather(*sending)
    await publisher.close()
    await link.close()


async def _collect(stack: WebhookStack, sink: str, late: list[float], wanted: int) -> bool:
    late += await lateness(stack, sink)
    return len(late) >= wanted


async def _bare(sink: str) -> float:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.bare_client",
        f"{sink}/hook",
        "10",
        stdout=asyncio.subprocess.PIPE,
    )
    output, _errors = await process.communicate()
    return float(output)


def _percentiles(what: str, seconds: list[float]) -> list[Row]:
    cuts = statistics.quantiles(seconds, n=100)
    return [
        Row(f"{what}, p50", cuts[49] * 1000, "ms"),
        Row(f"{what}, p99", cuts[98] * 1000, "ms"),
    ]


if __name__ == "__main__":
    show(asyncio.run(run()))
