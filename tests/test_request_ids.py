"""One request id, from the answer to log lines, events and deliveries."""

import asyncio
import json
import re
from functools import partial
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import aiohttp

from linktime_common.request_ids import REQUEST_ID
from linktime_local.testing.waiting import eventually
from linktime_operator.operations import webhooks
from linktime_operator.stack.stack import Stack
from tests.hosts import Host, rows
from tests.receiver import Receiver

# The gateway leaves the line of a request that succeeds to the service.
LINES = {
    "bookings": {"request"},
    "availability": {"request"},
    "contacts": {"message", "messages"},
    "webhooks": {"message", "messages"},
}
ENVELOPES = "SELECT envelope FROM outbox WHERE routing_key = $1 ORDER BY seq DESC LIMIT 200"


def lines_with(stack: Stack, service: str, identifier: str) -> list[dict[str, Any]]:
    """Return the service's log lines with this request id, alone or among others."""
    text = (stack.state / "logs" / f"{service}.log").read_text()
    found = [json.loads(line) for line in text.splitlines() if identifier in line]
    return [
        line
        for line in found
        if line.get("request_id") == identifier or identifier in line.get("request_ids", ())
    ]


async def events(stack: Stack, service: str, routing_key: str, identifier: str) -> int:
    """Return how many events of this request the service's outbox has."""
    found = [
        json.loads(envelope) for (envelope,) in await rows(stack, service, ENVELOPES, routing_key)
    ]
    return sum(one.get("requestid") == identifier for one in found)


async def test_one_id_follows_a_booking(host: Host, receiver: Receiver) -> None:
    """Through two services, two outboxes, their consumers, and the log of deliveries."""
    made = await webhooks.create(
        host.stack.clients, host.email, receiver.url, ["booking.created", "contact.created"]
    )
    identifier = f"ticket-{uuid4().hex}"
    start, *_others = await host.slots()
    booked = await host.book(start, headers={REQUEST_ID: identifier})
    assert booked.status == 201, booked
    answered = {name.lower(): value for name, value in booked.headers.items()}
    assert answered[REQUEST_ID.lower()] == identifier
    await eventually(lambda: len(receiver.read()) == 2, what="both webhooks")

    assert await events(host.stack, "bookings", "booking.created.v1", identifier) == 1
    assert await events(host.stack, "contacts", "contact.created.v1", identifier) == 1
    for service, events_of in LINES.items():
        logged = partial(lines_with, host.stack, service, identifier)
        await eventually(logged, what=f"a line of {service}")
        assert events_of & {line["event"] for line in logged()}, service
    sent = await webhooks.deliveries(host.stack.clients, host.email, made.id, query={})
    assert [one.request_id for one in sent.data] == [identifier] * 2


def some_client() -> str:
    """Return an address of its own: of several equal refusals only the first is a line."""
    return f"127.{uuid4().int % 250 + 1}.9.9"


async def test_a_refusal_is_in_the_log_of_the_gateway_with_its_id(host: Host) -> None:
    """With the client's address, and without the key that was sent."""
    identifier = f"ticket-{uuid4().hex}"
    key = f"lt_live_{uuid4().hex.ljust(43, 'x')}"
    headers = {REQUEST_ID: identifier, "Authorization": f"Bearer {key}"}
    client = some_client()
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(local_addr=(client, 0))) as session,
        session.get(f"{host.stack.file.gateway}/api/v1/me", headers=headers) as answer,
    ):
        assert answer.status == 401
        assert answer.headers[REQUEST_ID] == identifier
    (line,) = await eventually(lambda: lines_with(host.stack, "gateway", identifier))
    assert (line["event"], line["client"], line["status"]) == ("refused", client, 401)
    assert (line["reason"], line["service"]) == ("invalid_api_key", "gateway")
    assert key not in (host.stack.state / "logs" / "gateway.log").read_text()


async def test_a_malformed_request_is_in_the_log_with_its_id(host: Host) -> None:
    """Before any route and any id of the client is known."""
    client = some_client()
    reader, writer = await asyncio.open_connection(
        *_address(host.stack.file.gateway), local_addr=(client, 0)
    )
    writer.write(b"GET / HTTP/1.1\r\nHost : a\r\n\r\n")
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    writer.close()
    found = re.search(rf"^{REQUEST_ID}: (\S+)\r$", head, re.MULTILINE)
    assert found is not None, head
    (line,) = await eventually(lambda: lines_with(host.stack, "gateway", found[1]))
    assert (line["event"], line["client"], line["status"]) == ("refused", client, 400)
    assert (line["reason"], line["error"]) == ("malformed_request", "BadHttpMessage")


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return str(parts.hostname), int(parts.port or 0)
