"""The invitee's page of a booking: move, cancel, book again, and when that is not possible."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import expect

from linktime_operator.stack.stack import Stack
from tests.hosts import Host
from tests.stacks import paused
from tests.web import changes
from tests.web.changes import book_as_invitee, hold_requests
from tests.web.checks import check, tab_to
from tests.web.visitor import Open

Change = Callable[[Host], Awaitable[None]]
TOO_LATE = "It is too late to change this booking here"
# Buttons, but for the choice of reminders.
CHANGES = "button:not(.reminders button)"
# What happens to a booking, the state that its page names, and what can still be done.
FATES: dict[str, tuple[Change, str, str]] = {
    "cancelled": (changes.the_host_cancels, "Cancelled", "Book again"),
    "past": (changes.the_booking_ends, "Over", "Book again"),
    "too-late": (changes.the_notice_begins, "Booked", TOO_LATE),
}


async def test_move_by_keyboard(host: Host, visit: Open) -> None:
    """The old and the new time are shown before it is moved."""
    visitor = await visit(await book_as_invitee(host))
    page = visitor.page
    before = await page.locator(".moment").inner_text()
    await check(visitor)
    await tab_to(page, page.get_by_role("button", name="Move", exact=True))
    await page.keyboard.press("Enter")
    await tab_to(page, page.locator(".times .time").nth(3))
    await check(visitor)
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="Move to this time?").wait_for()
    old, new = await page.locator(".moment").all_inner_texts()
    assert (old, new != old) == (before, True)
    await check(visitor)
    await tab_to(page, page.get_by_role("button", name="Move booking"))
    await page.keyboard.press("Enter")
    await page.get_by_text("Moved", exact=True).wait_for()
    await expect(page.locator(".moment")).to_have_text(new, use_inner_text=True)
    await check(visitor)


async def test_cancel_by_keyboard(host: Host, visit: Open) -> None:
    """With a reason; the page shows the same when it is opened again, and books again."""
    visitor = await visit(await book_as_invitee(host))
    page = visitor.page
    await tab_to(page, page.get_by_role("button", name="Cancel booking"))
    await page.keyboard.press("Enter")
    await page.locator("h1:focus").wait_for()
    await tab_to(page, page.get_by_label("Reason for your host"))
    await page.keyboard.type("I am <b>ill</b>")
    await check(visitor)
    await tab_to(page, page.get_by_role("button", name="Cancel booking"))
    await page.keyboard.press("Enter")
    await page.get_by_text("Cancelled", exact=True).wait_for()
    await check(visitor)
    await page.reload()
    await page.get_by_text("I am <b>ill</b>").wait_for()
    await expect(page.get_by_role("button", name="Move", exact=True)).to_have_count(0)
    await tab_to(page, page.get_by_role("link", name="Book again"))
    await page.keyboard.press("Enter")
    await page.locator(".times .time").first.wait_for()


@pytest.mark.parametrize("name", FATES)
async def test_a_booking_that_cannot_be_changed(host: Host, visit: Open, name: str) -> None:
    """Its page says why and what else can be done, also if the device's clock is wrong."""
    change, state, way_on = FATES[name]
    path = await book_as_invitee(host)
    await change(host)
    visitor = await visit(path, init="const real = Date.now; Date.now = () => real() - 2e9;")
    page = visitor.page
    await page.get_by_text(state, exact=True).wait_for()
    await page.get_by_text(way_on).wait_for()
    await expect(page.locator(CHANGES)).to_have_count(0)
    await check(visitor)


async def test_a_change_that_comes_too_late(host: Host, visit: Open) -> None:
    """The way on leads to the booking."""
    # A link to a place of the page that is shown would not load it again.
    visitor = await visit(f"{await book_as_invitee(host)}#app")
    page = visitor.page
    await page.get_by_role("button", name="Move", exact=True).click()
    await page.locator(".times .time").last.click()
    await page.get_by_role("heading", name="Move to this time?").wait_for()
    await changes.the_notice_begins(host)
    await page.locator(".actions .primary").click()
    await page.locator(".notice", has_text=TOO_LATE).wait_for()
    await check(visitor)
    await expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    await page.get_by_role("link", name="See the booking").click()
    await page.get_by_text("Booked", exact=True).wait_for()
    await expect(page.locator(CHANGES)).to_have_count(0)


async def test_a_new_time_that_is_taken(host: Host, visit: Open) -> None:
    """Free times near it are offered, and one of them is taken instead."""
    visitor = await visit(await book_as_invitee(host), zone="UTC")
    page = visitor.page
    await page.get_by_role("button", name="Move", exact=True).click()
    await page.locator(".times .time").nth(2).click()
    day = (await host.slots())[0][:10]
    time = (await page.locator(".moment").last.inner_text()).splitlines()[1][:5]
    assert (await host.book(f"{day}T{time}:00Z")).status == 201
    await page.get_by_role("button", name="Move booking").click()
    await page.locator(".notice", has_text="just been taken").wait_for()
    await check(visitor)
    await page.locator(".notice .time").last.click()
    await page.get_by_role("button", name="Move booking").click()
    await page.get_by_text("Moved", exact=True).wait_for()


async def test_a_server_that_does_not_answer(stack: Stack, host: Host, visit: Open) -> None:
    """The cancellation is sent again."""
    visitor = await visit(await book_as_invitee(host))
    page = visitor.page
    await page.get_by_role("button", name="Cancel booking").click()
    async with paused(stack, "bookings"):
        await page.locator(".danger").click()
        await page.get_by_text("There was no answer").wait_for()
        await check(visitor)
    await page.get_by_role("button", name="Try again").click()
    await page.get_by_text("Cancelled", exact=True).wait_for()


async def test_its_own_time(host: Host, visit: Open) -> None:
    """It is shown among the free times, marked, and cannot be chosen, nor is it counted."""
    path = await book_as_invitee(host, number=4)
    visitor = await visit(path, zone="UTC")
    page = visitor.page
    moment = await page.locator(".moment").inner_text()
    answered = await hold_requests(page, "**/slots?*")
    await page.get_by_role("button", name="Move", exact=True).click()
    await page.get_by_text("Loading free times").wait_for()
    await expect(page.locator(".times .time")).to_have_count(0)
    answered.set()
    await page.locator(".times .time").first.wait_for()
    own = page.locator(".times .time[aria-disabled='true']")
    await expect(own).to_have_count(1)
    text = await own.inner_text()
    assert "Booked now" in text
    assert text[:5] in moment
    await own.click(force=True)
    await expect(page.locator("h1")).to_have_text("Choose another time")
    free = await page.locator(".times .time:not([aria-disabled='true'])").count()
    label = await page.locator("[aria-selected='true'] .day").get_attribute("aria-label")
    assert f"{free} free time" in (label or "")
    await check(visitor)
    await page.locator(".times .time:not([aria-disabled='true'])").first.click()
    await page.get_by_role("heading", name="Move to this time?").wait_for()
