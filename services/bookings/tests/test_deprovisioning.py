"""A host leaves the organization: upcoming bookings are cancelled."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from services.bookings.tests.calls import Caller, slot
from services.bookings.tests.fakes import EventType, FakeAvailability, a_host
from services.bookings.tests.rows import events, lock_waiters, rows

from linktime_bookings.app import SERVICE
from linktime_bookings.consumers import HANDLERS
from linktime_bookings.deps import Deps
from linktime_bookings.use_cases.cancel_upcoming_bookings import (
    SETTLES_AFTER,
    cancel_upcoming_bookings,
)
from linktime_common.contracts.events.scim import MemberDeprovisioned
from linktime_common.ids import new_id
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.publisher import Publisher
from linktime_common.messaging.topology import Topology
from linktime_common.postgres import Database
from linktime_common.process import ProcessRole
from linktime_local.testing.services import Running, running
from linktime_local.testing.waiting import eventually

REASON = "The host has left the organization"
LEFT = "SELECT host_id FROM deprovisionings"
CANCELLED = "SELECT id::text FROM bookings WHERE status = 'CANCELLED'"
MOVE = "UPDATE bookings SET starts_at = $2, ends_at = $3 WHERE id = $1"
Consume = Callable[[MemberDeprovisioned], Awaitable[None]]


def left(host_id: UUID, at: datetime | None = None) -> MemberDeprovisioned:
    """Return the event of a host who leaves at `at`, by default now."""
    return MemberDeprovisioned(
        occurred_at=at or datetime.now(UTC),
        owner_id=host_id,
        aggregate_id=new_id(),
        aggregate_version=1,
        organization_id=new_id(),
        user_id=host_id,
    )


@dataclass
class FixedClock:
    """A clock that shows `instant`."""

    instant: datetime

    def now(self) -> datetime:
        return self.instant


@pytest.fixture
def consume(database: Database) -> Consume:
    """Process an event like the consumer."""

    async def consume_event(event: MemberDeprovisioned) -> None:
        async with database.transaction() as connection:
            await HANDLERS[MemberDeprovisioned](connection, event)

    return consume_event


async def test_upcoming_bookings_are_cancelled(
    host: Caller, deps: Deps, consume: Consume, database: Database, availability: FakeAvailability
) -> None:
    """Also one in progress, but none that has ended or was cancelled before."""
    ended, going_on, coming, given_up = [await host.booked(slot(number)) for number in range(4)]
    now = datetime.now(UTC)
    async with database.connection() as connection:
        for booking, start in ((ended, timedelta(hours=-2)), (going_on, timedelta(minutes=-10))):
            start_at = now + start
            await connection.execute(
                MOVE, UUID(booking), start_at, start_at + timedelta(minutes=30)
            )
    assert (await host.post(f"/{given_up}/cancel", {"reason": "ill"})).status == 200
    await consume(left(host.host_id))
    await cancel_upcoming_bookings(deps)

    details = [(await host.get(f"/{one}")).body for one in (ended, going_on, coming, given_up)]
    assert [one["cancellationReason"] for one in details] == [None, REASON, REASON, "ill"]
    assert [one["status"] for one in details] == ["CONFIRMED", *["CANCELLED"] * 3]
    created, cancelled = details[2]["history"]
    assert (created["type"], cancelled["type"]) == ("created", "cancelled")
    assert (cancelled["by"], cancelled["reason"]) == ("system", REASON)
    assert await events(database) == ["booking.created"] * 4 + ["booking.cancelled"] * 3
    said = await rows(
        database,
        "SELECT document->'data'->>'cancelledBy', document->'data'->>'reason' FROM ("
        " SELECT convert_from(envelope, 'UTF8')::jsonb AS document FROM outbox ORDER BY seq DESC"
        " LIMIT 2) AS latest",
    )
    assert said == [("system", REASON)] * 2
    assert len(availability.in_state("freed")) == 3


async def test_other_hosts_are_not_affected(
    host: Caller, deps: Deps, consume: Consume, database: Database, availability: FakeAvailability
) -> None:
    """Nor does the event of an unknown host change anything."""
    other = availability.add(EventType(a_host("Bob"), slug="other"))
    neighbour = Caller(host.service, other.host.id)
    kept = await neighbour.booked(slot(0), eventTypeSlug="other")
    gone = await host.booked(slot(0))
    await consume(left(host.host_id))
    await consume(left(new_id()))
    await cancel_upcoming_bookings(deps)
    assert await rows(database, CANCELLED) == [(gone,)]
    assert (await neighbour.get(f"/{kept}")).body["status"] == "CONFIRMED"


async def test_a_booking_made_after_the_host_left_stays(
    host: Caller, deps: Deps, consume: Consume, database: Database
) -> None:
    """However late and often the event is processed."""
    before = await host.booked(slot(0))
    event = left(host.host_id)
    await asyncio.sleep(0.002)  # instants on the wire have milliseconds
    after = await host.booked(slot(1))
    for _ in range(2):
        await consume(event)
        await cancel_upcoming_bookings(deps)
    assert await rows(database, CANCELLED) == [(before,)]
    assert (await host.get(f"/{after}")).body["status"] == "CONFIRMED"
    assert await events(database) == ["booking.created"] * 2 + ["booking.cancelled"]


async def test_leaving_twice_in_the_wrong_order(
    host: Caller, deps: Deps, consume: Consume, database: Database
) -> None:
    """Each event cancels the bookings made before its time."""
    first = await host.booked(slot(0))
    once = left(host.host_id)
    await asyncio.sleep(0.002)
    second = await host.booked(slot(1))
    await asyncio.sleep(0.002)
    again = left(host.host_id)
    await consume(again)
    await consume(once)
    await cancel_upcoming_bookings(deps)
    assert {one for (one,) in await rows(database, CANCELLED)} == {first, second}
    assert (await events(database)).count("booking.cancelled") == 2


async def test_concurrent_jobs_cancel_each_booking_once(
    host: Caller, deps: Deps, consume: Consume, database: Database, availability: FakeAvailability
) -> None:
    """Three processes, and an invitee who cancels meanwhile."""
    booked = [await host.booked(slot(number)) for number in range(20)]
    await consume(left(host.host_id))
    *_, by_host = await asyncio.gather(
        *(cancel_upcoming_bookings(deps) for _ in range(3)), host.post(f"/{booked[10]}/cancel")
    )
    assert by_host.status in {200, 409}
    assert len(await rows(database, CANCELLED)) == 20
    assert (await events(database)).count("booking.cancelled") == 20
    assert len(availability.in_state("freed")) == 20


async def test_interrupted_job_is_continued(
    host: Caller, deps: Deps, consume: Consume, database: Database
) -> None:
    """Each booking is cancelled in its own transaction; the rest is cancelled later."""
    booked = [await host.booked(slot(number)) for number in range(3)]
    async with database.connection() as connection:
        await connection.execute(
            f"""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'not now'; END $$;
            CREATE TRIGGER fails BEFORE UPDATE ON bookings FOR EACH ROW
            WHEN (OLD.id = '{booked[1]}') EXECUTE FUNCTION refuse()
            """
        )
    await consume(left(host.host_id))
    with pytest.raises(Exception, match="not now"):
        await cancel_upcoming_bookings(deps)
    assert await rows(database, CANCELLED) == [(booked[0],)]
    assert (await events(database)).count("booking.cancelled") == 1
    async with database.connection() as connection:
        await connection.execute("DROP TRIGGER fails ON bookings")
    await cancel_upcoming_bookings(deps)
    assert (await events(database)).count("booking.cancelled") == 3


async def test_booking_committed_after_the_host_left(
    host: Caller, deps: Deps, consume: Consume, database: Database
) -> None:
    """It was created before and is committed after the first run: the job is kept for it."""
    event = left(host.host_id, datetime.now(UTC) + timedelta(seconds=30))
    await consume(event)
    await cancel_upcoming_bookings(deps)
    late = await host.booked(slot(0))
    await cancel_upcoming_bookings(deps)
    assert await rows(database, CANCELLED) == [(late,)]
    assert await rows(database, LEFT) == [(host.host_id,)]


async def test_finished_job_is_deleted(deps: Deps, consume: Consume, database: Database) -> None:
    """Not before every booking created earlier must have been committed."""
    event = left(new_id(), datetime.now(UTC))
    await consume(event)
    almost = event.occurred_at + SETTLES_AFTER
    await cancel_upcoming_bookings(replace(deps, clock=FixedClock(almost)))
    assert len(await rows(database, LEFT)) == 1
    after = almost + timedelta(milliseconds=1)
    await cancel_upcoming_bookings(replace(deps, clock=FixedClock(after)))
    assert await rows(database, LEFT) == []


async def test_cancellation_rolled_back_by_another_process(
    host: Caller, deps: Deps, consume: Consume, database: Database
) -> None:
    """A process that waits for the lock cancels the booking after the rollback."""
    booking = await host.booked(slot(0))
    event = left(host.host_id)
    await consume(event)
    late = replace(deps, clock=FixedClock(event.occurred_at + SETTLES_AFTER + timedelta(seconds=1)))
    async with database.connection() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("SELECT FROM bookings WHERE id = $1 FOR UPDATE", UUID(booking))
        working = asyncio.ensure_future(cancel_upcoming_bookings(late))
        await eventually(lambda: lock_waiters(database))
        await transaction.rollback()
    await working
    assert await rows(database, CANCELLED) == [(booking,)]
    assert await rows(database, LEFT) == []


async def test_availability_is_unavailable(
    host: Caller, deps: Deps, consume: Consume, database: Database, availability: FakeAvailability
) -> None:
    """The booking is cancelled; its event frees the time."""
    await host.booked(slot(0))
    availability.fails_settling = True
    await consume(left(host.host_id))
    await cancel_upcoming_bookings(deps)
    assert (await events(database))[-1] == "booking.cancelled"


@asynccontextmanager
async def _published_by_scim(broker_url: str, prefix: str) -> AsyncIterator[Consume]:
    topology = Topology(prefix)
    link = await BrokerLink.open(broker_url, name="scim", topology=topology)
    publisher = Publisher(link, timeout_seconds=5)

    async def publish(event: MemberDeprovisioned) -> None:
        await publisher.publish(
            topology.events_exchange,
            event.routing_key(),
            event.envelope(),
            message_id=str(event.event_id),
            headers={},
        )

    try:
        yield publish
    finally:
        await publisher.close()
        await link.close()


async def test_event_waits_for_a_stopped_service(
    service: Running,
    settings: dict[str, Any],
    event_type: EventType,
    database: Database,
    broker_url: str,
    topology_prefix: str,
) -> None:
    """Its queue keeps the event; the consumer wakes the job at once."""
    host = Caller(service, event_type.host.id)
    before = await host.booked(slot(0))
    broker = {"broker_url": broker_url, "broker_prefix": topology_prefix}
    async with _published_by_scim(broker_url, topology_prefix) as publish:
        await publish(left(host.host_id))
        await asyncio.sleep(0.002)  # instants on the wire have milliseconds
        after = await host.booked(slot(1))
        working = {**settings, **broker, "sweep_interval_seconds": 3600}
        async with running(SERVICE, ProcessRole.WORK, **working):
            await eventually(lambda: rows(database, CANCELLED), within=20)
            await publish(left(new_id()))
            await eventually(lambda: _processed(database, 2), within=20)
    assert await rows(database, CANCELLED) == [(before,)]
    assert (await host.get(f"/{after}")).body["status"] == "CONFIRMED"


async def _processed(database: Database, number: int) -> bool:
    return len(await rows(database, LEFT)) == number
