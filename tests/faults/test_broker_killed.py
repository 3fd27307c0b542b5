"""RabbitMQ is killed in the middle of many events: each has its effect, once."""

import asyncio
from collections import Counter
from functools import partial
from uuid import UUID

import aiohttp
import pytest
from tests.faults.harm import at_once
from tests.faults.truth import booking, new_email, sent_once
from tests.hosts import Host, make_host, rows
from tests.receiver import Receiver

from linktime_common.testing.waiting import eventually
from linktime_operator.stack.stack import Stack

RESERVATIONS = "SELECT status, count(*) FROM reservations WHERE host_id = ANY ($1) GROUP BY 1"
HEARD = """
    SELECT count(*) FROM booking_versions JOIN reservations r ON r.id = reservation_id
     WHERE r.host_id = ANY ($1)
"""
MEETINGS = """
    SELECT c.email, count(*) FROM contacts c JOIN meetings m ON m.contact_id = c.id
     WHERE c.owner_id = ANY ($1) GROUP BY 1
"""
PARKED = "SELECT count(*) FROM parked_messages"

PER_HOST = 50
PER_INVITEE = 10
WIDTH = 12
SECONDS_AFTER_RETURN = 60


@pytest.mark.parametrize(
    "hosts",
    [
        pytest.param(16, id="800 bookings"),
        pytest.param(100, id="5,000 bookings", marks=pytest.mark.soak),
    ],
)
async def test_the_broker_is_killed_amid_events(
    stack: Stack, http: aiohttp.ClientSession, receiver: Receiver, hosts: int
) -> None:
    """Within a minute of its return every booking has its webhook, meeting and reservation."""
    booking_hosts = [await make_host(stack, http) for _ in range(hosts)]
    for host in booking_hosts:
        await host.subscribe(receiver.url, "booking.created")
    invitees: Counter[str] = Counter()
    booked: Counter[int] = Counter()
    half_way = asyncio.Event()

    async def book(host: Host, start: str, email: str) -> None:
        answer = await booking(host, start, email=email).until_answered()
        booked[answer.status] += 1
        if booked.total() == hosts * PER_HOST // 2:
            half_way.set()

    work = []
    for host in booking_hosts:
        free = await host.slots()
        emails = [new_email() for _ in range(PER_HOST // PER_INVITEE)] * PER_INVITEE
        invitees.update(emails)
        work += [
            partial(book, host, start, email)
            for start, email in zip(free[:PER_HOST], emails, strict=True)
        ]
    booking_all = asyncio.create_task(at_once(work, WIDTH))
    await half_way.wait()
    before = stack.file.rabbitmq.pid
    await stack.kill("rabbitmq")
    await booking_all
    assert booked == {201: hosts * PER_HOST}

    await eventually(lambda: stack.file.rabbitmq.pid != before, within=60, what="its return")
    owners = [host.id for host in booking_hosts]
    await all_effects_are_there(stack, receiver, owners, invitees)
    sent_once(receiver)


async def all_effects_are_there(
    stack: Stack, receiver: Receiver, owners: list[UUID], invitees: Counter[str]
) -> None:
    """Return when every one of them is seen, and none more than once."""
    total = invitees.total()

    async def there() -> bool:
        assert len(receiver.deliveries) == total
        assert await rows(stack, "availability", RESERVATIONS, owners) == [("confirmed", total)]
        assert await rows(stack, "availability", HEARD, owners) == [(total,)]
        assert dict(await rows(stack, "contacts", MEETINGS, owners)) == invitees
        return True

    await eventually(there, within=SECONDS_AFTER_RETURN, every=0.5, what="every effect")
    for service in ("availability", "contacts", "webhooks"):
        assert await rows(stack, service, PARKED) == [(0,)]
