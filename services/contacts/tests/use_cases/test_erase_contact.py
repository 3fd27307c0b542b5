"""The rounds of an erasure in the contacts service, with a real database."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from linktime_common.contracts.events.bookings import BookingState
from linktime_common.erasure import do_rounds
from linktime_common.idempotency import WriteAttempt, WriteReply
from linktime_common.ids import new_id
from linktime_common.postgres import Database
from linktime_contacts.deps import Deps
from linktime_contacts.domain.contact import Contact
from linktime_contacts.domain.erasure import ROUNDS_APART, SERVICES, Erasure
from linktime_contacts.domain.errors import ContactNotFound
from linktime_contacts.store import contacts, erased_texts, erasures, meetings
from linktime_contacts.use_cases.erase_contact import (
    ERASURE,
    EraseContact,
    advance_erasures,
    confirm_own_round,
    erase_contact,
)
from linktime_contacts.use_cases.record_booking import record_booking

Events = Callable[[], Awaitable[list[dict[str, Any]]]]
NOW = datetime(2026, 3, 1, 14, tzinfo=UTC)


@dataclass
class Clock:
    """Shows what a test sets."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


@dataclass
class World:
    """One owner with one contact."""

    deps: Deps
    clock: Clock
    ann: Contact

    async def add(self, contact: Contact) -> None:
        async with self.deps.database.transaction() as connection:
            assert await contacts.insert(connection, contact)

    async def record(self, booking: BookingState) -> None:
        async with self.deps.database.transaction() as connection:
            now = self.clock.now()
            await record_booking(connection, booking, version=1, occurred_at=now, now=now)

    async def erase(self) -> Erasure:
        attempt: WriteAttempt[Erasure] = WriteAttempt(
            {ERASURE: str(new_id())}, 1e9, lambda _erasure: WriteReply(202, {})
        )
        command = EraseContact(owner_id=self.ann.owner_id, contact_id=self.ann.id)
        return await erase_contact(command, self.deps, attempt)

    async def confirm(self, erasure: Erasure, number: int) -> None:
        async with self.deps.database.transaction() as connection:
            for service in SERVICES:
                await erasures.confirm(
                    connection,
                    owner_id=erasure.owner_id,
                    erasure_id=erasure.id,
                    number=number,
                    service=service,
                )

    async def advance(self, erasure: Erasure) -> Erasure:
        """Run the job, and return the erasure as it is then."""
        await advance_erasures(self.deps)
        async with self.deps.database.connection() as connection:
            return await erasures.find(connection, erasure.owner_id, erasure.id)

    async def ids(self) -> list[UUID]:
        async with self.deps.database.connection() as connection:
            return [row["id"] for row in await connection.fetch("SELECT id FROM contacts")]


@pytest.fixture
async def world(database: Database) -> World:
    clock = Clock()
    ann = Contact(
        id=new_id(),
        owner_id=new_id(),
        name="Ann",
        email="Ann@example.com",
        phone="+4930111111",
        version=1,
        created_at=NOW,
        updated_at=NOW,
    )
    made = World(Deps(database, clock), clock, ann)
    await made.add(ann)
    return made


async def test_two_confirmed_rounds_end_it(world: World, events: Events) -> None:
    """The second begins ten minutes later; a confirmation of the first does not end it."""
    erasure = await world.erase()
    assert await world.ids() == []
    (request,) = await events()
    assert request["data"]["emails"] == ["ann@example.com"]
    world.clock.at = NOW + ROUNDS_APART
    assert (await world.advance(erasure)).round == 1
    await world.confirm(erasure, 1)
    assert (await world.advance(erasure)).round == 2
    await world.confirm(erasure, 1)
    assert (await world.advance(erasure)).state == "running"
    (request,) = await events()
    assert request["aggregateversion"] == 2
    await world.confirm(erasure, 2)
    done = await world.advance(erasure)
    assert (done.state, done.emails, done.phones) == ("done", [], [])


async def test_a_contact_that_is_found_in_the_last_round_needs_another(
    world: World, events: Events
) -> None:
    """The other services do not know its addresses and bookings yet."""
    erasure = await world.erase()
    world.clock.at = NOW + ROUNDS_APART
    await world.confirm(erasure, 1)
    assert (await world.advance(erasure)).round == 2
    late = replace(world.ann, id=new_id(), created_at=NOW - timedelta(minutes=5))
    await world.add(replace(late, phone="+4930222222"))
    await world.confirm(erasure, 2)
    following = await world.advance(erasure)
    assert (following.round, following.phones) == (3, ["+4930111111", "+4930222222"])
    await world.confirm(erasure, 3)
    assert (await world.advance(erasure)).state == "done"
    assert [request["aggregateversion"] for request in await events()] == [1, 2, 3]


async def test_this_service_does_its_own_part_of_a_round(world: World, events: Events) -> None:
    """The request to erase does not wait for it; its events lose the address after publishing."""
    erasure = await world.erase()
    work = partial(do_rounds, world.deps.database, erased_texts.erase, confirm_own_round)
    await work()
    assert "contacts" in (await world.advance(erasure)).waiting_for
    async with world.deps.database.connection() as connection:
        await connection.execute("UPDATE outbox SET published_at = now()")
        await connection.execute("UPDATE erasure_rounds SET due_at = now()")
    await work()
    assert "contacts" not in (await world.advance(erasure)).waiting_for
    (request,) = await events()
    assert (request["data"]["emails"], request["data"]["contactIds"]) == ([], [str(world.ann.id)])


async def test_erasing_twice_is_refused_the_second_time(world: World) -> None:
    await world.erase()
    with pytest.raises(ContactNotFound):
        await world.erase()


@pytest.mark.parametrize(("minutes", "stays"), [(-5, False), (5, True)])
async def test_only_a_contact_of_an_earlier_booking_is_erased_too(
    world: World, events: Events, minutes: int, stays: bool
) -> None:
    """A contact has the creation time of its booking."""
    erasure = await world.erase()
    await events()
    later = replace(world.ann, id=new_id(), created_at=NOW + timedelta(minutes=minutes))
    await world.add(later)
    await world.confirm(erasure, 1)
    world.clock.at = NOW + ROUNDS_APART
    following = await world.advance(erasure)
    assert await world.ids() == ([later.id] if stays else [])
    assert (later.id in following.contact_ids) is not stays


@pytest.mark.parametrize("is_later_first", [False, True])
async def test_bookings_after_the_request_stay_with_their_contact(
    world: World, events: Events, booking: Callable[..., BookingState], is_later_first: bool
) -> None:
    """A booking in progress used to take those after it along, and the contact."""
    erasure = await world.erase()
    await events()
    made = [
        booking(
            world.ann.owner_id,
            invitee_email=world.ann.email,
            created_at=NOW + timedelta(seconds=seconds),
        )
        for seconds in (-1, 60)
    ]
    for one in reversed(made) if is_later_first else made:
        await world.record(one)
    (contact_id,) = await world.ids()
    await world.confirm(erasure, 1)
    world.clock.at = NOW + ROUNDS_APART
    following = await world.advance(erasure)
    assert following.booking_ids == [made[0].id]
    assert contact_id not in following.contact_ids
    async with world.deps.database.connection() as connection:
        left = await meetings.bookings_of(connection, world.ann.owner_id, contact_id)
    assert left == [made[1].id]
    await world.confirm(erasure, 2)
    assert (await world.advance(erasure)).state == "done"
    assert await world.ids() == [contact_id]


@pytest.mark.parametrize(("seconds", "stays"), [(-1, False), (60, True)])
async def test_a_meeting_of_an_earlier_version_is_as_old_as_its_contact(
    world: World, booking: Callable[..., BookingState], seconds: int, stays: bool
) -> None:
    """Such a process can run during an update; its row has no time of the booking."""
    erasure = await world.erase()
    made = {"invitee_email": world.ann.email, "created_at": NOW + timedelta(seconds=seconds)}
    await world.record(booking(world.ann.owner_id, **made))
    async with world.deps.database.connection() as connection:
        await connection.execute("UPDATE meetings SET booked_at = NULL")
    ids = await world.ids()
    await world.confirm(erasure, 1)
    world.clock.at = NOW + ROUNDS_APART
    following = await world.advance(erasure)
    assert await world.ids() == (ids if stays else [])
    assert bool(following.booking_ids) is not stays
