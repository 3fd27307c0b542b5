"""The metrics of the public port."""

import asyncio

from prometheus_client import REGISTRY

from linktime_local.testing.services import Running
from linktime_local.testing.waiting import eventually

HALF_A_REQUEST = (
    b"POST /api/bookings HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    b"Content-Length: 2\r\n\r\n{"
)


def figure(name: str) -> float:
    return REGISTRY.get_sample_value(f"linktime_gateway_{name}") or 0.0


async def test_connections_and_requests_in_progress_are_counted(gateway: Running) -> None:
    """A request whose body has not arrived is in progress, until its client leaves."""
    connections, requests = figure("connections"), figure("requests_in_progress")
    port = int(gateway.url.rpartition(":")[2])
    _reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await eventually(lambda: figure("connections") == connections + 1)
    writer.write(HALF_A_REQUEST)
    await eventually(lambda: figure("requests_in_progress") == requests + 1)
    writer.transport.abort()
    await eventually(lambda: figure("connections") == connections)
    await eventually(lambda: figure("requests_in_progress") == requests)
