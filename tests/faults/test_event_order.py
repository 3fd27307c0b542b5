"""Events in any order, late and twice, give the same result."""

import asyncio
import http.client
from collections.abc import Sequence
from contextlib import closing
from itertools import permutations
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import orjson
import psutil
import pytest
from tests.faults.messages import Message, Publish
from tests.faults.truth import Write, booking, live, meetings_are, settled
from tests.hosts import Host, rows
from tests.receiver import Receiver

from linktime_local.testing.waiting import eventually
from linktime_operator.stack.stack import Stack

CONSUMERS = ("availability", "contacts", "webhooks")
DUPLICATES = 'linktime_consumer_messages_total{consumer="%s",outcome="duplicate"}'
WRITTEN = """
    SELECT routing_key, envelope FROM outbox
     WHERE convert_from(envelope, 'UTF8')::jsonb ->> 'subject' = $1 ORDER BY seq
"""
PROCESSED = {
    "availability": "SELECT count(*) FROM inbox WHERE event_id = $1",
    "contacts": "SELECT count(*) FROM inbox WHERE event_id = $1",
    "webhooks": "SELECT count(*) FROM events_seen WHERE event_id = $1",
}
RESERVED = "SELECT id FROM reservations WHERE booking_id = ANY ($1)"
STATUSES = "SELECT id, status FROM reservations WHERE id = ANY ($1) ORDER BY id"
VERSIONS = "SELECT * FROM booking_versions WHERE booking_id = ANY ($1) ORDER BY booking_id"
MEETINGS = """
    SELECT m.booking_id, m.version, m.starts_at, m.ends_at, m.status, c.email, c.name, c.created_at
      FROM meetings m JOIN contacts c ON c.id = m.contact_id
     WHERE m.owner_id = $1 ORDER BY m.booking_id
"""
EMPTY_AVAILABILITY = (
    "DELETE FROM reservations WHERE booking_id = ANY ($1)",
    "DELETE FROM booking_versions WHERE booking_id = ANY ($1)",
)
EMPTY_CONTACTS = (
    "DELETE FROM meetings WHERE owner_id = $1",
    "DELETE FROM contacts WHERE owner_id = $1",
)


async def written(host: Host, booking_id: str) -> list[Message]:
    """Return the events that bookings published about it, oldest first."""
    found = await rows(host.stack, "bookings", WRITTEN, booking_id)
    return [(key, orjson.loads(envelope)) for key, envelope in found]


def renewed(message: Message) -> Message:
    """Return the same event under a new id, unknown to the inboxes."""
    routing_key, envelope = message
    return routing_key, envelope | {"id": str(uuid4())}


async def is_processed(stack: Stack, message: Message) -> None:
    event_id = UUID(message[1]["id"])

    async def by_all() -> bool:
        return all(
            [
                await rows(stack, name, query, event_id) == [(1,)]
                for name, query in PROCESSED.items()
            ]
        )

    await eventually(by_all, what="every consumer hearing of it")


async def moved_and(end: str, host: Host, free: Sequence[str]) -> str:
    """Book, reschedule, then reschedule again or cancel; returns the booking's id."""
    made = await booking(host, free[0]).until_answered()
    path = f"/api/v1/bookings/{made.body['bookingId']}"
    steps = [(f"{path}/reschedule", {"newStartTime": free[4]})]
    if end == "moved":
        steps.append((f"{path}/reschedule", {"newStartTime": free[8]}))
    else:
        steps.append((f"{path}/cancel", {}))
    for step, body in steps:
        assert (await Write(host, step, body, None).until_answered()).status == 200
    return str(made.body["bookingId"])


async def picture(host: Host, bookings: list[UUID], reservations: list[UUID]) -> dict[str, Any]:
    """Return all data of availability and contacts about them."""
    stack = host.stack
    return {
        "reservations": await rows(stack, "availability", STATUSES, reservations),
        "live": await live(host),
        "versions": await rows(stack, "availability", VERSIONS, bookings),
        "meetings": await rows(stack, "contacts", MEETINGS, host.id),
        "free": await host.slots(),
    }


@pytest.mark.parametrize("end", ["moved", "cancelled"])
async def test_every_order_ends_alike(stack: Stack, host: Host, publish: Publish, end: str) -> None:
    """Consumers end in the same state after any order, and after everything twice."""
    free = await host.slots()
    orders = list(permutations(range(3)))
    made = [await moved_and(end, host, free[12 * n :]) for n in range(len(orders))]
    bookings = [UUID(one) for one in made]
    await settled(host)
    events_of = [await written(host, one) for one in made]

    async def contacts_know() -> bool:
        known = {(row[0], row[1]) for row in await rows(stack, "contacts", MEETINGS, host.id)}
        return known == {
            (UUID(last["subject"]), last["aggregateversion"])
            for *_earlier, (_key, last) in events_of
        }

    await eventually(contacts_know, what="every meeting in its last state")
    reservations = [one for (one,) in await rows(stack, "availability", RESERVED, bookings)]
    before = await picture(host, bookings, reservations)

    for statement in EMPTY_AVAILABILITY:
        await rows(stack, "availability", statement, bookings)
    for statement in EMPTY_CONTACTS:
        await rows(stack, "contacts", statement, host.id)
    assert await live(host) == []
    for events, order in zip(events_of, orders, strict=True):
        assert len(events) == 3
        for place in order:
            message = renewed(events[place])
            await publish(message)
            await publish(message)
            await is_processed(stack, message)
    assert await picture(host, bookings, reservations) == before

    late = [renewed(message) for events in events_of for message in reversed(events)]
    for message in late:
        await publish(message)
    for message in late:
        await is_processed(stack, message)
    assert await picture(host, bookings, reservations) == before


async def test_the_same_event_again_sends_nothing(
    stack: Stack, host: Host, receiver: Receiver, publish: Publish
) -> None:
    """An already processed event id is never delivered to a subscriber again."""
    await host.subscribe(receiver.url, "booking.created", "booking.cancelled", "contact.created")
    write = booking(host, (await host.slots())[0])
    made = await write.until_answered()
    booking_id = made.body["bookingId"]
    (created,) = await written(host, booking_id)
    # Otherwise the direct call that frees may win, and the event is retried only after 5 s.
    await is_processed(stack, created)
    cancel = Write(host, f"/api/v1/bookings/{booking_id}/cancel", {}, None)
    assert (await cancel.until_answered()).status == 200
    await settled(host)
    await eventually(lambda: len(receiver.deliveries) == 3, what="three webhooks")
    await meetings_are(host, write.body["inviteeEmail"], 0)

    before = {name: await duplicates(stack, name) for name in CONSUMERS}
    events = await written(host, booking_id)
    for message in (*events, *reversed(events)):
        await publish(message)
    for name in CONSUMERS:

        async def all_heard(name: str = name) -> bool:
            return await duplicates(stack, name) >= before[name] + 4

        await eventually(all_heard, what=f"{name} hearing of four again")
    await meetings_are(host, write.body["inviteeEmail"], 0)
    assert len(receiver.deliveries) == 3


async def duplicates(stack: Stack, service: str) -> float:
    """Return the count of duplicate messages of all processes of this consumer."""
    processes = [psutil.Process(one.pid) for one in stack._processes.of(service)]
    counts: dict[int, float] = {}
    while len(counts) < len(processes):  # they share the port: any of them answers
        pid, metrics = await asyncio.to_thread(_metrics, stack, service, processes)
        lines = [line for line in metrics if line.startswith(DUPLICATES % service)]
        counts[pid] = sum(float(line.split()[-1]) for line in lines)
    return sum(counts.values())


def _metrics(
    stack: Stack, service: str, processes: Sequence[psutil.Process]
) -> tuple[int, list[str]]:
    """Return the id of the process that answered, and the lines."""
    connection = http.client.HTTPConnection(
        urlsplit(stack.file.services[service].internal_url).netloc
    )
    with closing(connection):
        connection.request("GET", "/metrics")
        lines = connection.getresponse().read().decode().splitlines()
        address = connection.sock.getsockname()
        (pid,) = (
            process.pid
            for process in processes
            if any(other.raddr == address for other in process.net_connections("tcp"))
        )
    return pid, lines
