"""The page of a booking over time: its steps in the browser's history, late answers, other tabs."""

from playwright.async_api import Page, Route, expect

from tests.hosts import Host
from tests.web import changes
from tests.web.changes import book_as_invitee, hold_answers
from tests.web.checks import check
from tests.web.sites import until
from tests.web.visitor import Open

LATER = "{ const before = Date.now; Date.now = () => before() + 120_000; }"
SEEN = "document.dispatchEvent(new Event('visibilitychange'))"
OVERVIEW = ".overview h1:focus"


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()


async def choose_new_time(page: Page) -> None:
    await press(page, "Move")
    await page.locator(".times .time").nth(2).click()
    await page.get_by_role("heading", name="Move to this time?").wait_for()


async def test_the_browsers_way_back_is_one_step(host: Host, visit: Open) -> None:
    """From each step to the one before; after a change the way back leaves the page."""
    visitor = await visit("/embed/demo", zone="UTC")
    page = visitor.page
    await page.goto(visitor.gateway + await book_as_invitee(host))
    await choose_new_time(page)
    await page.go_back()
    await page.get_by_role("heading", name="Choose another time").wait_for()
    await page.go_back()
    await page.locator(OVERVIEW).wait_for()
    await press(page, "Cancel booking")
    await page.get_by_label("Reason for your host").wait_for()
    await page.go_back()
    await page.locator(OVERVIEW).wait_for()
    await choose_new_time(page)
    await press(page, "Back")
    await page.get_by_role("heading", name="Choose another time").wait_for()
    await page.go_forward()
    await press(page, "Move booking")
    await page.get_by_text("Moved", exact=True).wait_for()
    await until(page, "!history.state")
    await page.go_back()
    await page.wait_for_url("**/embed/demo")


async def test_a_refusal_after_the_way_back(host: Host, visit: Open) -> None:
    """It is shown above the booking, with what was refused, until something else is pressed."""
    visitor = await visit(await book_as_invitee(host), zone="UTC")
    page = visitor.page
    answered = await hold_answers(page, "**/reschedule*")
    await choose_new_time(page)
    day = (await host.slots())[0][:10]
    time = (await page.locator(".moment").last.inner_text()).splitlines()[1][:5]
    assert (await host.book(f"{day}T{time}:00Z")).status == 201
    await press(page, "Move booking")
    await page.go_back()
    await page.go_back()
    await page.locator(OVERVIEW).wait_for()
    answered.set()
    alert = page.get_by_role("alert")
    await alert.get_by_text("This time has just been taken.").wait_for()
    await expect(alert).to_contain_text("Move booking")
    await check(visitor)
    await press(page, "Move")
    await expect(alert).to_have_count(0)


async def test_a_lost_answer_and_the_way_back(host: Host, visit: Open) -> None:
    """The booking is read: it was moved, or the same move can be sent again."""
    visitor = await visit(await book_as_invitee(host), zone="UTC")
    page = visitor.page
    sent: list[str] = []

    async def lose(route: Route) -> None:
        sent.append(route.request.headers["idempotency-key"])
        if len(sent) == 2:
            await route.fetch()
        await route.abort()

    await page.route("**/reschedule*", lose)
    await choose_new_time(page)
    new = await page.locator(".moment").last.inner_text()
    await press(page, "Move booking")
    await page.get_by_text("There was no answer").wait_for()
    await page.go_back()
    await page.locator(".missed").get_by_text("There was no answer").wait_for()
    await page.go_back()
    await page.locator(OVERVIEW).wait_for()
    assert await page.locator(".overview .moment").inner_text() != new
    await check(visitor)
    await press(page, "Try again")
    await page.get_by_role("heading", name="Move to this time?").wait_for()
    await page.get_by_text("There was no answer").wait_for()
    assert sent[0] == sent[1]
    await page.go_back()
    await page.go_back()
    await page.locator(".overview .moment", has_text=new.splitlines()[1][:5]).wait_for()
    await expect(page.get_by_role("alert")).to_have_count(0)


async def test_a_page_left_open_reads_the_booking_again(host: Host, visit: Open) -> None:
    """After a minute; what is typed and the focus stay while the booking can be cancelled."""
    visitor = await visit(await book_as_invitee(host))
    page = visitor.page
    async with page.expect_response("**/api/public/bookings/*"):
        await press(page, "Cancel booking")
    reads: list[str] = []
    page.on(
        "request", lambda one: reads.append(one.url) if "/public/bookings/" in one.url else None
    )
    reason = page.get_by_label("Reason for your host")
    await reason.fill("I am ill")
    await page.evaluate(SEEN)
    async with page.expect_response("**/api/public/bookings/*"):
        await page.evaluate(LATER + SEEN)
    assert len(reads) == 1
    await page.locator("#reason:focus").wait_for()
    assert await reason.input_value() == "I am ill"
    await page.go_back()
    await page.get_by_role("button", name="Move", exact=True).focus()
    await changes.the_host_cancels(host)
    await page.evaluate(LATER + SEEN)
    await page.get_by_text("Cancelled", exact=True).wait_for()
    await page.locator(OVERVIEW).wait_for()
