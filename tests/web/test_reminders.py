"""The invitee stops the reminders of a booking on its page, to which each reminder has a link."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, Route, expect

from linktime_operator.stack.stack import Stack
from tests.hosts import Host, rows
from tests.stacks import paused
from tests.web import changes
from tests.web.changes import book_as_invitee
from tests.web.checks import LEAST_FOR_TIMES, check, tab_to
from tests.web.visitor import PHONE, Open

Change = Callable[[Host], Awaitable[None]]
PLACE = "#reminders"
ON, OFF = "are sent to you by email", "You get no more reminders"
STOP, AGAIN = "Stop reminders", "Send reminders again"
# What the invitee presses, in each language, when reminders are sent and when they are not.
BUTTONS = {
    "en-GB": (STOP, AGAIN),
    "de-DE": ("Keine Erinnerungen mehr senden", "Wieder Erinnerungen senden"),
    "es-ES": ("Dejar de enviar recordatorios", "Volver a enviar recordatorios"),
    "fr-FR": ("Ne plus envoyer de rappels", "Envoyer de nouveau des rappels"),
    "ar-EG": ("إيقاف التذكيرات", "إرسال التذكيرات من جديد"),
}


async def wanted(host: Host) -> bool:
    statement = "SELECT reminders_wanted FROM bookings WHERE host_id = $1"
    ((found,),) = await rows(host.stack, "bookings", statement, host.id)
    return bool(found)


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()


async def is_read(page: Page, text: str) -> None:
    """Wait until a screen reader hears the text."""
    await page.locator(".reminders [role=status]").get_by_text(text).wait_for()


async def test_stop_and_send_again_by_keyboard(host: Host, visit: Open) -> None:
    """The link leads to the place, on a phone too; only the button changes anything."""
    visitor = await visit(await book_as_invitee(host) + PLACE, viewport=PHONE)
    page = visitor.page
    await page.locator("h3:focus", has_text="Reminders").wait_for()
    button = page.locator(".reminders button")
    await expect(button).to_be_in_viewport(ratio=1)
    await is_read(page, ON)
    assert await wanted(host)
    await check(visitor)
    for name, then, text in ((STOP, AGAIN, OFF), (AGAIN, STOP, ON)):
        await tab_to(page, page.get_by_role("button", name=name))
        await page.keyboard.press("Enter")
        await is_read(page, text)
        await expect(button).to_have_text(then)
        await expect(button).to_be_focused()
        assert await wanted(host) is (text == ON)
        await check(visitor)
        await page.reload()
        await is_read(page, text)
    await expect(page.get_by_text("Booked", exact=True)).to_have_count(1)


@pytest.mark.parametrize("language", BUTTONS)
async def test_in_each_language(host: Host, visit: Open, language: str) -> None:
    """With a target of 44 px, at each size."""
    visitor = await visit(await book_as_invitee(host), language=language)
    page = visitor.page
    stop, again = BUTTONS[language]
    await press(page, stop)
    await page.get_by_role("button", name=again, exact=True).wait_for()
    box = await page.locator(".reminders button").bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= LEAST_FOR_TIMES
    assert "reminders." not in await page.locator(".reminders").inner_text()
    await check(visitor)


async def the_booking_begins(host: Host) -> None:
    await changes.change_bookings(host, "starts_at = now() - interval '1 minute'")


@pytest.mark.parametrize(
    "change", [changes.the_host_cancels, changes.the_booking_ends, the_booking_begins]
)
async def test_a_booking_that_gets_no_reminders(host: Host, visit: Open, change: Change) -> None:
    path = await book_as_invitee(host)
    await change(host)
    page = (await visit(path + PLACE)).page
    await page.locator(".overview").wait_for()
    await expect(page.locator(".reminders")).to_have_count(0)


async def test_an_event_type_without_reminders(host: Host, visit: Open) -> None:
    slug = await host.add_event_type(reminderMinutes=[])
    page = (await visit(await book_as_invitee(host, slug=slug) + PLACE)).page
    await page.locator(".overview").wait_for()
    await expect(page.locator(".reminders")).to_have_count(0)


async def test_a_booking_that_can_no_longer_be_moved(host: Host, visit: Open) -> None:
    """Its reminders can still be stopped."""
    path = await book_as_invitee(host)
    await changes.the_notice_begins(host)
    page = (await visit(path)).page
    await press(page, STOP)
    await is_read(page, OFF)


async def test_a_move_keeps_the_choice(host: Host, visit: Open) -> None:
    page = (await visit(await book_as_invitee(host))).page
    await press(page, STOP)
    await is_read(page, OFF)
    await press(page, "Move")
    await page.locator(".times .time").nth(6).click()
    await press(page, "Move booking")
    await page.get_by_text("Moved", exact=True).wait_for()
    await is_read(page, OFF)


async def test_another_tab_shows_it(host: Host, visit: Open) -> None:
    """Without a notice, as the booking is the same."""
    visitor = await visit(await book_as_invitee(host))
    other = await visitor.context.new_page()
    await other.goto(visitor.page.url)
    await press(other, STOP)
    for page in (visitor.page, other):
        await is_read(page, OFF)
        await expect(page.get_by_role("alert")).to_have_count(0)


async def test_a_booking_that_was_cancelled_meanwhile(host: Host, visit: Open) -> None:
    page = (await visit(await book_as_invitee(host))).page
    await page.get_by_role("button", name=STOP).wait_for()
    await changes.the_host_cancels(host)
    await press(page, STOP)
    await page.get_by_text("Cancelled", exact=True).wait_for()
    await expect(page.locator(".reminders")).to_have_count(0)


async def test_a_server_that_does_not_answer(stack: Stack, host: Host, visit: Open) -> None:
    """The same choice is sent again."""
    visitor = await visit(await book_as_invitee(host))
    page = visitor.page
    async with paused(stack, "bookings"):
        await press(page, STOP)
        await page.locator(".reminders .notice:focus", has_text="There was no answer").wait_for()
        await check(visitor)
    await press(page, "Try again")
    await is_read(page, OFF)
    assert not await wanted(host)


async def test_an_answer_that_is_lost_on_another_step(host: Host, visit: Open) -> None:
    """That step says what is unknown, and leads back."""
    page = (await visit(await book_as_invitee(host))).page
    left = asyncio.Event()

    async def lose(route: Route) -> None:
        await left.wait()
        await route.abort()

    await page.route("**/reminders?*", lose, times=1)
    await press(page, STOP)
    await press(page, "Move")
    left.set()
    missed = page.locator(".missed")
    await missed.get_by_text("Reminders", exact=True).wait_for()
    await press(page, "Try again")
    await is_read(page, OFF)
