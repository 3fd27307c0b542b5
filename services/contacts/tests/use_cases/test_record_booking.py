"""Booking events in any order, late, repeated and concurrent."""

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from linktime_common.clock import SystemClock
from linktime_common.contracts.events.bookings import (
    BookingCancelled,
    BookingCreated,
    BookingEvent,
    BookingRescheduled,
    BookingState,
    BookingStatus,
)
from linktime_common.contracts.events.contacts import ContactCreated
from linktime_common.idempotency import WriteAttempt, WriteReply
from linktime_common.ids import new_id
from linktime_common.postgres import Database
from linktime_common.redaction import ERASED_EMAIL, ERASED_NAME
from linktime_contacts.consumers import HANDLERS
from linktime_contacts.deps import Deps
from linktime_contacts.domain.errors import ContactNotFound
from linktime_contacts.domain.instants import whole_milliseconds
from linktime_contacts.use_cases.delete_contact import DeleteContact, delete_contact

Booking = Callable[..., BookingState]
Take = Callable[..., Awaitable[None]]
Events = Callable[[], Awaitable[list[dict[str, Any]]]]


@pytest.fixture
def take(database: Database) -> Take:
    """Process events one by one, each in a transaction like the consumer."""

    async def run(*events: BookingEvent) -> None:
        for event in events:
            async with database.transaction() as connection:
                await HANDLERS[type(event)](connection, event)

    return run


def envelope(booking: BookingState, version: int) -> dict[str, Any]:
    return {
        "occurred_at": booking.updated_at,
        "owner_id": booking.host.id,
        "aggregate_id": booking.id,
        "aggregate_version": version,
        "booking": booking,
    }


def created(booking: BookingState, version: int = 1) -> BookingCreated:
    return BookingCreated(**envelope(booking, version))


def cancelled(booking: BookingState, version: int) -> BookingCancelled:
    state = booking.model_copy(
        update={"status": BookingStatus.CANCELLED, "updated_at": booking.updated_at}
    )
    return BookingCancelled(**envelope(state, version), cancelled_by="host", reason=None)


def moved(booking: BookingState, version: int, by: timedelta) -> BookingRescheduled:
    state = booking.model_copy(
        update={
            "start_time": booking.start_time + by,
            "end_time": booking.end_time + by,
            "updated_at": booking.updated_at + timedelta(minutes=version),
        }
    )
    return BookingRescheduled(
        **envelope(state, version),
        previous_start_time=booking.start_time,
        previous_end_time=booking.end_time,
        previous_reservation_id=new_id(),
        rescheduled_by="host",
        reason=None,
    )


def story(booking: BookingState) -> list[BookingEvent]:
    """Return the events created, rescheduled twice, cancelled."""
    first = moved(booking, 2, timedelta(days=1))
    second = moved(first.booking, 3, timedelta(days=1))
    return [created(booking), first, second, cancelled(second.booking, 4)]


async def end_state(database: Database, owner_id: UUID) -> dict[str, Any]:
    """Return all stored data of an owner, except generated ids and times of writes."""
    async with database.connection() as connection:
        contacts = await connection.fetch(
            "SELECT name, email, phone, version, created_at FROM contacts WHERE owner_id = $1",
            owner_id,
        )
        meetings = await connection.fetch(
            "SELECT version, starts_at, ends_at, status, event_type_name, contact_id IS NULL"
            " FROM meetings WHERE owner_id = $1 ORDER BY booking_id",
            owner_id,
        )
    return {"contacts": [*map(tuple, contacts)], "meetings": [*map(tuple, meetings)]}


async def erase_all(database: Database, owner_id: UUID) -> None:
    """Delete every contact of the owner with the use case."""
    async with database.connection() as connection:
        ids = await connection.fetch("SELECT id FROM contacts WHERE owner_id = $1", owner_id)
    for row in ids:
        command = DeleteContact(owner_id=owner_id, contact_id=row["id"])
        deadline = asyncio.get_running_loop().time() + 30
        attempt: WriteAttempt[None] = WriteAttempt({}, deadline, lambda _: WriteReply(200, None))
        with contextlib.suppress(ContactNotFound):
            await delete_contact(command, Deps(database, SystemClock()), attempt)


async def test_every_order_with_repeats_ends_the_same(
    database: Database, take: Take, events: Events, booking: Booking
) -> None:
    """All 24 orders with repeated events: one contact, one contact.created, and the last state of
    the meeting."""
    states = []
    for number, order in enumerate(itertools.permutations(range(4))):
        owner_id = new_id()
        history = story(booking(owner_id, invitee_phone="+4930123456"))
        arrivals: Sequence[BookingEvent] = [history[index] for index in order]
        again = arrivals if number % 2 else [event for event in arrivals for _ in range(2)]
        await take(*arrivals, *again)
        states.append(await end_state(database, owner_id))
        (document,) = await events()
        assert ContactCreated.from_envelope(document).source == "booking"
    assert all(state == states[0] for state in states)
    assert states[0]["meetings"][0][0] == 4
    assert states[0]["meetings"][0][3] == "CANCELLED"
    assert states[0]["meetings"][0][5] is False
    assert len(states[0]["contacts"]) == 1


async def test_every_order_without_the_cancellation_ends_at_the_last_time(
    database: Database, take: Take, booking: Booking, now: datetime
) -> None:
    """The version decides, not the order of arrival."""
    for order in itertools.permutations(range(3)):
        owner_id = new_id()
        history = story(booking(owner_id))
        await take(*(history[index] for index in order))
        (meeting,) = (await end_state(database, owner_id))["meetings"]
        assert meeting[:2] == (3, now + timedelta(days=2))
        assert meeting[3] == "CONFIRMED"


@pytest.mark.usefixtures("long_connection_wait")
async def test_concurrent_events_of_a_booking_end_the_same(
    database: Database, take: Take, events: Events, booking: Booking
) -> None:
    """Four events, three times each, on separate connections: one contact, one event."""
    owner_id = new_id()
    history = story(booking(owner_id))
    await asyncio.gather(*(take(event) for event in history * 3))
    state = await end_state(database, owner_id)
    assert len(state["contacts"]) == len(state["meetings"]) == 1
    assert state["meetings"][0][0] == 4
    assert len(await events()) == 1


@pytest.mark.usefixtures("long_connection_wait")
async def test_forty_concurrent_bookings_of_one_invitee_make_one_contact(
    database: Database, take: Take, events: Events, booking: Booking
) -> None:
    """The address is the same in any letter case."""
    owner_id = new_id()
    addresses = ["Zoe@example.com", "ZOE@example.com", "zoe@example.com", "zoE@example.com"]
    await asyncio.gather(
        *(
            take(created(booking(owner_id, invitee_email=address, start=start)))
            for address in addresses
            for start in [booking(owner_id).start_time + timedelta(hours=n) for n in range(10)]
        )
    )
    state = await end_state(database, owner_id)
    assert len(state["contacts"]) == 1
    assert len(state["meetings"]) == 40
    assert not any(meeting[5] for meeting in state["meetings"])
    assert len(await events()) == 1


@pytest.mark.parametrize(
    ("emails", "contacts"),
    [
        (["straße@example.com", "STRAẞE@example.com"], 1),
        (["straße@example.com", "strasse@example.com"], 2),
        (["βος@example.com", "βοσ@example.com"], 2),
        (["İ@example.com", "i\u0307@example.com"], 1),
        (["ünï@example.com", "U\u0308NI\u0308@EXAMPLE.com"], 1),
        (["ı@example.com", "i@example.com"], 2),
    ],
)
async def test_addresses_that_differ_in_letter_case_alone_are_one_contact(
    database: Database, take: Take, booking: Booking, emails: list[str], contacts: int
) -> None:
    """In any alphabet and Unicode normalization; look-alikes are two contacts."""
    owner_id = new_id()
    await take(*(created(booking(owner_id, invitee_email=email)) for email in emails))
    assert len((await end_state(database, owner_id))["contacts"]) == contacts


async def test_two_hosts_have_a_contact_each(
    database: Database, take: Take, events: Events, booking: Booking
) -> None:
    """An e-mail is unique per owner."""
    for owner_id in (new_id(), new_id()):
        await take(created(booking(owner_id)))
        assert len((await end_state(database, owner_id))["contacts"]) == 1
    assert len(await events()) == 2


async def test_a_later_booking_fills_only_empty_fields(
    database: Database, take: Take, events: Events, booking: Booking
) -> None:
    """The name is kept, the phone number is set once, and no event is written."""
    owner_id = new_id()
    await take(created(booking(owner_id, invitee_name="Zoë")))
    await take(created(booking(owner_id, invitee_name="Z.", invitee_phone="+4930123456")))
    await take(created(booking(owner_id, invitee_name="Q.", invitee_phone="+4940999999")))
    (contact,) = (await end_state(database, owner_id))["contacts"]
    assert contact[:3] == ("Zoë", "zoe@example.com", "+4930123456")
    assert len(await events()) == 1


async def test_later_events_of_a_booking_do_not_change_the_contact(
    database: Database, take: Take, booking: Booking
) -> None:
    """Rescheduling does not restore a phone number that the host cleared."""
    owner_id = new_id()
    first = booking(owner_id, invitee_phone="+4930123456")
    await take(created(first))
    async with database.connection() as connection:
        await connection.execute("UPDATE contacts SET phone = NULL")
    await take(moved(first, 2, timedelta(days=1)))
    (contact,) = (await end_state(database, owner_id))["contacts"]
    assert contact[2] is None


async def test_a_deleted_contact_stays_deleted_until_a_new_booking(
    database: Database, take: Take, events: Events, booking: Booking
) -> None:
    """Its meetings are erased, and later events of their bookings restore nothing."""
    owner_id = new_id()
    old = booking(owner_id)
    history = story(old)
    await take(history[0])
    await erase_all(database, owner_id)
    await take(*history[1:])
    state = await end_state(database, owner_id)
    assert state["contacts"] == []
    assert state["meetings"] == [(1, None, None, None, None, True)]
    await events()

    await take(created(booking(owner_id)))
    state = await end_state(database, owner_id)
    assert len(state["contacts"]) == 1
    assert [meeting[5] for meeting in state["meetings"]] == [True, False]
    assert len(await events()) == 1


async def test_a_booking_whose_invitee_is_erased_makes_no_contact(
    database: Database, take: Take, events: Events, booking: Booking
) -> None:
    """A rebuilt projection reads such bookings; a contact named Erased is none."""
    owner_id = new_id()
    await take(created(booking(owner_id, invitee_name=ERASED_NAME, invitee_email=ERASED_EMAIL)))
    state = await end_state(database, owner_id)
    assert state["contacts"] == []
    assert len(state["meetings"]) == 1
    assert await events() == []


async def test_deleting_while_bookings_arrive_does_not_deadlock(
    database: Database, take: Take, booking: Booking
) -> None:
    """Every meeting has the existing contact or is erased."""
    owner_id = new_id()

    for _ in range(10):
        new = [take(created(booking(owner_id))) for _ in range(4)]
        deletions = [erase_all(database, owner_id) for _ in range(3)]
        await asyncio.gather(
            new[0], deletions[0], new[1], deletions[1], new[2], deletions[2], new[3]
        )
    found = (await end_state(database, owner_id))["meetings"]
    assert len(found) == 40
    assert all((meeting[1] is None) == meeting[5] for meeting in found)


async def test_contact_created_has_the_state_at_the_booking(
    take: Take, events: Events, booking: Booking, now: datetime
) -> None:
    """The contact with its figures, at the time of the booking's event; updated when written."""
    owner_id = new_id()
    before = whole_milliseconds(datetime.now(UTC))
    await take(created(booking(owner_id, start=now + timedelta(days=1))))
    (document,) = await events()
    assert (document["type"], document["ownerid"]) == ("contact.created", str(owner_id))
    assert document["time"] == "2026-03-01T14:00:00.000Z"
    assert document["data"]["source"] == "booking"
    expected = {
        "id": document["subject"],
        "name": "Zoë",
        "email": "zoe@example.com",
        "phone": None,
        "meetingCount": 1,
        "lastMeetingAt": None,
        "createdAt": "2026-03-01T14:00:00.000Z",
    }
    contact = document["data"]["contact"]
    assert contact == contact | expected
    assert before <= datetime.fromisoformat(contact["updatedAt"]) <= datetime.now(UTC)


async def test_a_cancellation_received_first_creates_the_contact_without_a_meeting(
    take: Take, events: Events, booking: Booking
) -> None:
    """The first event of a booking creates the contact, whatever its type."""
    await take(cancelled(booking(new_id()), 4))
    (document,) = await events()
    assert document["data"]["contact"]["meetingCount"] == 0
