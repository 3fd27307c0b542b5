"""A browser goes back in its history later than it is asked to, and the page asks only once."""

from playwright.async_api import Page

from tests.hosts import Host
from tests.web.booking_steps import FORM, TIME
from tests.web.changes import book_as_invitee, hold_answers
from tests.web.visitor import Open

LATE = """{
  const go = history.go.bind(history);
  window.asked = 0;
  history.go = (steps) => { asked += 1; setTimeout(() => go(steps), 300); };
}"""
AFTERWARDS = "new Promise((done) => setTimeout(done, 900))"
TWICE = "(one) => { one.click(); one.click(); }"


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()


async def stays(page: Page, times_asked: int) -> None:
    """Check that the page is still there when each way back has happened."""
    address = page.url
    await page.evaluate(AFTERWARDS)
    assert page.url == address != "about:blank"
    assert await page.evaluate("asked") == times_asked


async def test_the_page_stays_after_a_cancellation(host: Host, visit: Open) -> None:
    page = (await visit(await book_as_invitee(host), init=LATE)).page
    await press(page, "Cancel booking")
    await press(page, "Cancel booking")
    await page.get_by_text("Cancelled", exact=True).wait_for()
    await stays(page, 1)
    await page.get_by_text("Cancelled", exact=True).wait_for()


async def test_an_answer_while_the_page_goes_back(host: Host, visit: Open) -> None:
    """The answer to a move arrives after "Back" was pressed: the booking is shown as moved."""
    page = (await visit(await book_as_invitee(host), zone="UTC", init=LATE)).page
    answered = await hold_answers(page, "**/reschedule*")
    await press(page, "Move")
    await page.locator(TIME).nth(2).click()
    await press(page, "Move booking")
    await page.locator("[aria-disabled=true]").wait_for()
    await page.evaluate("document.querySelector('.back, .secondary').click()")
    answered.set()
    await page.get_by_text("Moved", exact=True).wait_for()
    await stays(page, 2)
    await page.get_by_text("Moved", exact=True).wait_for()


async def test_two_clicks_keep_the_booking(host: Host, visit: Open) -> None:
    page = (await visit(await book_as_invitee(host), init=LATE)).page
    await press(page, "Cancel booking")
    await page.locator("form .secondary").evaluate(TWICE)
    await page.locator(".overview h1:focus").wait_for()
    await stays(page, 1)
    await press(page, "Cancel booking")
    await page.locator("#reason").wait_for()


async def test_two_clicks_back_to_the_times(host: Host, visit: Open) -> None:
    path = f"/{host.username}/{host.event_type}?date={host.first_date}"
    page = (await visit(path, zone="UTC", init=LATE)).page
    await page.locator(TIME).first.click()
    await page.locator(FORM).wait_for()
    await page.locator(".back").evaluate(TWICE)
    await page.locator(FORM).wait_for(state="detached")
    await stays(page, 1)
    await page.locator(TIME).first.click()
    await page.locator(FORM).wait_for()


async def test_a_history_without_the_step(host: Host, visit: Open) -> None:
    """The browser ignores `history.go` without an event; buttons work again after 3 s."""
    page = (await visit(await book_as_invitee(host), init="history.go = () => undefined;")).page
    await press(page, "Cancel booking")
    await page.locator("form .secondary").click()
    await page.evaluate("new Promise((done) => setTimeout(done, 3100))")
    await page.evaluate("delete history.go")
    await page.locator("form .secondary").click()
    await page.locator(".overview h1:focus").wait_for()
