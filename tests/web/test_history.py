"""The browser's way back, a reload and lost answers: the page never says what is not so."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from playwright.async_api import Route, expect

from tests.hosts import Host, rows
from tests.web.booking_steps import (
    BOOKED,
    FORM,
    SEND,
    TIME,
    back_to_times,
    booked,
    choose,
    open_form,
)
from tests.web.changes import book_as_invitee, hold_answers
from tests.web.checks import check
from tests.web.sites import until
from tests.web.visitor import Open

LATER = "{ const before = Date.now; Date.now = () => before() + 600_000; }"


def text_of(start: str) -> str:
    return f"{start[11:16]} –"


async def test_the_next_booking_is_another_one(host: Host, visit: Open) -> None:
    """After a booking and the way back, a time opens the form; each confirmation has its time."""
    visitor, free = await open_form(visit, host)
    page = visitor.page
    for start in (free[0], free[3]):
        if start != free[0]:
            await back_to_times(page)
            await page.locator(TIME, has_text=free[0][11:16]).wait_for(state="detached")
            await choose(page, start)
        await page.click(SEND)
        await page.locator(BOOKED).wait_for()
        await expect(page.locator(".moment")).to_contain_text(text_of(start))
    assert await booked(host) == [free[0], free[3]]


async def test_an_answer_after_the_way_back(host: Host, visit: Open) -> None:
    """It shows what was booked, also when another time was chosen meanwhile."""
    visitor, free = await open_form(visit, host)
    page = visitor.page
    answered = await hold_answers(page, "**/api/bookings*")
    for last in (free[0], free[3]):
        answered.clear()
        await page.click(SEND)
        await back_to_times(page)
        if last == free[3]:
            await choose(page, free[5])
        answered.set()
        await page.locator(BOOKED).wait_for()
        await expect(page.locator(".moment")).to_contain_text(text_of(last))
        if last == free[0]:
            await back_to_times(page)
            await choose(page, free[3])
    assert await booked(host) == [free[0], free[3]]
    await back_to_times(page)


async def test_a_lost_answer_and_the_way_back(host: Host, visit: Open) -> None:
    """The same time is the same request, with the same key; another time is free to book."""
    visitor, free = await open_form(visit, host)
    page = visitor.page
    sent: list[tuple[str, Any]] = []

    async def lose_the_first(route: Route) -> None:
        sent.append((route.request.headers["idempotency-key"], route.request.post_data))
        response = await route.fetch()
        await (route.abort() if len(sent) == 1 else route.fulfill(response=response))

    await page.route("**/api/bookings*", lose_the_first)
    await page.click(SEND)
    await page.get_by_text("There was no answer").wait_for()
    await back_to_times(page)
    await choose(page, free[3])
    await expect(page.locator("fieldset:disabled")).to_have_count(0)
    await page.fill("#name", "Another Person")
    await back_to_times(page)
    await choose(page, free[0])
    await expect(page.locator("fieldset:disabled")).to_have_count(1)
    assert await page.input_value("#name") == "Zoë Invitee"
    await page.get_by_role("button", name="Try again").click()
    await page.locator(BOOKED).wait_for()
    assert len(sent) == 2
    assert sent[0] == sent[1]
    statement = "SELECT 1 FROM bookings WHERE host_id = $1"
    assert len(await rows(host.stack, "bookings", statement, host.id)) == 1


async def test_a_reload_and_the_way_back(host: Host, visit: Open) -> None:
    """The times are shown, and the way back from the next form leads to them."""
    visitor, free = await open_form(visit, host)
    page = visitor.page
    await page.reload()
    await choose(page, free[3])
    await page.go_back()
    await page.locator(TIME).first.wait_for()
    await expect(page.locator(FORM)).to_have_count(0)


async def test_the_focus_on_the_way_back(host: Host, visit: Open) -> None:
    """It is on the heading of the times, by the browser's way back and by the page's."""
    visitor, free = await open_form(visit, host)
    page = visitor.page
    await page.go_back()
    await page.locator("#times:focus").wait_for()
    await choose(page, free[0])
    await page.locator(".back").click()
    await page.locator("#times:focus").wait_for()


async def test_a_lost_answer_and_a_list_without_its_time(host: Host, visit: Open) -> None:
    """Above the list, and above another form, it can be sent again; it is not called taken."""
    visitor, free = await open_form(visit, host)
    page = visitor.page
    sent: list[str] = []

    async def lose_the_first(route: Route) -> None:
        sent.append(route.request.headers["idempotency-key"])
        response = await route.fetch()
        await (route.abort() if len(sent) == 1 else route.fulfill(response=response))

    await page.route("**/api/bookings*", lose_the_first)
    await page.click(SEND)
    await page.get_by_text("There was no answer").wait_for()
    await page.go_back()
    await page.locator(".missed .notice:focus").wait_for()
    await page.evaluate(LATER)
    await page.locator(TIME, has_text=free[0][11:16]).click()
    await page.get_by_role("button", name="Try again").wait_for()
    await back_to_times(page)
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await page.locator(TIME, has_text=free[0][11:16]).wait_for(state="detached")
    await check(visitor)
    await choose(page, free[3])
    missed = page.locator(".missed .notice", has_text=free[0][11:16])
    await missed.get_by_text("There was no answer").wait_for()
    await missed.get_by_role("button", name="Try again").click()
    await page.locator(BOOKED).wait_for()
    await expect(page.locator(".moment")).to_contain_text(text_of(free[0]))
    await expect(page.locator(".missed")).to_have_count(0)
    assert len(set(sent)) == 1 < len(sent)
    assert await booked(host) == [free[0]]


async def test_a_refusal_after_the_way_back(host: Host, visit: Open) -> None:
    """It is shown above the times, until one is chosen; details lead to the form."""
    visitor, free = await open_form(visit, host)
    page = visitor.page
    answered = await hold_answers(page, "**/api/bookings*")
    await host.book(free[0])
    await page.click(SEND)
    await back_to_times(page)
    answered.set()
    alert = page.get_by_role("alert")
    await alert.get_by_text("This time has just been taken.").wait_for()
    await expect(alert).to_contain_text(free[0][11:16])
    await page.locator("#times:focus").wait_for()
    await check(visitor)
    answered.clear()
    await choose(page, free[3])
    await expect(alert).to_have_count(0)
    await page.fill("#email", "zoe@localhost")
    await page.click(SEND)
    await back_to_times(page)
    answered.set()
    await alert.get_by_text("Some of your details were not accepted.").wait_for()
    await page.locator(".missed").get_by_role("button", name="Try again").click()
    await page.locator("#email[aria-invalid=true]:focus").wait_for()
    await back_to_times(page)
    await expect(alert).to_have_count(0)


async def test_a_reload_adds_no_step(host: Host, visit: Open) -> None:
    """The way back from the times after it leads to the page before them."""
    visitor = await visit("/nobody-here")
    page = visitor.page
    await page.goto(f"{visitor.gateway}/{host.username}/{host.event_type}")
    await page.locator(TIME).first.click()
    await page.locator(FORM).wait_for()
    await page.reload()
    await page.locator(TIME).first.wait_for()
    await until(page, "history.state === null")
    await page.go_back()
    await page.get_by_role("heading", name="There is nothing here").wait_for()


async def test_the_way_back_in_another_language(host: Host, visit: Open) -> None:
    """The address of the times names the language and the zone too, and so does the booking's."""
    free = await host.slots()
    visitor = await visit(f"/{host.username}/{host.event_type}?tz=UTC&date={free[0][:10]}")
    page = visitor.page
    await choose(page, free[0])
    await page.locator("footer [hreflang=fr]").click()
    await page.get_by_role("heading", name="Vos informations").wait_for()
    await page.locator(".back").click()
    await page.locator(TIME).first.wait_for()
    await page.reload()
    await page.locator(TIME).first.wait_for()
    assert await page.evaluate("document.documentElement.lang") == "fr"
    assert query(page.url) == {"lang": "fr", "tz": "UTC", "date": free[0][:10]}
    await choose(page, free[0])
    await visitor.fill()
    await page.click(SEND)
    await page.locator(BOOKED).wait_for()
    link = await page.locator(".done a.secondary").evaluate("(one) => one.href")
    assert query(link) == {"lang": "fr", "tz": "UTC"}


async def test_the_way_back_from_a_reason_in_another_language(host: Host, visit: Open) -> None:
    """The booking's page stays in that language after a reload."""
    visitor = await visit(await book_as_invitee(host))
    page = visitor.page
    await page.get_by_role("button", name="Cancel booking").click()
    await page.locator("footer [hreflang=fr]").click()
    await page.locator("html[lang=fr] #reason").wait_for()
    await page.go_back()
    await page.locator(".overview").wait_for()
    await page.reload()
    await page.locator("html[lang=fr] .overview").wait_for()


def query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))
