"""A host leaves the organization while bookings is killed or stopped."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import orjson
import pytest
from tests.faults.harm import killed_at, leases_end
from tests.faults.messages import Message, Publish
from tests.faults.truth import (
    booked_times,
    booking,
    events,
    live,
    meetings_are,
    new_email,
    sent_once,
    settled,
)
from tests.hosts import Host
from tests.receiver import Receiver

from linktime_common.contracts.events.scim import MemberDeprovisioned
from linktime_common.ids import new_id
from linktime_local.testing.waiting import eventually
from linktime_operator.stack.stack import Stack

REASON = "The host has left the organization"


def left(host: Host) -> Message:
    """Return the directory's event of the host leaving now."""
    event = MemberDeprovisioned(
        occurred_at=datetime.now(UTC),
        owner_id=host.id,
        aggregate_id=new_id(),
        aggregate_version=1,
        organization_id=new_id(),
        user_id=host.id,
    )
    return event.routing_key(), orjson.loads(event.envelope())


async def book(host: Host, starts: Sequence[str], email: str) -> None:
    for start in starts:
        assert (await booking(host, start, email=email).until_answered()).status == 201
    await settled(host)


async def none_is_left(host: Host, but: Sequence[str] = ()) -> None:
    """Return when only these times are booked, held or in unpublished events."""

    async def cancelled() -> bool:
        return await booked_times(host) == list(but)

    await eventually(cancelled, within=20, what="the cancellations")
    await leases_end(host)
    await settled(host)
    assert await live(host) == [("confirmed", start) for start in but]


@pytest.mark.parametrize("point", ["deprovision.committing", "deprovision.committed"])
async def test_a_kill_in_the_middle_is_gone_on_from(
    stack: Stack, host: Host, receiver: Receiver, publish: Publish, point: str
) -> None:
    """Each booking is cancelled once, with one event, one webhook, and its time free."""
    await host.subscribe(receiver.url, "booking.cancelled")
    free, email = await host.slots(), new_email()
    await book(host, free[:4], email)
    message = left(host)
    async with killed_at(stack, "bookings", point):
        await publish(message)
    await publish(message)
    await none_is_left(host)
    assert await events(host) == {"booking.created": 4, "booking.cancelled": 4}
    assert await host.slots() == free
    await eventually(lambda: len(receiver.read()) == 4, within=20, what="the webhooks")
    sent_once(receiver)
    said = {(one["data"]["cancelledBy"], one["data"]["reason"]) for one in receiver.read()}
    assert said == {("system", REASON)}
    await meetings_are(host, email, 0)


async def test_a_stopped_service_cancels_after_its_restart(
    stack: Stack, host: Host, publish: Publish
) -> None:
    """The queue keeps the event; later bookings stay, whenever it is processed."""
    free, email = await host.slots(), new_email()
    await book(host, free[:2], email)
    await stack.take_down("bookings", kill=True)
    await publish(left(host))
    await asyncio.sleep(0.002)  # instants on the wire have milliseconds
    await stack.bring_up("bookings")
    assert (await booking(host, free[5], email=email).until_answered()).status == 201
    await none_is_left(host, but=[free[5]])
    await meetings_are(host, email, 1)
