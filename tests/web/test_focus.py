"""Where the focus is after something that had it is removed, and what is announced meanwhile."""

from playwright.async_api import Page

from linktime_operator.operations import scheduling
from linktime_operator.stack.stack import Stack
from tests.hosts import Host
from tests.web.changes import CLOSED, book_as_invitee, hold_requests
from tests.web.visitor import Open

LATER = "{ const before = Date.now; Date.now = () => before() + 600_000; }"


async def press(page: Page, name: str) -> None:
    """By keyboard, so that the button has the focus."""
    button = page.get_by_role("button", name=name, exact=True)
    await button.focus()
    await page.keyboard.press("Enter")


async def test_the_way_back_to_a_booking(host: Host, visit: Open) -> None:
    """Its heading gets the focus; a page that is opened leaves the focus where it is."""
    visitor = await visit(await book_as_invitee(host))
    page = visitor.page
    await page.get_by_text("Booked", exact=True).wait_for()
    assert await page.evaluate("document.activeElement === document.body")
    for there, back in (("Move", "Back"), ("Cancel booking", "Keep it")):
        await press(page, there)
        await page.locator("h1:focus").wait_for()
        await press(page, back)
        await page.locator(".overview h1:focus").wait_for()


async def test_a_month_that_is_loaded_again(host: Host, visit: Open) -> None:
    """The notice has the focus while there is one, and then the day."""
    slug = await host.add_event_type(maxDaysInAdvance=365)
    visitor = await visit(f"/{host.username}/{slug}")
    page = visitor.page
    await page.locator(".times .time").first.wait_for()
    await visitor.context.set_offline(True)
    for _ in range(2):
        await press(page, "Next month")
    await page.get_by_text("You are offline").wait_for()
    await press(page, "Try again")
    await page.locator(".notice:focus").wait_for()
    await visitor.context.set_offline(False)
    await press(page, "Try again")
    await page.locator("#times:focus").wait_for()


async def test_a_time_that_is_taken_meanwhile(host: Host, visit: Open) -> None:
    """Its button is removed and the notice gets the focus."""
    free = await host.slots(days=0)
    visitor = await visit(f"/{host.username}/{host.event_type}?date={free[0][:10]}", zone="UTC")
    page = visitor.page
    time = page.locator(".times .time").get_by_text(free[-3][11:16])
    await time.focus()
    await host.book(free[-3])
    await page.evaluate(LATER)
    await page.keyboard.press("Enter")
    await page.locator(".notice:focus", has_text="just been taken").wait_for()


async def test_a_time_that_is_removed_when_the_page_is_seen(host: Host, visit: Open) -> None:
    """The day gets the focus."""
    free = await host.slots(days=0)
    visitor = await visit(f"/{host.username}/{host.event_type}?date={free[0][:10]}", zone="UTC")
    page = visitor.page
    await page.locator(".times .time").get_by_text(free[-3][11:16]).focus()
    await host.book(free[-3])
    await page.evaluate(LATER + "document.dispatchEvent(new Event('visibilitychange'))")
    await page.locator("#times:focus").wait_for()


async def test_a_search_without_result(stack: Stack, host: Host, visit: Open) -> None:
    """The text gets the focus in place of the button."""
    await scheduling.set_schedule(stack.clients, host.email, CLOSED)
    visitor = await visit(f"/{host.username}/{host.event_type}")
    await press(visitor.page, "Find the next free day")
    await visitor.page.locator(".none p:focus", has_text="next two years").wait_for()


async def test_a_month_that_is_loading(host: Host, visit: Open) -> None:
    """Its days have no number of free times, and its loading is announced."""
    slug = await host.add_event_type(maxDaysInAdvance=365)
    visitor = await visit(f"/{host.username}/{slug}")
    page = visitor.page
    await page.locator(".times .time").first.wait_for()
    answered = await hold_requests(page, "**/slots?*")
    for _ in range(2):
        await press(page, "Next month")
    await page.get_by_role("status").get_by_text("Loading free times").wait_for()
    labels = "(days) => days.map((day) => day.getAttribute('aria-label'))"
    assert not [one for one in await page.locator(".day").evaluate_all(labels) if "free" in one]
    answered.set()
    await page.locator(".times .time").first.wait_for()
    assert all("free time" in one for one in await page.locator(".day").evaluate_all(labels))
