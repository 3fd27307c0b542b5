"""What is shown if a part of the page does not arrive."""

import pytest
from playwright.async_api import Page, expect

from tests.hosts import Host
from tests.web.booking_steps import TIME
from tests.web.changes import book_as_invitee
from tests.web.checks import check
from tests.web.visitor import Open, Visitor


async def without(page: Page, files: str) -> None:
    await page.route(files, lambda route: route.abort())


async def try_again(page: Page, files: str) -> None:
    await page.unroute(files)
    await page.get_by_text("Try again", exact=True).click()


async def check_incomplete(visitor: Visitor, path: str, script: str, complete: str) -> None:
    page = visitor.page
    await without(page, script)
    await page.goto(visitor.gateway + path)
    note = page.locator(".incomplete")
    await note.get_by_text("has not loaded completely").wait_for()
    await check(visitor)
    await try_again(page, script)
    await page.locator(complete).first.wait_for()
    await expect(note).to_have_count(0)
    assert page.url == visitor.gateway + path


async def test_the_script_does_not_arrive(host: Host, visit: Open) -> None:
    """The booking page, and a booking's, say so after a while; both can be asked for again."""
    visitor = await visit("/embed/demo")
    path = f"/{host.username}/{host.event_type}?tz=Asia/Tokyo"
    await check_incomplete(visitor, path, "**/assets/booking-*.js", TIME)
    path = await book_as_invitee(host)
    await check_incomplete(visitor, path, "**/assets/shared-*.js", ".overview")


async def test_without_scripts_it_is_not_called_incomplete(host: Host, visit: Open) -> None:
    for path in (f"/{host.username}/{host.event_type}", await book_as_invitee(host)):
        visitor = await visit(path, scripts=False)
        display = "(one) => getComputedStyle(one).display"
        assert await visitor.page.locator(".incomplete").evaluate(display) == "none"


@pytest.mark.parametrize(
    ("files", "press"),
    [("**/assets/parts-*.js", TIME), ("**/assets/zone-search-*.js", ".zone-name")],
)
async def test_a_later_part_does_not_arrive(
    host: Host, visit: Open, files: str, press: str
) -> None:
    """The form and the search for a zone: the page says so, and can be loaded again."""
    visitor = await visit("/embed/demo")
    page = visitor.page
    await without(page, files)
    await page.goto(f"{visitor.gateway}/{host.username}/{host.event_type}")
    await page.locator(press).first.click()
    alert = page.get_by_role("alert")
    await alert.get_by_text("There was no answer").wait_for()
    await check(visitor)
    await try_again(page, files)
    await expect(alert).to_have_count(0)
    await page.locator(press).first.click()
    await page.locator(".details form, #zone-query").wait_for()


async def test_a_language_that_is_none(host: Host, visit: Open) -> None:
    """Browsers of some systems pass on the name of its locale."""
    names = "Object.defineProperty(navigator, 'languages', { get: () => ['en-US@posix'] })"
    visitor = await visit(f"/{host.username}/{host.event_type}", init=names)
    await visitor.page.locator(TIME).first.wait_for()
