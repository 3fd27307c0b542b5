"""States that people meet: nothing free, nothing there, offline, too many requests, no scripts."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import expect

from linktime_operator.operations import scheduling
from linktime_operator.stack.stack import Stack
from tests.hosts import Host
from tests.stacks import paused
from tests.web import changes
from tests.web.changes import Slot, book_as_invitee
from tests.web.checks import check
from tests.web.visitor import PHONE, Open

LATER = "{ const before = Date.now; Date.now = () => before() + 600_000; }"


async def test_a_month_without_times_leads_to_the_next(
    stack: Stack, host: Host, visit: Open
) -> None:
    """The next free day is months away."""
    far = (datetime.now(UTC) + timedelta(days=150)).date()
    closed: dict[str, Any] = {
        "timezone": "UTC",
        "weekly": {},
        "overrides": {str(far): [["09:00", "10:00"]]},
    }
    await scheduling.set_schedule(stack.clients, host.email, closed)
    slug = await host.add_event_type(maxDaysInAdvance=365)
    visitor = await visit(f"/{host.username}/{slug}", zone="UTC")
    await visitor.page.get_by_role("button", name="Find the next free day").wait_for()
    await check(visitor)
    await visitor.page.get_by_role("button", name="Find the next free day").click()
    await visitor.page.locator(".times .time").first.wait_for()
    assert await visitor.times() == ["09:00", "09:30"]
    await expect(visitor.page.locator("#month")).to_contain_text(far.strftime("%B %Y"))


async def test_no_time_at_all(stack: Stack, host: Host, visit: Open) -> None:
    """The search ends and says so."""
    await scheduling.set_schedule(stack.clients, host.email, changes.CLOSED)
    visitor = await visit(f"/{host.username}/{host.event_type}")
    await visitor.page.get_by_role("button", name="Find the next free day").click()
    await visitor.page.get_by_text("No free times in the next two years.").wait_for()
    await check(visitor)


async def test_a_host_without_offers(stack: Stack, host: Host, visit: Open) -> None:
    """The page says so; an archived event type leads to the host's page."""
    event_type = (await host.call("GET", "/api/v1/event-types")).body["data"][0]
    identifier = UUID(event_type["id"])
    await scheduling.change_event_type(stack.clients, host.email, identifier, {"active": False})
    visitor = await visit(f"/{host.username}")
    await visitor.page.get_by_text("offers nothing to book").wait_for()
    await check(visitor)
    await visitor.page.goto(f"{visitor.gateway}/{host.username}/{host.event_type}")
    await visitor.page.get_by_role("link", name="See what else").wait_for()
    await check(visitor)
    await visitor.page.get_by_role("link", name="See what else").click()
    await visitor.page.get_by_role("heading", name="Ann Host").wait_for()


async def test_a_host_who_is_switched_off(host: Host, visit: Open) -> None:
    """As one who does not exist: who has left is nobody's business."""
    await changes.the_host_is_switched_off(Slot(host, host.event_type, ""))
    for path in (f"/{host.username}", f"/{host.username}/{host.event_type}"):
        visitor = await visit(path)
        await expect(visitor.page.locator("h1")).to_have_text("There is nothing here")


@pytest.mark.parametrize(
    "path", ["/nobody-here", "/nobody-here/intro", "/no.such.page", "/manage/abc"]
)
async def test_an_unknown_address_is_a_friendly_page(visit: Open, http: Any, path: str) -> None:
    """For people; programs get JSON."""
    visitor = await visit(path)
    await expect(visitor.page.locator("h1")).to_have_count(1)
    await check(visitor)
    async with http.get(visitor.gateway + path) as answer:
        assert (answer.status, answer.content_type) == (404, "application/json")


async def test_offline(host: Host, visit: Open) -> None:
    """The month says so, and can be loaded when the connection is back."""
    slug = await host.add_event_type(maxDaysInAdvance=365)
    visitor = await visit(f"/{host.username}/{slug}")
    page = visitor.page
    await visitor.context.set_offline(True)
    await page.get_by_role("button", name="Next month").click()
    await page.get_by_role("button", name="Next month").click()
    await page.get_by_text("You are offline").wait_for()
    await check(visitor)
    await visitor.context.set_offline(False)
    await page.get_by_role("button", name="Try again").click()
    await page.locator(".times .time").first.wait_for()


async def test_offline_before_the_zone_is_changed(host: Host, visit: Open) -> None:
    """The page says so, and can be loaded again when the connection is back."""
    visitor = await visit(f"/{host.username}/{host.event_type}")
    page = visitor.page
    await visitor.context.set_offline(True)
    await page.click(".zone-name")
    await page.get_by_text("You are offline").wait_for()
    await check(visitor)
    await visitor.context.set_offline(False)
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_text("You are offline")).to_have_count(0)
    await page.click(".zone-name")
    await page.locator("#zone-query:focus").wait_for()


async def test_the_services_are_away(stack: Stack, host: Host, visit: Open) -> None:
    """A page says so, and a month can be loaded when they are back."""
    slug = await host.add_event_type(maxDaysInAdvance=365)
    visitor, other = await visit(f"/{host.username}/{slug}"), await visit("/nobody-here")
    page = visitor.page
    async with paused(stack, "availability"):
        for _ in range(2):
            await page.get_by_role("button", name="Next month").click()
        await page.get_by_text("There was no answer").wait_for()
        await check(visitor)
        await other.page.goto(f"{other.gateway}/{host.username}")
        await other.page.get_by_role("heading", name="We cannot reach the calendar").wait_for()
        await check(other)
    await page.get_by_role("button", name="Try again").click()
    await page.locator(".times .time").first.wait_for()


async def test_an_unread_calendar(host: Host, visit: Open) -> None:
    """No time is offered, as the host may be busy at any."""
    await changes.the_calendar_refuses_us(Slot(host, host.event_type, ""))
    visitor = await visit(f"/{host.username}/{host.event_type}")
    await visitor.page.get_by_text("No free times in").wait_for()
    await check(visitor)


async def test_without_scripts(host: Host, visit: Open) -> None:
    """The pages say what they are and what to do."""
    for path in (f"/{host.username}/{host.event_type}", await book_as_invitee(host)):
        visitor = await visit(path, scripts=False)
        text = await visitor.page.locator("main").inner_text()
        assert "Ann Host" in text
        assert "Allow scripts" in text
        await check(visitor)


async def test_letter_case_and_old_names_lead_to_the_present_address(
    host: Host, visit: Open
) -> None:
    """With the query that was in the address."""
    visitor = await visit(f"/{host.username.upper()}/{host.event_type.upper()}?name=Zo")
    assert visitor.page.url.endswith(f"/{host.username}/{host.event_type}?name=Zo")


async def test_arabic_runs_from_right_to_left(host: Host, visit: Open) -> None:
    """The arrow to the left goes to the next day."""
    visitor = await visit(f"/{host.username}/{host.event_type}", language="ar", viewport=PHONE)
    page = visitor.page
    assert await page.evaluate("getComputedStyle(document.body).direction") == "rtl"
    days = page.locator(".day")
    await days.first.focus()
    await page.keyboard.press("ArrowLeft")
    assert await days.nth(1).evaluate("(day) => day === document.activeElement")
    await visitor.check_reflow()


async def test_a_page_left_open_reads_the_month_again(host: Host, visit: Open) -> None:
    """When it is visible again, and before a time is chosen; a recent list is not read again."""
    free = await host.slots(days=0)
    visitor = await visit(f"/{host.username}/{host.event_type}?date={free[0][:10]}", zone="UTC")
    page = visitor.page
    first, second, third = (start[11:16] for start in free[-3:])
    lists: list[str] = []
    page.on("request", lambda one: lists.append(one.url) if "/slots?" in one.url else None)
    time = page.locator(".times .time")
    await time.get_by_text(first).wait_for()
    lists.clear()

    await host.book(free[-3])
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await page.evaluate(LATER + "document.dispatchEvent(new Event('visibilitychange'))")
    await time.get_by_text(first).wait_for(state="detached")
    assert len(lists) == 1

    await host.book(free[-2])
    await page.evaluate(LATER)
    await time.get_by_text(second).click()
    await page.get_by_text("just been taken").wait_for()
    await expect(time.get_by_text(second)).to_have_count(0)
    await time.get_by_text(third).click()
    await page.locator(".details form").wait_for()
    assert len(lists) == 2


async def test_a_tab_that_is_seen_again_after_a_minute(host: Host, visit: Open) -> None:
    """Its times are read again; the focus and what is typed stay, in the search and in the form."""
    two_minutes = "{ const before = Date.now; Date.now = () => before() + 120_000; }"
    seen = two_minutes + "document.dispatchEvent(new Event('visibilitychange'))"
    free = await host.slots(days=0)
    visitor = await visit(f"/{host.username}/{host.event_type}?date={free[0][:10]}", zone="UTC")
    page = visitor.page
    first, second, third = (
        page.locator(".times .time").get_by_text(one[11:16]) for one in free[-3:]
    )
    await page.click(".zone-name")
    await page.fill("#zone-query", "Lis")
    await host.book(free[-3])
    await page.evaluate(seen)
    await first.wait_for(state="detached")
    await page.locator("#zone-query:focus").wait_for()
    assert await page.input_value("#zone-query") == "Lis"
    await third.click()
    await page.fill("#name", "Zoë")
    await host.book(free[-2])
    await page.evaluate(seen)
    await page.locator("#name:focus").wait_for()
    assert await page.input_value("#name") == "Zoë"
    await page.go_back()
    await second.wait_for(state="detached")


@pytest.mark.parametrize("date", ["2400-01-01", "9999-12-31"])
async def test_a_date_that_is_too_far(host: Host, visit: Open, date: str) -> None:
    """Its month has no times; the next free day is the first one of all."""
    visitor = await visit(f"/{host.username}/{host.event_type}?date={date}")
    await visitor.page.get_by_role("button", name="Find the next free day").click()
    await visitor.page.locator(".times .time").first.wait_for()
    await expect(visitor.page.locator("#month")).to_contain_text(str(datetime.now(UTC).year))
