"""The form: what is sent of it, what stays in it, and what a screen reader hears meanwhile."""

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.async_api import Page, Request, Route, expect

from tests.hosts import Host
from tests.web.booking_steps import BOOKED, SEND
from tests.web.changes import Slot, book_as_invitee, event_type_becomes, hold_answers
from tests.web.checks import check
from tests.web.visitor import Open, Visitor

BOOKINGS = "**/api/bookings*"
ANNOUNCED = "[...document.querySelectorAll('[role=status]')].map((one) => one.textContent).join('')"
DAY = timedelta(days=1)
TOPIC = {"id": "topic", "label": "Topic", "type": "text", "required": False}
SIZE = {"id": "size", "label": "Size", "type": "select", "required": True, "options": ["1", "2"]}


async def open_form(
    visit: Open, host: Host, query: str = "", **fields: Any
) -> tuple[Visitor, Slot]:
    """Choose the first free time, with an event type of these fields."""
    slug = await host.add_event_type(**fields) if fields else host.event_type
    start = (await host.slots(slug=slug))[0]
    visitor = await visit(f"/{host.username}/{slug}?tz=UTC&date={start[:10]}{query}")
    await visitor.page.locator(".times .time").first.click()
    await visitor.page.locator(".details form").wait_for()
    return visitor, Slot(host, slug, start)


async def bookings(host: Host) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await host.call("GET", "/api/v1/bookings")).body["data"]
    return found


async def refuse_once(page: Page, **answer: Any) -> None:
    async def refuse(route: Route) -> None:
        await route.fulfill(**answer)

    await page.route(BOOKINGS, refuse, times=1)


async def test_what_was_booked_is_shown(host: Host, visit: Open) -> None:
    """Not what was offered when the page was opened, also beside it and for calendars."""
    visitor, slot = await open_form(visit, host, name="Intro", location="Phone")
    page = visitor.page
    await visitor.fill()
    await event_type_becomes(name="Long talk", durationMinutes=60, location="Room 5")(slot)
    await page.click(SEND)
    await page.locator(BOOKED).wait_for()
    (booking,) = await bookings(host)
    end = booking["endTime"]
    await expect(page.locator(".moment")).to_contain_text(f"{slot.start[11:16]} – {end[11:16]}")
    about = await page.locator(".about").inner_text()
    assert ("Long talk" in about, "60 min" in about, "Room 5" in about) == (True, True, True)
    hrefs = await page.locator(".links a").evaluate_all("(all) => all.map((one) => one.href)")
    async with page.expect_download() as download:
        await page.locator(".links a").first.click()
    file = (await (await download.value).path()).read_text("utf-8")
    stamp = end[:19].replace("-", "").replace(":", "") + "Z"
    for text in (file, *hrefs[1:]):
        plain = unquote(text).replace("+", " ")
        assert ("Long talk" in plain, "Room 5" in plain) == (True, True)
        assert stamp in plain or end[:19] in plain
    await check(visitor)


CHANGES: dict[str, tuple[list[dict[str, Any]], str | None]] = {
    "new": ([TOPIC, SIZE, {**TOPIC, "id": "goal", "label": "Goal", "required": True}], "#a_goal"),
    "options": ([TOPIC, {**SIZE, "options": ["1", "3"]}], "#a_size"),
    "removed": ([SIZE], None),
}


@pytest.mark.parametrize("name", CHANGES)
async def test_questions_that_change_meanwhile(host: Host, visit: Open, name: str) -> None:
    """The page says so and shows the present ones; what was typed stays and can be booked."""
    questions, field = CHANGES[name]
    visitor, slot = await open_form(visit, host, questions=[TOPIC, SIZE])
    page = visitor.page
    await visitor.fill()
    await page.fill("#a_topic", "Prices")
    await page.select_option("#a_size", "2")
    await event_type_becomes(questions=questions)(slot)
    await page.click(SEND)
    await page.locator(".notice", has_text="The host has changed this form").wait_for()
    if field:
        await page.locator(f"{field}[aria-invalid=true]:focus").wait_for()
        await check(visitor)
    else:
        await expect(page.locator("#a_topic")).to_have_count(0)
    assert await page.input_value("#email") == "zoe@example.com"
    if name == "new":
        assert await page.input_value("#a_topic") == "Prices"
        await page.fill("#a_goal", "Buy")
    if name == "options":
        await page.locator("#a_size-problem", has_text="no longer offered").wait_for()
        await page.select_option("#a_size", "3")
    await page.click(SEND)
    await page.locator(BOOKED).wait_for()
    assert len(await bookings(host)) == 1


async def test_what_a_field_shows_is_sent(host: Host, visit: Open) -> None:
    """Of prefilled and pasted texts; a line of notes stays one."""
    questions = [TOPIC, {"id": "phone", "label": "Phone", "type": "phone", "required": False}]
    query = "&name=Ann%0ABob&phone=%E2%80%AA%2B4930123456%E2%80%AC&notes=a%0A%E2%80%AEb"
    visitor, _slot = await open_form(visit, host, query, questions=questions)
    page = visitor.page
    assert await page.input_value("#name") == "Ann Bob"
    await page.fill("#email", "\u202azoe@example.com\u202c")
    await page.fill("#a_topic", "Prices\tand \u2067more")
    await page.click(SEND)
    await page.locator(BOOKED).wait_for()
    (booking,) = await bookings(host)
    assert (booking["inviteeName"], booking["inviteeEmail"]) == ("Ann Bob", "zoe@example.com")
    assert booking["notes"] == "a\nb"
    answers = {one["questionId"]: one["value"] for one in booking["answers"]}
    assert answers == {"topic": "Prices and more", "phone": "+4930123456"}


@pytest.mark.parametrize("status", [403, 413])
async def test_a_refusal_by_a_proxy(host: Host, visit: Open, status: int) -> None:
    """Its answer is no JSON; nothing was booked, so the form stays open."""
    visitor, _slot = await open_form(visit, host)
    page = visitor.page
    await visitor.fill()
    await refuse_once(page, status=status, content_type="text/html", body="<h1>No</h1>")
    await page.click(SEND)
    await page.locator(".notice", has_text="That did not work").wait_for()
    await expect(page.locator("fieldset:disabled")).to_have_count(0)
    await page.fill("#name", "Zoë")
    await page.click(SEND)
    await page.locator(BOOKED).wait_for()


async def test_a_refusal_by_a_proxy_after_a_lost_answer(host: Host, visit: Open) -> None:
    """It says nothing about the request before: only the same one can be sent again."""
    visitor, _slot = await open_form(visit, host)
    page = visitor.page
    await visitor.fill()

    async def lose(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await page.route(BOOKINGS, lose, times=1)
    await page.click(SEND)
    await page.get_by_text("There was no answer").wait_for()
    await refuse_once(page, status=403, content_type="text/html", body="<h1>No</h1>")
    await page.get_by_role("button", name="Try again").click()
    await page.locator(".notice", has_text="That did not work").wait_for()
    await expect(page.locator("fieldset:disabled")).to_have_count(1)
    await page.get_by_role("button", name="Try again").click()
    await page.locator(BOOKED).wait_for()
    assert len(await bookings(host)) == 1


async def test_a_limit_without_seconds(host: Host, visit: Open) -> None:
    """Also of a proxy; the page does not say to wait 0 seconds."""
    visitor, _slot = await open_form(visit, host)
    page = visitor.page
    await visitor.fill()
    await refuse_once(page, status=429, content_type="text/html", body="<h1>Slow</h1>")
    await page.click(SEND)
    await page.locator(".notice", has_text="Please try again in a moment.").wait_for()
    await page.click(SEND)
    await page.locator(BOOKED).wait_for()


async def test_what_is_announced_while_it_is_sent(host: Host, visit: Open) -> None:
    """The focus stays on the button that will have the outcome near it."""
    visitor, _slot = await open_form(visit, host)
    page = visitor.page
    await visitor.fill()
    answered = await hold_answers(page, BOOKINGS)
    await page.focus("#email")
    await page.keyboard.press("Enter")
    await page.locator(f"{SEND}:focus", has_text="Booking …").wait_for()
    assert await page.evaluate(ANNOUNCED) == "Booking …"
    await check(visitor)
    answered.set()
    await page.locator(f"{BOOKED}:focus").wait_for()


async def test_what_is_announced_while_a_booking_is_cancelled(host: Host, visit: Open) -> None:
    """As while it is booked."""
    visitor = await visit(await book_as_invitee(host))
    page = visitor.page
    await page.get_by_role("button", name="Cancel booking").click()
    answered = await hold_answers(page, "**/cancel*")
    await page.get_by_role("button", name="Cancel booking").click()
    await page.locator(".danger:focus", has_text="Cancelling …").wait_for()
    assert await page.evaluate(ANNOUNCED) == "Cancelling …"
    answered.set()
    await page.get_by_text("Cancelled", exact=True).wait_for()


TWICE = "(one) => { one.click(); one.click(); }"


async def test_two_clicks_at_once(host: Host, visit: Open) -> None:
    """One request is sent, to book and to cancel."""
    visitor, _slot = await open_form(visit, host)
    page = visitor.page
    await visitor.fill()
    sent: list[str] = []

    def see(request: Request) -> None:
        if request.method == "POST":
            sent.append(request.url)

    page.on("request", see)
    await page.locator(SEND).evaluate(TWICE)
    await page.locator(BOOKED).wait_for()
    await page.locator(".done a.secondary").click()
    await page.get_by_role("button", name="Cancel booking").click()
    await page.locator(".danger").evaluate(TWICE)
    await page.get_by_text("Cancelled", exact=True).wait_for()
    assert len(sent) == 2


async def test_another_language_keeps_the_form(host: Host, visit: Open) -> None:
    """What was typed, the time and the way back; a reload leads to the booking."""
    visitor, slot = await open_form(visit, host, "&name=Ann")
    page = visitor.page
    await visitor.fill()
    await page.fill("#notes", "Two\nlines")
    await page.locator("footer [hreflang=de]").click()
    await page.get_by_role("heading", name="Ihre Angaben").wait_for()
    await expect(page.locator(".moment")).to_contain_text(slot.start[11:16])
    assert await page.input_value("#name") == "Zoë Invitee"
    assert await page.input_value("#notes") == "Two\nlines"
    await page.go_back()
    await page.locator(".times .time").first.click()
    assert await page.input_value("#email") == "zoe@example.com"
    assert await page.evaluate("document.documentElement.lang") == "de"
    await page.locator("footer [hreflang=fr]").click()
    await page.get_by_role("heading", name="Vos informations").wait_for()
    await page.click(SEND)
    await page.locator(BOOKED).wait_for()
    (booking,) = await bookings(host)
    assert booking["startTime"] == slot.start
    await page.locator("footer [hreflang=en]").click()
    await page.get_by_role("heading", name="You are booked").wait_for()
    await page.reload()
    await page.wait_for_url("**/manage/**")
    assert (await visitor.context.storage_state())["origins"] == []


async def test_another_language_after_a_lost_answer(host: Host, visit: Open) -> None:
    """The same request is sent again, with the same key."""
    visitor, _slot = await open_form(visit, host)
    page = visitor.page
    await visitor.fill()
    keys: list[str] = []

    async def lose_the_first(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        response = await route.fetch()
        await (route.abort() if len(keys) == 1 else route.fulfill(response=response))

    await page.route(BOOKINGS, lose_the_first)
    await page.click(SEND)
    await page.get_by_text("There was no answer").wait_for()
    await page.locator("footer [hreflang=de]").click()
    await page.get_by_role("button", name="Noch einmal versuchen").click()
    await page.locator(BOOKED).wait_for()
    assert (len(keys), len(set(keys))) == (2, 1)
    assert len(await bookings(host)) == 1


async def test_a_reason_of_several_lines(host: Host, visit: Open) -> None:
    """It stays in another language, is stored with its lines and shown so."""
    visitor = await visit(await book_as_invitee(host))
    page = visitor.page
    await page.get_by_role("button", name="Cancel booking").click()
    await page.get_by_label("Reason").fill("I am ill\n\u202ano\tvisits\u202c")
    await page.locator("footer [hreflang=de]").click()
    await page.locator(".danger").click()
    await page.get_by_text("Abgesagt", exact=True).wait_for()
    await expect(page.locator(".lines bdi")).to_have_text(
        "I am ill\nno\tvisits", use_inner_text=True
    )
    (booking,) = await bookings(host)
    assert booking["cancellationReason"] == "I am ill\nno\tvisits"


async def test_a_reason_that_is_refused(host: Host, visit: Open) -> None:
    """Its field says so and has the focus."""
    visitor = await visit(await book_as_invitee(host))
    page = visitor.page
    await page.get_by_role("button", name="Cancel booking").click()
    # More than the field takes, as a program may set.
    await page.locator("#reason").evaluate(
        "(one) => { one.value = 'x'.repeat(1001);"
        " one.dispatchEvent(new Event('input', {bubbles: true})); }"
    )
    await page.locator(".danger").click()
    await page.locator("#reason[aria-invalid=true]:focus").wait_for()
    await check(visitor)
    await page.fill("#reason", "I am ill")
    await page.locator(".danger").click()
    await page.get_by_text("Cancelled", exact=True).wait_for()


async def test_a_refused_field_that_was_corrected(host: Host, visit: Open) -> None:
    """It is not marked any more, also when another field keeps the form from being sent."""
    visitor, _slot = await open_form(visit, host, questions=[{**TOPIC, "required": True}])
    page = visitor.page
    await visitor.fill(email="a@b")
    await page.fill("#a_topic", "Prices")
    await page.click(SEND)
    await page.locator("#email[aria-invalid=true]:focus").wait_for()
    await page.fill("#a_topic", "")
    await page.click(SEND)
    await page.locator("#a_topic[aria-invalid=true]").wait_for()
    await expect(page.locator("#email[aria-invalid=true]")).to_have_count(1)
    await page.fill("#email", "zoe@example.com")
    await page.click(SEND)
    await page.locator("#a_topic[aria-invalid=true]:focus").wait_for()
    await expect(page.locator("[aria-invalid=true], .problem")).to_have_count(2)
    await page.fill("#a_topic", "Prices")
    await page.click(SEND)
    await page.locator(BOOKED).wait_for()


async def test_a_meeting_until_another_day(host: Host, visit: Open) -> None:
    """Its end has its date: in the form, the confirmation, the booking's page and before a move."""
    visitor, slot = await open_form(visit, host, durationMinutes=1440)
    page = visitor.page
    start = datetime.fromisoformat(slot.start)
    time, (first, last) = f"{start:%H:%M}", (long_date(start), long_date(start + DAY))
    text = f"{first}{time} – {last}, {time} UTC GMT"
    moment = page.locator(".moment").first
    await expect(moment).to_have_text(text)
    await visitor.fill()
    await page.click(SEND)
    await page.locator(BOOKED).wait_for()
    await expect(moment).to_have_text(text)
    await check(visitor)
    await page.locator(".done a.secondary").click()
    await page.wait_for_url("**/manage/**")
    await expect(moment).to_have_text(text)
    await page.get_by_role("button", name="Move").click()
    await page.locator(".picker").wait_for()
    await expect(moment).to_have_text(text)


def long_date(day: datetime) -> str:
    return f"{day:%A}, {day.day} {day:%B %Y}"


LIMITED = {"status": 429, "content_type": "application/json", "body": '{"code": "rate_limited"}'}
CHANGES_OF_ALERTS = """
window.changes = 0;
const alert = document.querySelector("[role=alert]");
new MutationObserver((all) => (changes += all.length))
  .observe(alert, { subtree: true, childList: true, characterData: true });
"""


async def test_a_countdown_is_announced_once(host: Host, visit: Open) -> None:
    """The alert stays as it is while the seconds of the button are counted down."""
    visitor, _slot = await open_form(visit, host)
    page = visitor.page
    await visitor.fill()
    await refuse_once(page, **LIMITED, headers={"Retry-After": "20"})
    await page.click(SEND)
    await page.locator(".notice:focus").wait_for()
    await page.evaluate(CHANGES_OF_ALERTS)
    retry = page.locator(".notice button")
    for _second in range(2):
        before = await retry.inner_text()
        await expect(retry).not_to_have_text(before)
    assert await page.evaluate("changes") == 0
    text = await page.get_by_role("alert").inner_text()
    assert (re.search(r"\d", text), "in a moment" in text) == (None, True)
    await check(visitor)


@pytest.mark.parametrize(("given", "shown"), [("1.5", "in 2 seconds"), ("86400", "in 300 seconds")])
async def test_the_seconds_to_wait(host: Host, visit: Open, given: str, shown: str) -> None:
    """They are whole, and at most five minutes."""
    visitor, _slot = await open_form(visit, host)
    await visitor.fill()
    await refuse_once(visitor.page, **LIMITED, headers={"Retry-After": given})
    await visitor.page.evaluate("setInterval = () => 0")
    await visitor.page.click(SEND)
    await expect(visitor.page.locator(".notice button")).to_contain_text(shown)
