"""Changes of the real stack that lead to a state of a page: what happens while somebody types."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import aiohttp
from playwright.async_api import Page, Route

from linktime_local.servers.ports import free_port
from linktime_operator.operations import calendars, scheduling, users
from linktime_operator.stack.stack import Stack
from linktime_operator.stack.units import ServiceProcess
from tests.hosts import Host, rows

EMAIL = "zoe@example.com"
CLOSED: dict[str, Any] = {"timezone": "UTC", "weekly": {}, "overrides": {}}
LIMITS = {"GATEWAY_LIMIT_PUBLIC_BOOKINGS": "1/10seconds", "GATEWAY_LIMIT_PUBLIC_READS": "5/minute"}


@dataclass(frozen=True)
class Slot:
    """The time that the invitee has chosen."""

    host: Host
    slug: str
    start: str


Change = Callable[[Slot], Awaitable[None]]


def event_type_becomes(**fields: Any) -> Change:
    """Return the change of a field of the event type."""

    async def change(slot: Slot) -> None:
        host = slot.host
        found = (await host.call("GET", "/api/v1/event-types")).body["data"]
        (identifier,) = (one["id"] for one in found if one["slug"] == slot.slug)
        clients = host.stack.clients
        await scheduling.change_event_type(clients, host.email, UUID(identifier), fields)

    return change


async def somebody_books(slot: Slot) -> None:
    answer = await slot.host.book(slot.start, slug=slot.slug)
    assert answer.status == 201, answer


async def the_day_is_full(slot: Slot) -> None:
    other = (await slot.host.slots(slug=slot.slug))[5]
    assert other[:10] == slot.start[:10]
    await somebody_books(Slot(slot.host, slot.slug, other))
    await event_type_becomes(dailyLimit=1)(slot)


async def the_same_person_books(slot: Slot) -> None:
    await event_type_becomes(maxActivePerInvitee=1)(slot)
    await book_as_invitee(slot.host, slug=slot.slug, number=5)


async def the_host_closes(slot: Slot) -> None:
    await scheduling.set_schedule(slot.host.stack.clients, slot.host.email, CLOSED)


async def the_host_is_switched_off(slot: Slot) -> None:
    await users.switch(slot.host.stack.clients, slot.host.email, active=False)


async def the_calendar_refuses_us(slot: Slot) -> None:
    """As after a changed password, which only a calendar server of others can have."""
    await connect_calendar(slot.host)
    await rows(
        slot.host.stack,
        "availability",
        "UPDATE calendar_accounts SET state = 'RECONNECT' WHERE host_id = $1",
        slot.host.id,
    )


async def connect_calendar(host: Host) -> None:
    given = host.stack.file.calendar
    assert given is not None
    account = {"url": given.url, "user": given.user, "password": given.password}
    await calendars.connect(host.stack.clients, host.email, account)
    await calendars.wait_until_read(host.stack.clients, host.email, within=30)


async def book_as_invitee(host: Host, *, slug: str | None = None, number: int = 0) -> str:
    """Book one of the free times; returns the path of the booking's page."""
    slug = slug or host.event_type
    detail = await host.call("GET", f"/api/public/{host.username}/{slug}")
    body = {
        "eventTypeId": detail.body["id"],
        "startTime": (await host.slots(slug=slug))[number],
        "inviteeName": "Zoë",
        "inviteeEmail": EMAIL,
        "inviteeTimezone": "Europe/Berlin",
    }
    answer = await host.call("POST", "/api/bookings", body)
    assert answer.status == 201, answer
    return urlsplit(answer.body["manageUrl"]).path


async def change_bookings(host: Host, assignments: str) -> None:
    """Change the host's bookings in the database, where time would have to pass."""
    statement = f"UPDATE bookings SET {assignments} WHERE host_id = $1"
    await rows(host.stack, "bookings", statement, host.id)


async def the_booking_ends(host: Host) -> None:
    await change_bookings(
        host, "starts_at = starts_at - interval '9 days', ends_at = ends_at - interval '9 days'"
    )


async def the_notice_begins(host: Host) -> None:
    await change_bookings(host, "change_notice_minutes = 100000")


async def the_host_cancels(host: Host) -> None:
    (booking,) = (await host.call("GET", "/api/v1/bookings")).body["data"]
    answer = await host.call("POST", f"/api/v1/bookings/{booking['id']}/cancel", {})
    assert answer.status == 200, answer


async def the_host_moves(host: Host) -> None:
    """To another free time."""
    (booking,) = (await host.call("GET", "/api/v1/bookings")).body["data"]
    free = [one for one in await host.slots() if one != booking["startTime"]]
    body = {"newStartTime": free[6]}
    answer = await host.call("POST", f"/api/v1/bookings/{booking['id']}/reschedule", body)
    assert answer.status == 200, answer


@asynccontextmanager
async def strict_gateway(stack: Stack, http: aiohttp.ClientSession) -> AsyncIterator[str]:
    """Run a second gateway, with low limits; yields its address."""
    (first,) = stack._processes.of("gateway")
    port, internal = free_port(), free_port()
    ports = {"GATEWAY_PORT": str(port), "GATEWAY_INTERNAL_PORT": str(internal)}
    environment = {**first.environment, **ports, **LIMITS}
    second = ServiceProcess("gateway", 1, environment, stack.state)
    await second.start()
    try:
        await second.wait_ready(http, f"http://127.0.0.1:{internal}")
        yield f"http://127.0.0.1:{port}"
    finally:
        await second.stop()


async def hold_requests(page: Page, pattern: str) -> asyncio.Event:
    """Send requests to these addresses only once the event that is returned is set."""
    released = asyncio.Event()

    async def hold(route: Route) -> None:
        await released.wait()
        await route.continue_()

    await page.route(pattern, hold)
    return released


async def hold_answers(page: Page, pattern: str) -> asyncio.Event:
    """Send requests to these addresses; answers arrive once the event that is returned is set."""
    released = asyncio.Event()

    async def hold(route: Route) -> None:
        response = await route.fetch()
        await released.wait()
        await route.fulfill(response=response)

    await page.route(pattern, hold)
    return released
