"""A reload loses neither a request to book nor a booking, and never books twice."""

import asyncio
from typing import Any

from playwright.async_api import Page, Route, expect

from linktime_local.testing.waiting import eventually
from tests.hosts import Host, rows
from tests.web import changes
from tests.web.booking_steps import BOOKED, SEND, TIME, back_to_times, booked, choose, open_form
from tests.web.checks import check
from tests.web.visitor import Open


class NoFirstAnswer:
    """`sent` are the requests to book. The first is carried out, but its answer never arrives."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Any]] = []
        self.is_booked = asyncio.Event()

    async def __call__(self, route: Route) -> None:
        self.sent.append((route.request.headers["idempotency-key"], route.request.post_data))
        response = await route.fetch()
        if len(self.sent) == 1:
            self.is_booked.set()
        else:
            await route.fulfill(response=response)


async def send_without_answer(page: Page) -> NoFirstAnswer:
    handler = NoFirstAnswer()
    await page.route("**/api/bookings*", handler)
    await page.click(SEND)
    await handler.is_booked.wait()
    return handler


async def assert_booked_once(page: Page, handler: NoFirstAnswer, host: Host) -> None:
    await page.locator(BOOKED).wait_for()
    assert len(handler.sent) == 2
    assert handler.sent[0] == handler.sent[1]
    statement = "SELECT 1 FROM bookings WHERE host_id = $1"
    assert len(await rows(host.stack, "bookings", statement, host.id)) == 1


async def test_a_reload_while_the_answer_is_awaited(host: Host, visit: Open) -> None:
    """The form has what was sent; the same request can be sent again, also after two reloads."""
    visitor, _free = await open_form(visit, host)
    page = visitor.page
    handler = await send_without_answer(page)
    for _ in range(2):
        await page.reload()
        await page.get_by_text("There was no answer").wait_for()
    await expect(page.locator("fieldset:disabled")).to_have_count(1)
    assert await page.input_value("#name") == "Zoë Invitee"
    await check(visitor)
    await page.get_by_role("button", name="Try again").click()
    await assert_booked_once(page, handler, host)


async def test_a_reload_of_the_times_after_a_lost_answer(host: Host, visit: Open) -> None:
    """Also with another time chosen, the request is above the times and can be sent again."""
    visitor, free = await open_form(visit, host)
    page = visitor.page
    handler = await send_without_answer(page)
    await back_to_times(page)
    await choose(page, free[3])
    await page.reload()
    await page.locator(TIME).first.wait_for()
    missed = page.locator(".missed .notice", has_text=free[0][11:16])
    await missed.get_by_text("There was no answer").wait_for()
    await missed.get_by_role("button", name="Try again").click()
    await assert_booked_once(page, handler, host)


async def test_a_reload_of_the_confirmation(host: Host, visit: Open) -> None:
    """The booking's page is shown, which has it as it is now; the way back leads to the times."""
    visitor, _free = await open_form(visit, host)
    page = visitor.page
    await page.click(SEND)
    await page.locator(BOOKED).wait_for()
    moment = await page.locator(".moment").inner_text()
    await page.reload()
    await page.wait_for_url("**/manage/*")
    await page.get_by_text("Booked", exact=True).wait_for()
    assert await page.locator(".moment").inner_text() == moment
    await page.go_back()
    await page.locator(TIME).first.wait_for()


async def test_the_way_forward_to_a_booking(host: Host, visit: Open) -> None:
    """After a reload of the times it leads to the booking, not to an empty form for its time."""
    visitor, free = await open_form(visit, host)
    page = visitor.page
    await page.click(SEND)
    await page.locator(BOOKED).wait_for()
    await back_to_times(page)
    await page.reload()
    await page.locator(TIME).first.wait_for()
    await changes.the_host_cancels(host)
    await page.go_forward()
    await page.wait_for_url("**/manage/*")
    await page.get_by_text("Cancelled", exact=True).wait_for()
    await page.go_back()
    await eventually(lambda: _is_listed(page, free[0]), within=30)
    await choose(page, free[0])
    await visitor.fill()
    await page.click(SEND)
    await page.locator(BOOKED).wait_for()
    assert await booked(host) == [free[0]] * 2


async def test_the_way_back_and_forward_to_a_booking(host: Host, visit: Open) -> None:
    """Without a reload: the booking may be cancelled since, so its page is shown."""
    visitor, _free = await open_form(visit, host)
    page = visitor.page
    await page.click(SEND)
    await page.locator(BOOKED).wait_for()
    await changes.the_host_cancels(host)
    await back_to_times(page)
    await page.go_forward()
    await page.wait_for_url("**/manage/*")
    await page.get_by_text("Cancelled", exact=True).wait_for()


async def _is_listed(page: Page, start: str) -> bool:
    """Reload and look: the gateway keeps what a page shows for two seconds."""
    await page.reload()
    await page.locator(TIME).first.wait_for()
    return await page.locator(TIME, has_text=start[11:16]).count() == 1
