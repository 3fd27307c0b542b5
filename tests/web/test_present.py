"""What a page shows is the present: times after the browser's way back, the file for calendars."""

from pathlib import Path
from typing import Any
from uuid import UUID

from icalendar import Event
from playwright.async_api import Page

from linktime_common.event_uids import event_uid, public_domain
from linktime_local.testing.waiting import eventually
from linktime_operator.stack.stack import Stack
from tests.hosts import Host
from tests.web.visitor import Open


async def event_of(page: Page) -> Event:
    """Return the event in the file that the page offers."""
    async with page.expect_download() as download:
        await page.get_by_role("link", name="File (.ics)").click()
    path = await (await download.value).path()
    event = Event.from_ical(Path(path).read_bytes()).walk("VEVENT")[0]
    assert isinstance(event, Event)
    return event


async def test_the_browsers_way_back(host: Host, visit: Open, http: Any) -> None:
    """The page is read again: a time that was taken meanwhile is not offered."""
    free = await host.slots(days=0)
    path = f"/{host.username}/{host.event_type}?date={free[0][:10]}"
    visitor = await visit(path, zone="UTC")
    page = visitor.page
    times = page.locator(".times .time")
    await times.get_by_text(free[-3][11:16]).wait_for()
    await page.goto(f"{visitor.gateway}/embed/demo")
    await host.book(free[-3])

    async def is_known() -> bool:
        async with http.get(visitor.gateway + path, headers={"Accept": "text/html"}) as answer:
            return shown not in await answer.text()

    async with http.get(visitor.gateway + path, headers={"Accept": "text/html"}) as answer:
        shown = await answer.text()
    # The gateway keeps a page for two seconds.
    await eventually(is_known)
    await page.go_back()
    await times.get_by_text(free[-2][11:16]).wait_for()
    assert free[-3][11:16] not in await visitor.times()


async def test_the_file_is_the_mails_event(stack: Stack, host: Host, visit: Open) -> None:
    """With the UID of the invitation; after a move it replaces the former one."""
    tomorrow = (await host.slots())[0][:10]  # of today there may be only one time left
    visitor = await visit(f"/{host.username}/{host.event_type}?date={tomorrow}", zone="UTC")
    page = visitor.page
    await page.locator(".times .time").last.click()
    await visitor.fill()
    await page.click(".primary")
    await page.get_by_role("heading", name="You are booked").wait_for()
    booked = await event_of(page)
    (booking,) = (await host.call("GET", "/api/v1/bookings")).body["data"]
    uid = event_uid(UUID(booking["id"]), public_domain(stack.file.gateway))
    assert (booked["UID"], booked["SEQUENCE"]) == (uid, 0)

    await page.get_by_role("link", name="Move or cancel").click()
    assert (await event_of(page))["SEQUENCE"] == 0
    await page.get_by_role("button", name="Move", exact=True).click()
    await page.locator(".times .time").nth(2).click()
    await page.get_by_role("button", name="Move booking").click()
    await page.get_by_text("Moved", exact=True).wait_for()
    moved = await event_of(page)
    assert (moved["UID"], moved["SEQUENCE"]) == (uid, 1)
    assert moved["LAST-MODIFIED"].dt == moved["DTSTAMP"].dt >= booked["DTSTAMP"].dt
