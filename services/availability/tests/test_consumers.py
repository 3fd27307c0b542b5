"""The service's consumer with a real queue."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from services.availability.tests.keys import SEALING_KEY

from linktime_availability.app import SERVICE
from linktime_availability.consumers import HANDLERS
from linktime_availability.use_cases.free_reservation import free_reservation
from linktime_common.contracts.events import EVENTS, Event
from linktime_common.contracts.events.bookings import BookingCancelled, BookingCreated
from linktime_common.contracts.events.scim import UserCreated
from linktime_common.contracts.internal_api.availability import Reservation
from linktime_common.identity import CallerKind
from linktime_common.ids import new_id
from linktime_common.messaging import outbox
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.relay import Relay
from linktime_common.messaging.topology import Topology
from linktime_common.process import ProcessRole
from linktime_local.servers.ports import free_port
from linktime_local.testing.services import Running, running
from linktime_local.testing.waiting import eventually


def test_every_event_that_names_this_service_is_handled() -> None:
    """Handlers and declared consumers are the same."""
    assert set(HANDLERS) == {event for event in EVENTS if SERVICE.name in event.consumers}


@pytest.fixture
async def relayed(world: Any, broker_url: str, topology_prefix: str) -> AsyncIterator[None]:
    """A relay that publishes the outbox, as in other services."""
    link = await BrokerLink.open(broker_url, name="publisher", topology=Topology(topology_prefix))
    task = asyncio.ensure_future(Relay(world.database, link, poll=timedelta(seconds=0.05)).run())
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await link.close()


@pytest.fixture
async def working(dsn: str, broker_url: str, topology_prefix: str) -> AsyncIterator[Running]:
    async with running(
        SERVICE,
        ProcessRole.ALL,
        postgres_dsn=dsn,
        broker_url=broker_url,
        broker_prefix=topology_prefix,
        scim_internal_url=f"http://127.0.0.1:{free_port()}",
        public_url="https://meet.example",
        sealing_keys=[SEALING_KEY],
    ) as up:
        yield up


async def publish(world: Any, event: Event) -> None:
    async with world.database.transaction() as connection:
        await outbox.add(connection, event)


def created_and_cancelled(world: Any, held: Reservation) -> tuple[BookingCreated, BookingCancelled]:
    """Return the events of a booking with this reservation."""
    now = world.clock.now()
    state = {
        **held.model_dump(by_alias=False),
        "id": held.booking_id,
        "status": "CONFIRMED",
        "invitee_name": "Ivy",
        "invitee_email": "ivy@example.com",
        "invitee_timezone": "UTC",
        "invitee_phone": None,
        "notes": None,
        "answers": [],
        "source": "api",
        "sequence": 0,
        "created_at": now,
        "updated_at": now,
        "cancelled_at": None,
        "cancellation_reason": None,
    }
    common = {"occurred_at": now, "owner_id": held.host.id, "aggregate_id": held.booking_id}
    cancelled = state | {"status": "CANCELLED", "cancelled_at": now}
    return (
        BookingCreated(**common, aggregate_version=1, booking=state),
        BookingCancelled(
            **common, aggregate_version=2, booking=cancelled, cancelled_by="host", reason=None
        ),
    )


async def test_events_arrive_and_take_effect(world: Any, relayed: None, working: Running) -> None:
    """A user becomes a host; a booking confirms its time, and a cancellation frees it."""
    user = world.user()
    await publish(
        world,
        UserCreated(
            occurred_at=world.clock.now(),
            owner_id=user.id,
            aggregate_id=user.id,
            aggregate_version=1,
            user=user,
        ),
    )

    async def known() -> bool:
        async with working.session.get(
            f"{working.url}/api/public/{user.username}", headers=working.identity(CallerKind.PUBLIC)
        ) as response:
            return response.status == 200

    await eventually(known, within=20)
    event_type = await world.event_type(user.id)
    held = await world.held(event_type, world.clock.now().replace(hour=10))
    created, cancelled = created_and_cancelled(world, held)
    await publish(world, created)

    async def is_now(status: str) -> bool:
        return bool(await world.statuses(held.reservation_id) == [status])

    await eventually(lambda: is_now("confirmed"))
    await publish(world, cancelled)
    await eventually(lambda: is_now("freed"))


async def test_cancellation_before_creation_logs_no_error(
    world: Any, relayed: None, working: Running, caplog: pytest.LogCaptureFixture
) -> None:
    """The direct call frees the time before the events arrive; the creation is retried."""
    host = await world.host()
    held = await world.held(await world.event_type(host.id), world.clock.now().replace(hour=10))
    created, cancelled = created_and_cancelled(world, held)

    def lines(event_id: object, outcome: str) -> list[str]:
        found = [one.getMessage() for one in caplog.records]
        return [one for one in found if str(event_id) in one and outcome in one]

    with caplog.at_level(logging.INFO):
        await free_reservation(held.reservation_id, world.deps)
        await publish(world, created)
        await eventually(lambda: lines(created.event_id, "retried"))
        await publish(world, cancelled)
        await eventually(lambda: lines(created.event_id, "applied"), within=30)
    assert len(lines(cancelled.event_id, "applied")) == 1
    assert len(lines(created.event_id, "ReservationFreed")) == 1
    ours = [one for one in caplog.records if one.name == "linktime_common.messaging.intake"]
    assert [one for one in ours if one.levelno > logging.INFO] == []


async def test_dead_letters_can_be_listed(service: Running) -> None:
    """The operator's routes exist."""
    async with service.session.get(
        f"{service.internal_url}/internal/parked-messages",
        headers=service.identity(CallerKind.OPERATOR, issuer="operator", subject=new_id()),
    ) as response:
        assert (response.status, await response.json()) == (200, {"data": []})
