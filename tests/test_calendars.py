"""The demo calendar, through the whole of LinkTime: an event takes a slot away, and no longer."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import aiohttp
import pytest

from linktime_local.testing.waiting import eventually
from linktime_operator.operations import calendars
from linktime_operator.stack_file import RunningCalendar
from tests.hosts import Host


def event(start: datetime) -> str:
    """Return an event of half an hour."""
    return "\r\n".join(
        [
            *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "BEGIN:VEVENT"),
            *(f"UID:{uuid4()}", "DTSTAMP:20260101T000000Z"),
            *(f"DTSTART:{start:%Y%m%dT%H%M%SZ}", "DURATION:PT30M"),
            *("END:VEVENT", "END:VCALENDAR", ""),
        ]
    )


@pytest.fixture
async def calendar(host: Host) -> RunningCalendar:
    """The calendar of the stack, connected to a new host and read."""
    given = host.stack.file.calendar
    assert given is not None
    account = {"url": given.url, "user": given.user, "password": given.password}
    await calendars.connect(host.stack.clients, host.email, account)
    await calendars.wait_until_read(host.stack.clients, host.email, within=30)
    return given


async def read_now(host: Host) -> None:
    """Let a worker read the calendar instead of waiting for the next poll."""
    (account,) = await calendars.list_of(host.stack.clients, host.email)
    await calendars.sync(host.stack.clients, host.email, UUID(account["id"]))


async def test_an_event_takes_the_slot_away(
    host: Host, calendar: RunningCalendar, http: aiohttp.ClientSession
) -> None:
    """It is gone from the list, and its booking is refused with 409, until the event is."""
    slot = (await host.slots())[-1]
    start = datetime.fromisoformat(slot)
    url = f"{calendar.url}{uuid4()}.ics"
    login = {"Authorization": aiohttp.encode_basic_auth(calendar.user, calendar.password)}
    async with http.put(url, data=event(start).encode(), headers=login) as stored:
        assert stored.status == 201
    try:
        await read_now(host)

        async def is_gone() -> bool:
            return slot not in await host.slots()

        await eventually(is_gone, within=30, every=0.2)
        refused = await host.book(slot)
        refusal = (refused.status, refused.body["error"], refused.body["code"])
        assert refusal == (409, "The host's calendar is busy at this time", "calendar_busy")
        assert slot not in refused.body["nearest"]
        next_slot = start - timedelta(minutes=30)
        assert (await host.book(next_slot.isoformat())).status == 201
    finally:
        async with http.delete(url, headers=login) as deleted:
            assert deleted.status == 200
    await read_now(host)

    async def is_back() -> bool:
        return slot in await host.slots()

    await eventually(is_back, within=30, every=0.2)


async def test_a_booking_is_written_into_the_calendar(
    host: Host, calendar: RunningCalendar, http: aiohttp.ClientSession
) -> None:
    """As long as it is not cancelled."""
    booked = await host.book((await host.slots())[0])
    assert booked.status == 201
    booking_id = booked.body["bookingId"]
    login = {"Authorization": aiohttp.encode_basic_auth(calendar.user, calendar.password)}

    async def is_there() -> bool:
        async with http.get(f"{calendar.url}{booking_id}.ics", headers=login) as answer:
            return answer.status == 200

    async def is_gone() -> bool:
        return not await is_there()

    await eventually(is_there, within=30, every=0.2)
    cancelled = await host.call("POST", f"/api/v1/bookings/{booking_id}/cancel", {})
    assert cancelled.status == 200
    await eventually(is_gone, within=30, every=0.2)


async def test_the_demo_hosts_calendar_is_connected(host: Host) -> None:
    """`make run` connects it, and has read it when it is ready."""
    demo = host.stack.file.demo
    assert demo is not None
    (account,) = await calendars.list_of(host.stack.clients, demo.email)
    (calendar,) = account["calendars"]
    assert (account["state"], calendar["freshness"]) == ("CONNECTED", "fresh")
    assert calendar["writes"]
