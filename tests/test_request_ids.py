"""One request id, from the answer to log lines, events and deliveries."""

import json
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from tests.hosts import Host, rows
from tests.receiver import Receiver

from linktime_common.request_ids import REQUEST_ID
from linktime_local.testing.waiting import eventually
from linktime_operator.operations import webhooks
from linktime_operator.stack.stack import Stack

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


async def deliveries(host: Host, webhook: UUID) -> list[dict[str, Any]]:
    """Return the webhook's deliveries."""
    listed = await webhooks.deliveries(host.stack.clients, host.email, webhook, query={})
    return [one.model_dump() for one in listed.data]


async def test_one_id_follows_a_booking(host: Host, receiver: Receiver) -> None:
    """Through two services, two outboxes, their consumers, and the log of deliveries."""
    made = await webhooks.create(
        host.stack.clients, host.email, receiver.url, ["booking.created", "contact.created"]
    )
    identifier = f"ticket-{uuid4().hex}"
    start, *_others = await host.slots()
    booked = await host.book(start, headers={REQUEST_ID: identifier})
    assert booked.status == 201, booked
    assert booked.headers[REQUEST_ID] == identifier
    await eventually(lambda: len(receiver.read()) == 2, what="both webhooks")

    assert await events(host.stack, "bookings", "booking.created.v1", identifier) == 1
    assert await events(host.stack, "contacts", "contact.created.v1", identifier) == 1
    for service, events_of in LINES.items():
        logged = partial(lines_with, host.stack, service, identifier)
        await eventually(logged, what=f"a line of {service}")
        assert events_of & {line["event"] for line in logged()}, service
    assert {one["request_id"] for one in await deliveries(host, made.id)} == {identifier}
