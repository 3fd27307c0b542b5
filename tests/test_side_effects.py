"""All that follows from a booking: calendar, mails, contact, signed webhooks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import caldav
import pytest
from icalendar import Calendar, Event
from standardwebhooks import Webhook

from linktime_local.testing.waiting import eventually
from linktime_operator.operations import calendars, mail
from linktime_operator.stack_file import RunningCalendar
from tests.hosts import Host, rows
from tests.receiver import Receiver

HALF_AN_HOUR = timedelta(minutes=30)
MOST_ATTEMPTS = 3
UNREAD = """
    UPDATE calendars
       SET synced_at = now() - interval '2 minutes', next_sync_at = now() + interval '1 hour'
     WHERE host_id = $1 AND reads
 RETURNING id
"""
INVITEE_KINDS = ["confirmation", "rescheduled", "cancelled"]


class Shown(NamedTuple):
    """What an event and an invitation have in common."""

    uid: str
    sequence: int
    start: datetime

    @classmethod
    def of(cls, event: Event) -> "Shown":
        assert isinstance(event.start, datetime)
        return cls(event.uid, event.sequence, event.start)


@dataclass(frozen=True)
class HostsCalendar:
    """The calendar that the host connected, as another program sees it."""

    host: Host
    program: caldav.Calendar

    async def events_of(self, booking_id: str) -> list[Shown]:
        """Return all events whose UID contains the id."""
        found = await asyncio.to_thread(self.program.events)
        events = [Shown.of(one.icalendar_component) for one in found]
        return [one for one in events if booking_id in one.uid]

    @asynccontextmanager
    async def busy_at(self, start: str) -> AsyncIterator[None]:
        """Have an event of the other program for half an hour from then."""
        begin = datetime.fromisoformat(start)
        meeting = Calendar.new(subcomponents=[Event.new(start=begin, end=begin + HALF_AN_HOUR)])
        event = await asyncio.to_thread(self.program.save_event, meeting.to_ical().decode())
        try:
            yield
        finally:
            await asyncio.to_thread(event.delete)

    async def read_now(self) -> None:
        (account,) = await calendars.list_of(self.host.stack.clients, self.host.email)
        await calendars.sync(self.host.stack.clients, self.host.email, UUID(account["id"]))


def opened(given: RunningCalendar) -> caldav.Calendar:
    """Return the calendar as the `caldav` package sees it."""
    client = caldav.DAVClient(given.url, username=given.user, password=given.password)
    return caldav.Calendar(client, url=given.url)


@pytest.fixture
async def calendar(host: Host) -> HostsCalendar:
    """The calendar of the stack, connected to a new host and read."""
    given = host.stack.file.calendar
    assert given is not None
    account = {"url": given.url, "user": given.user, "password": given.password}
    await calendars.connect(host.stack.clients, host.email, account)
    await calendars.wait_until_read(host.stack.clients, host.email, within=30)
    return HostsCalendar(host, await asyncio.to_thread(opened, given))


async def mails_to(host: Host, address: str) -> list[tuple[str | None, EmailMessage]]:
    """Return kind and message of all mails to the address, oldest first."""
    found = await mail.newest_first(host.stack.file)
    return [
        (one.kind, message_from_bytes(Path(one.path).read_bytes(), policy=policy.default))
        for one in reversed(found)
        if one.to == address
    ]


def invitation_of(message: EmailMessage) -> tuple[str, Shown]:
    """Return method and event of the part that mail programs pass to the calendar."""
    (part,) = [one for one in message.walk() if one.get_content_type() == "text/calendar"]
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    parsed = Calendar.from_ical(content)
    assert isinstance(parsed, Calendar)
    (event,) = parsed.events
    return str(parsed["METHOD"]), Shown.of(event)


async def invitee_mails(host: Host, address: str, count: int) -> list[tuple[str, Shown]]:
    """Return the invitations of the invitee's mails, once there are `count`; one per fact."""

    async def all_there() -> bool:
        return len(await mails_to(host, address)) == count

    await eventually(all_there, within=30, every=0.2, what=f"{count} mails to {address}")
    found = await mails_to(host, address)
    assert [kind for kind, _message in found] == INVITEE_KINDS[:count]
    return [invitation_of(message) for _kind, message in found]


async def change(host: Host, booking_id: str, what: str, body: dict[str, Any]) -> None:
    answer = await host.call("POST", f"/api/v1/bookings/{booking_id}/{what}", body)
    assert (answer.status, answer.body) == (200, {"success": True})


async def test_a_booking_has_all_its_effects(
    host: Host, calendar: HostsCalendar, receiver: Receiver
) -> None:
    """Created, moved and cancelled: one event, one mail each, the contact, one webhook each."""
    kinds = ("booking.created", "booking.rescheduled", "booking.cancelled")
    secret = await host.subscribe(receiver.url, *kinds)
    first, second, *_others = await host.slots()
    booked = await host.book(first)
    booking_id = booked.body["bookingId"]
    path = f"/api/v1/bookings/{booking_id}"
    invitee = (await host.call("GET", path)).body["inviteeEmail"]

    async def events() -> list[Shown]:
        return await calendar.events_of(booking_id)

    async def becomes(*expected: Shown) -> None:
        async def is_so() -> bool:
            return await events() == list(expected)

        await eventually(is_so, within=30, every=0.2, what=f"{expected} in the calendar")

    ((method, invitation),) = await invitee_mails(host, invitee, 1)
    shown = Shown(invitation.uid, 0, datetime.fromisoformat(first))
    assert (method, invitation) == ("REQUEST", shown)
    await becomes(shown)

    await change(host, booking_id, "reschedule", {"newStartTime": second})
    method, invitation = (await invitee_mails(host, invitee, 2))[-1]
    shown = Shown(shown.uid, 1, datetime.fromisoformat(second))
    assert (method, invitation) == ("REQUEST", shown)
    await becomes(shown)

    await change(host, booking_id, "cancel", {"reason": "ill"})
    method, invitation = (await invitee_mails(host, invitee, 3))[-1]
    assert (method, invitation) == ("CANCEL", shown._replace(sequence=2))
    await becomes()

    await eventually(lambda: len(receiver.read()) == len(kinds), within=30, what="the webhooks")
    for headers, body in receiver.deliveries:
        Webhook(secret).verify(body, headers)
    assert sorted(one["type"] for one in receiver.read()) == sorted(kinds)
    found = await host.call("GET", f"/api/v1/contacts?search={invitee}")
    assert [one["email"] for one in found.body["data"]] == [invitee]

    async def are_shown_as_sent() -> bool:
        logs = (await host.call("GET", path)).body["emailLogs"]
        mine = {(one["type"], one["status"]) for one in logs if one["recipient"] == invitee}
        return mine == {(kind, "SENT") for kind in INVITEE_KINDS}

    await eventually(are_shown_as_sent, within=30, every=0.2, what="the mails in the detail")


async def test_an_event_of_another_program_takes_the_slot_at_once(
    host: Host, calendar: HostsCalendar
) -> None:
    """The booking asks the calendar itself; the list follows with the next reading."""
    # A booking waits a second for the calendar. On a busy machine, that can be too short for the
    # first one, which starts a child process; the next ones find one that is ready.
    for slot in (await host.slots())[-1 : -MOST_ATTEMPTS - 1 : -1]:
        async with calendar.busy_at(slot):
            # Nothing has read the calendar for two minutes, and no poll is due.
            aged = await rows(host.stack, "availability", UNREAD, host.id)
            assert len(aged) == 1
            answer = await host.book(slot)
            if answer.status == 201:
                continue
            assert (answer.status, answer.body["code"]) == (409, "calendar_busy")
            await calendar.read_now()
            await eventually(partial(_is_gone, host, slot), within=30, every=0.2)
            return
    pytest.fail(f"booked {MOST_ATTEMPTS} times at a busy time")


async def _is_gone(host: Host, slot: str) -> bool:
    return slot not in await host.slots()
