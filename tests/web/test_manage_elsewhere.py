"""The page of a booking that is changed meanwhile: in another tab, or by the host."""

from playwright.async_api import Page, expect

from tests.hosts import Host
from tests.web import changes
from tests.web.changes import book_as_invitee, hold_requests
from tests.web.checks import check
from tests.web.sites import until
from tests.web.visitor import Open

ELSEWHERE = "This booking was changed elsewhere."


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()


async def start_to_cancel(page: Page) -> None:
    """Open the form and wait until the booking was read for it."""
    async with page.expect_response("**/api/public/bookings/*"):
        await press(page, "Cancel booking")
    await page.get_by_label("Reason for your host").wait_for()


async def state(host: Host) -> tuple[str, str]:
    (booking,) = (await host.call("GET", "/api/v1/bookings")).body["data"]
    return booking["status"], booking["startTime"][11:16]


async def test_another_tab_moves_it(host: Host, visit: Open) -> None:
    """The first tab says so at once, with the new time; what is typed stays."""
    visitor = await visit(await book_as_invitee(host), zone="UTC")
    page = visitor.page
    await start_to_cancel(page)
    await page.get_by_label("Reason for your host").fill("I am ill")
    other = await visitor.context.new_page()
    await other.goto(page.url)
    await press(other, "Move")
    await other.locator(".times .time").nth(6).click()
    await press(other, "Move booking")
    await other.get_by_text("Moved", exact=True).wait_for()
    await expect(other.get_by_text(ELSEWHERE)).to_have_count(0)
    await page.get_by_role("alert").get_by_text(ELSEWHERE).wait_for()
    await expect(page.locator(".moment")).to_contain_text((await state(host))[1])
    assert await page.get_by_label("Reason for your host").input_value() == "I am ill"
    await check(visitor)
    await page.locator(".danger").click()
    for tab in (page, other):
        await tab.get_by_text("Cancelled", exact=True).wait_for()
    await expect(page.get_by_text(ELSEWHERE)).to_have_count(0)
    await other.get_by_text(ELSEWHERE).wait_for()


async def test_the_host_moves_it_first(host: Host, visit: Open) -> None:
    """Only the booking that the page shows is cancelled: its present time is shown first."""
    visitor = await visit(await book_as_invitee(host), zone="UTC")
    page = visitor.page
    await start_to_cancel(page)
    await changes.the_host_moves(host)
    await page.locator(".danger").click()
    await page.get_by_role("alert").get_by_text(ELSEWHERE).wait_for()
    status, time = await state(host)
    assert status == "CONFIRMED"
    await expect(page.locator(".moment")).to_contain_text(time)
    await expect(page.get_by_role("alert")).to_have_count(1)
    await page.locator(".danger").click()
    await page.get_by_text("Cancelled", exact=True).wait_for()


async def test_the_host_cancels_it_first(host: Host, visit: Open) -> None:
    """The booking is shown, and the steps are not in the history any more."""
    visitor = await visit("/embed/demo", zone="UTC")
    page = visitor.page
    await page.goto(visitor.gateway + await book_as_invitee(host))
    await press(page, "Move")
    await page.locator(".times .time").nth(2).click()
    await page.get_by_role("heading", name="Move to this time?").wait_for()
    await changes.the_host_cancels(host)
    await press(page, "Move booking")
    await page.get_by_role("alert").get_by_text(ELSEWHERE).wait_for()
    await page.get_by_text("Cancelled", exact=True).wait_for()
    await check(visitor)
    await until(page, "!history.state")
    await page.go_back()
    await page.wait_for_url("**/embed/demo")


async def test_a_step_begins_with_the_present_booking(host: Host, visit: Open) -> None:
    """It was moved after the page was opened; until that is known the page has the earlier time."""
    visitor = await visit(await book_as_invitee(host), zone="UTC")
    page = visitor.page
    before = await page.locator(".moment").inner_text()
    await changes.the_host_moves(host)
    released = await hold_requests(page, "**/api/public/bookings/*")
    await press(page, "Cancel booking")
    await page.get_by_label("Reason for your host").wait_for()
    await expect(page.locator(".moment")).to_have_text(before, use_inner_text=True)
    released.set()
    await page.get_by_role("alert").get_by_text(ELSEWHERE).wait_for()
    await expect(page.locator(".moment")).to_contain_text((await state(host))[1])
