"""The search for the next free day, and a time that is chosen on a slow network."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from playwright.async_api import Page, expect

from linktime_operator.operations import scheduling
from linktime_operator.stack.stack import Stack
from tests.hosts import Host
from tests.web.booking_steps import FORM, TIME
from tests.web.changes import book_as_invitee, hold_answers, hold_requests
from tests.web.visitor import Open

FIND = "Find the next free day"
LATER = "{ const before = Date.now; Date.now = () => before() + 600_000; }"
SLOTS = "**/slots?*"


def first_of_month(months: int) -> datetime:
    """Return the begin of the month that is so many months after the present one."""
    today = datetime.now(UTC)
    years, month = divmod(today.month - 1 + months, 12)
    return datetime(today.year + years, month + 1, 1, tzinfo=UTC)


async def open_only(stack: Stack, host: Host, *days: datetime) -> None:
    """Let the host be free for an hour from each of these instants on, and at no other time."""
    overrides = {f"{day:%Y-%m-%d}": [[f"{day:%H:%M}", f"{day.hour + 1:02}:00"]] for day in days}
    closed: dict[str, Any] = {"timezone": "UTC", "weekly": {}, "overrides": overrides}
    await scheduling.set_schedule(stack.clients, host.email, closed)


async def find(page: Page) -> None:
    await page.get_by_role("button", name=FIND).click()


async def test_a_month_beyond_all_offers_leads_back(host: Host, visit: Open) -> None:
    """To the first free day of all, which the title of its times names and a status counts."""
    date = f"{first_of_month(7):%Y-%m}-15"
    visitor = await visit(f"/{host.username}/{host.event_type}?date={date}", zone="UTC")
    page = visitor.page
    await find(page)
    await page.locator("#times:focus").wait_for()
    first = datetime.now(UTC) + timedelta(minutes=30)
    await expect(page.locator("#month")).to_have_text(f"{first:%B %Y}")
    await expect(page.locator("#times")).to_contain_text(f"{first.day} {first:%B}")
    await expect(page.locator(".times [role=status]").first).to_contain_text("free")


async def test_a_day_of_the_month_before_in_the_west(stack: Stack, host: Host, visit: Open) -> None:
    """The first of the month in UTC is the last of the month before there: the next one counts."""
    shown, following = first_of_month(3), first_of_month(4).replace(day=10, hour=15)
    await open_only(stack, host, shown + timedelta(hours=1), following)
    slug = await host.add_event_type(maxDaysInAdvance=365)
    path = f"/{host.username}/{slug}?date={shown:%Y-%m}-10"
    page = (await visit(path, zone="America/New_York")).page
    await find(page)
    await page.locator(TIME).first.wait_for()
    await expect(page.locator("#month")).to_have_text(f"{following:%B %Y}")
    await expect(page.locator("#times")).to_contain_text(f"10 {following:%B}")


async def test_the_time_of_the_booking_is_not_free(stack: Stack, host: Host, visit: Open) -> None:
    """On a move the search passes over it, and says so if there is no other."""
    own, other = datetime.combine(host.first_date, time(9), UTC), first_of_month(4)
    await open_only(stack, host, own, other)
    slug = await host.add_event_type(maxDaysInAdvance=365, durationMinutes=60)
    page = (await visit(await book_as_invitee(host, slug=slug), zone="UTC")).page
    await page.get_by_role("button", name="Move", exact=True).click()
    await page.get_by_role("button", name="Next month").click()
    await page.get_by_role("button", name="Previous month").click()
    await find(page)
    await expect(page.locator("#month")).to_have_text(f"{other:%B %Y}")
    await open_only(stack, host, own)
    await page.get_by_role("button", name="Next month").click()
    await find(page)
    await page.get_by_text("No free times in the next two years.").wait_for()


async def test_a_search_is_dropped_when_the_month_is_turned(host: Host, visit: Open) -> None:
    """What it finds does not change the month that was chosen meanwhile; the next search does."""
    shown, turned = first_of_month(7), first_of_month(8)
    path = f"/{host.username}/{host.event_type}?date={shown:%Y-%m}-15"
    page = (await visit(path, zone="UTC")).page
    await page.get_by_role("button", name=FIND).wait_for()
    await page.get_by_role("button", name="Next month").click()
    await page.get_by_text(f"No free times in {turned:%B %Y}").wait_for()
    await page.get_by_role("button", name="Previous month").click()
    answered = await hold_answers(page, SLOTS)
    await find(page)
    await page.get_by_role("button", name="Next month").click()
    async with page.expect_response(SLOTS):
        answered.set()
    await expect(page.locator("#month")).to_have_text(f"{turned:%B %Y}")
    await find(page)
    await page.locator(TIME).first.wait_for()


async def test_a_month_that_is_left_while_it_loads(host: Host, visit: Open) -> None:
    """The month before, which is known, is shown as ever."""
    path = f"/{host.username}/{host.event_type}?date={first_of_month(1):%Y-%m}-02"
    page = (await visit(path, zone="UTC")).page
    await page.locator(TIME).first.wait_for()
    await hold_answers(page, SLOTS)
    await page.get_by_role("button", name="Next month").click()
    await page.locator(".month[aria-busy=true]").wait_for()
    await page.get_by_role("button", name="Previous month").click()
    await page.locator(TIME).first.wait_for()
    await expect(page.locator(".month[aria-busy=true]")).to_have_count(0)


async def choose_slowly(host: Host, visit: Open) -> tuple[Page, Any]:
    """Choose the second time of a list that is old; the request for the present one is held."""
    date = (await host.slots())[0][:10]
    page = (await visit(f"/{host.username}/{host.event_type}?date={date}", zone="UTC")).page
    await page.locator(TIME).first.wait_for()
    await page.evaluate(LATER)
    released = await hold_requests(page, SLOTS)
    await page.locator(TIME).nth(1).click()
    return page, released


async def test_the_chosen_time_is_busy_on_a_slow_network(host: Host, visit: Open) -> None:
    """It differs from the others, a status says what happens, and then the form is shown."""
    page, released = await choose_slowly(host, visit)
    await expect(page.locator(".time[aria-busy=true]")).to_have_text("00:30")
    await page.get_by_role("status").get_by_text("Loading free times").wait_for()
    await page.mouse.move(0, 0)
    fills = await page.locator(TIME).evaluate_all(
        "(all) => all.slice(0, 3).map((one) => getComputedStyle(one).backgroundColor)"
    )
    assert fills[0] == fills[2] != fills[1]
    released.set()
    await page.locator(FORM).wait_for()


async def test_a_later_choice_replaces_a_slow_one(host: Host, visit: Open) -> None:
    """Only the form of the later one is shown."""
    page, released = await choose_slowly(host, visit)
    await page.locator(TIME).nth(2).click()
    await expect(page.locator(".time[aria-busy=true]")).to_have_text("01:00")
    released.set()
    await page.locator(FORM).wait_for()
    await expect(page.locator(".moment")).to_contain_text("01:00 – 01:30")
    await page.go_back()
    await page.locator(TIME).first.wait_for()


async def test_a_turned_month_drops_a_slow_choice(host: Host, visit: Open) -> None:
    """Its late answer opens no form."""
    page, released = await choose_slowly(host, visit)
    await page.get_by_role("button", name="Next month").click()
    await expect(page.locator(".time[aria-busy=true]")).to_have_count(0)
    released.set()
    await page.locator(".month[aria-busy=false]").wait_for()
    await page.wait_for_load_state("networkidle")
    await expect(page.locator(FORM)).to_have_count(0)


async def test_edges_of_days_with_forced_colours(host: Host, visit: Open) -> None:
    """Free days have one, closed days have none."""
    page = (await visit(f"/{host.username}/{host.event_type}", zone="UTC")).page
    await page.locator(TIME).first.wait_for()
    await page.get_by_role("button", name="Next month").click()
    await page.get_by_role("button", name="Next month").click()
    await page.locator(".day[aria-disabled=true]").first.wait_for()
    await page.emulate_media(forced_colors="active")
    widths = "(all) => [...new Set(all.map((one) => getComputedStyle(one).borderTopWidth))]"
    assert await page.locator(".day[aria-disabled=true]").evaluate_all(widths) == ["0px"]
    await page.get_by_role("button", name="Previous month").click()
    await page.locator(".day[aria-disabled=false]").first.wait_for()
    assert await page.locator(".day[aria-disabled=false]").evaluate_all(widths) == ["1px"]
