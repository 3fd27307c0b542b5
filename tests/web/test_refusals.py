"""What happens between choosing a time and booking it: the page says so, and typed data stays."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from playwright.async_api import Browser, expect

from linktime_local.testing.waiting import eventually
from linktime_operator.stack.stack import Stack
from tests.hosts import Host, rows
from tests.stacks import paused
from tests.web import changes
from tests.web.changes import Change, Slot, event_type_becomes, strict_gateway
from tests.web.checks import check
from tests.web.visitor import Open, Visitor, open_visitor

# By name: what happens, what the page says, and whether it offers times near the chosen one.
REFUSALS: dict[str, tuple[Change, str, bool]] = {
    "taken": (changes.somebody_books, "This time has just been taken.", True),
    "too-soon": (event_type_becomes(minimumNoticeMinutes=8_000), "too soon to be booked", True),
    "full": (changes.the_day_is_full, "No more bookings are taken for that day.", True),
    "closed": (changes.the_host_closes, "This time is no longer offered.", False),
    "limit": (changes.the_same_person_books, "as many bookings as are allowed", False),
    "archived": (event_type_becomes(active=False), "This can no longer be booked.", False),
    "inactive": (changes.the_host_is_switched_off, "This can no longer be booked.", False),
    "calendar": (changes.the_calendar_refuses_us, "calendar cannot be read", False),
}
BOOK = ".primary[type=submit]"


async def fill_form(visitor: Visitor, host: Host) -> Slot:
    """Choose the first free time and fill the form."""
    start = (await host.slots())[0]
    await visitor.page.goto(
        f"{visitor.gateway}/{host.username}/{host.event_type}?tz=UTC&date={start[:10]}"
    )
    await visitor.page.locator(".times .time").first.click()
    await visitor.fill()
    return Slot(host, host.event_type, start)


async def booked(host: Host) -> int:
    statement = "SELECT 1 FROM bookings WHERE host_id = $1"
    return len(await rows(host.stack, "bookings", statement, host.id))


@pytest.mark.parametrize("name", REFUSALS)
async def test_a_time_that_cannot_be_booked_any_more(host: Host, visit: Open, name: str) -> None:
    """The reason, times near it where there are any, and all that was typed."""
    change, reason, has_near = REFUSALS[name]
    visitor = await visit("/nobody-here")
    page = visitor.page
    slot = await fill_form(visitor, host)
    await change(slot)
    before = await booked(host)
    await page.click(BOOK)
    await page.locator(".notice", has_text=reason).wait_for()
    assert bool(await page.locator(".notice .time").count()) is has_near
    assert await page.input_value("#email") == "zoe@example.com"
    await check(visitor)
    assert await booked(host) == before


async def test_a_server_that_does_not_answer(stack: Stack, host: Host, visit: Open) -> None:
    """Only the same request can be sent again; it books once, whatever became of the first."""
    visitor = await visit("/nobody-here")
    page = visitor.page
    await fill_form(visitor, host)
    async with paused(stack, "bookings"):
        await page.click(BOOK)
        await page.get_by_text("There was no answer").wait_for()
        await check(visitor)
        await expect(page.locator("fieldset:disabled")).to_have_count(1)
        await expect(page.locator(BOOK)).to_have_count(0)
        await page.locator(".notice:focus").wait_for()
    confirmation = page.get_by_role("heading", name="You are booked")
    for _repetition in range(5):
        await page.locator(".notice button[aria-disabled=false]").wait_for()
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        # While the service still works on the first one, the second gets no answer either.
        await confirmation.or_(page.locator(".notice:focus")).wait_for()
        if await confirmation.count():
            break
    await expect(confirmation).to_have_count(1)
    assert await booked(host) == 1


async def test_offline_while_sending(host: Host, visit: Open) -> None:
    """It is sent again when the connection is back."""
    visitor = await visit("/nobody-here")
    page = visitor.page
    await fill_form(visitor, host)
    await visitor.context.set_offline(True)
    await page.click(BOOK)
    await page.get_by_text("You are offline").wait_for()
    await check(visitor)
    await visitor.context.set_offline(False)
    await page.get_by_role("button", name="Try again").click()
    await page.get_by_role("heading", name="You are booked").wait_for()
    assert await booked(host) == 1


@pytest.fixture
async def limited(
    stack: Stack, http: aiohttp.ClientSession, browser: Browser
) -> AsyncIterator[Visitor]:
    """A visitor of a gateway with low limits."""
    async with strict_gateway(stack, http) as gateway:
        visitor = await open_visitor(browser, gateway, "/nobody-here")
        yield visitor
        await visitor.leave()


async def test_too_many_requests(host: Host, http: aiohttp.ClientSession, limited: Visitor) -> None:
    """The button counts the seconds down and then books; a page says when it can be opened."""
    page, gateway = limited.page, limited.gateway
    await fill_form(limited, host)
    async with http.post(f"{gateway}/api/bookings", json={}) as counted:
        assert counted.status == 400
    await page.click(BOOK)
    await page.locator(".notice", has_text="try again in a moment").wait_for()
    retry = page.locator(".notice button")
    assert await retry.get_attribute("aria-disabled") == "true"
    await expect(retry).to_contain_text("second")
    await expect(page.locator(BOOK)).to_have_count(0)
    await page.get_by_role("button", name="Try again", exact=True).click()
    await page.get_by_role("heading", name="You are booked").wait_for()
    await eventually(lambda: is_limited(http, gateway), what="the limit of reads")
    await page.goto(f"{gateway}/{host.username}")
    await page.get_by_role("heading", name="One moment, please").wait_for()
    await check(limited)


async def is_limited(http: aiohttp.ClientSession, gateway: str) -> bool:
    async with http.get(f"{gateway}/api/public/nobody-here") as answer:
        return answer.status == 429


async def test_a_near_time_under_the_pointer(host: Host, visit: Open) -> None:
    """It does not look chosen: only what is chosen has the accent as its ground."""
    visitor = await visit("/nobody-here")
    page = visitor.page
    slot = await fill_form(visitor, host)
    await changes.somebody_books(slot)
    await page.click(BOOK)
    near = page.locator(".notice .time").first
    ground = "(one) => getComputedStyle(one).backgroundColor"
    before = await near.evaluate(ground)
    await near.hover()
    hovered = await near.evaluate(ground)
    assert hovered not in {before, await page.locator(BOOK).evaluate(ground)}
    await check(visitor)
