"""The steps of a booking on its page."""

from playwright.async_api import Page

from tests.hosts import Host
from tests.web.visitor import Open, Visitor

BOOKED = ".done h2"
FORM = ".details form"
SEND = ".primary[type=submit]"
TIME = ".times .time"


async def booked(host: Host) -> list[str]:
    """Return the starts that are booked."""
    answer = await host.call("GET", "/api/v1/bookings")
    return sorted(one["startTime"] for one in answer.body["data"])


async def open_form(visit: Open, host: Host) -> tuple[Visitor, list[str]]:
    """Choose the first free time and fill the form; returns the free starts too."""
    free = await host.slots()
    path = f"/{host.username}/{host.event_type}?tz=UTC&date={free[0][:10]}"
    visitor = await visit(path)
    await choose(visitor.page, free[0])
    await visitor.fill()
    return visitor, free


async def choose(page: Page, start: str) -> None:
    await page.locator(TIME, has_text=start[11:16]).click()
    await page.locator(FORM).wait_for()


async def back_to_times(page: Page) -> None:
    await page.go_back()
    await page.locator(TIME).first.wait_for()
