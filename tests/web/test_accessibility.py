"""WCAG 2.2 A and AA on each step, in each language, in a host's colours and in forced ones."""

import aiohttp
import pytest
from playwright.async_api import expect

from linktime_operator.stack.stack import Stack
from tests.browsers import sign_up
from tests.hosts import Host
from tests.web.changes import book_as_invitee
from tests.web.checks import check
from tests.web.visitor import PHONE, QUESTIONS, Open

LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 3
TYPE = """(all, value) => all.forEach((one) => {
  one.value = value;
  one.dispatchEvent(new Event(one.matches("select") ? "change" : "input", {bubbles: true}));
})"""
BACKGROUND = "(one) => getComputedStyle(one).backgroundColor"
WIDTHS = (320, 600, 700, 767, 768, 800, 900, 927, 928, 960, 1024, 1280)
LEAST_DAY = 36
DAYS = "(days) => Math.min(...days.map((day) => day.getBoundingClientRect().width))"
# Names of weekdays that are wider than their column.
CUT = "(heads) => heads.filter((head) => head.scrollWidth > head.clientWidth).length"
EDGE = "(one) => getComputedStyle(one).borderInlineStartColor"
# As many as an event type can have.
MOST_QUESTIONS = [
    {**QUESTIONS[number % len(QUESTIONS)], "label": f"{LONG} {number}"} for number in range(50)
]


async def test_every_step(host: Host, visit: Open) -> None:
    """At 320 px, which is also a wide page at 400 % zoom."""
    slug = await host.add_event_type(name=LONG, description=f"{LONG} {LONG}", questions=QUESTIONS)
    visitor = await visit(f"/{host.username}", viewport=PHONE)
    page = visitor.page
    await check(visitor)
    await page.goto(f"{visitor.gateway}/{host.username}/{slug}")
    await page.locator(".time").first.wait_for()
    await check(visitor)
    await page.locator(".zone-name").click()
    await page.locator("#zone-1").wait_for()
    await check(visitor)
    await page.keyboard.press("Escape")
    await page.locator(".time").last.click()
    await page.click(".primary")
    await page.locator(".problem").first.wait_for()
    await check(visitor)
    await visitor.fill()
    await page.locator("input[type=text]").last.fill("Prices")
    await page.locator("select").select_option("1")
    await page.locator("input[type=checkbox]").check()
    await page.click(".primary")
    await page.locator(".links").wait_for()
    await check(visitor)
    await page.get_by_role("link", name="Move or cancel").click()
    await page.locator(".overview").wait_for()
    await check(visitor)
    await page.get_by_role("button", name="Cancel booking").click()
    await check(visitor)
    await page.get_by_role("button", name="Keep it").click()
    await page.get_by_role("button", name="Move", exact=True).click()
    await page.locator(".time").first.wait_for()
    await check(visitor)


async def test_every_language(host: Host, visit: Open) -> None:
    """On the page that has most texts; chosen with the links below it."""
    visitor = await visit(f"/{host.username}/{host.event_type}?name=Zo")
    for language in ("de", "es", "fr", "ar"):
        await visitor.page.locator(f"footer [lang={language}]").click()
        await visitor.page.locator(f"html[lang={language}] .time").first.wait_for()
        await check(visitor)
    assert "name=Zo" in visitor.page.url


async def test_the_brand_of_a_host(stack: Stack, http: aiohttp.ClientSession, visit: Open) -> None:
    """A colour that alone has too little contrast, and a welcome that is a script."""
    host, browser = await sign_up(stack, http)
    brand = {"accentColour": "#ffcc00", "welcomeText": "<script>violations.push(1)</script>"}
    assert (await browser.call("PATCH", "/dashboard/api/brand", brand)).status == 200
    visitor = await visit(f"/{host.username}")
    await expect(visitor.page.locator("main")).to_contain_text(brand["welcomeText"])
    await check(visitor)
    await visitor.page.goto(f"{visitor.gateway}/{host.username}/{host.event_type}")
    await visitor.page.locator(".time").first.wait_for()
    await check(visitor)
    await visitor.page.locator(".time").last.click()
    await visitor.page.locator("form").wait_for()
    await check(visitor)
    colour = "getComputedStyle(document.querySelector('.primary')).backgroundColor"
    assert await visitor.page.evaluate(colour) != "rgb(12, 92, 76)"


async def test_fifty_questions(host: Host, visit: Open) -> None:
    """The most that there can be: the first without an answer is scrolled to."""
    slug = await host.add_event_type(questions=MOST_QUESTIONS)
    visitor = await visit(f"/{host.username}/{slug}", viewport=PHONE)
    page = visitor.page
    await page.locator(".times .time").last.click()
    await visitor.fill()
    await page.locator("fieldset input[type=text]:not(#name)").evaluate_all(TYPE, "Prices")
    await page.locator("select").evaluate_all(TYPE, "2 to 9")
    boxes = page.locator("input[type=checkbox]")
    for number in range(await boxes.count() - 1):
        await boxes.nth(number).check()
    await page.click(".primary")
    assert await page.locator(".problem").all_inner_texts() == ["This needs an answer."]
    last = boxes.last
    assert await last.evaluate("(box) => box === document.activeElement")
    top = await last.evaluate("(box) => box.getBoundingClientRect().top")
    assert 0 < top < PHONE["height"]
    await check(visitor)
    await page.keyboard.press("Space")
    await page.click(".primary")
    await page.get_by_role("heading", name="You are booked").wait_for()
    (booking,) = (await host.call("GET", "/api/v1/bookings")).body["data"]
    assert len(booking["answers"]) == 30


async def test_forced_colours(host: Host, visit: Open) -> None:
    """Nothing is shown by a background alone, which the system removes."""
    visitor = await visit(f"/{host.username}/{host.event_type}")
    page = visitor.page
    await page.emulate_media(forced_colors="active")
    await page.locator(".time").first.wait_for()
    sheet = await page.locator(".sheet").evaluate(BACKGROUND)
    chosen = page.locator("td[aria-selected=true] .day")
    free = page.locator("td:not([aria-selected=true]) .day[aria-disabled=false]").first
    if not await free.count():  # on the last day of a month
        await page.get_by_role("button", name="Next month").click()
        await page.locator(".month[aria-busy=false]").wait_for()
    assert await chosen.evaluate(BACKGROUND) not in {sheet, await free.evaluate(BACKGROUND)}
    assert await free.evaluate(EDGE) != sheet
    assert await page.locator(".time").first.evaluate(EDGE) != sheet
    await page.locator(".time").last.click()
    assert await page.locator(".moment").evaluate(EDGE) != sheet
    assert await page.locator(".primary").evaluate(EDGE) != sheet
    await page.click(".primary")
    await page.locator("#name:focus").wait_for()
    outline = "(one) => getComputedStyle(one).outlineStyle + getComputedStyle(one).outlineWidth"
    assert await page.locator("#name").evaluate(outline) == "solid3px"
    await visitor.check_reflow()


@pytest.mark.parametrize("language", ["en-GB", "de-DE", "fr-FR", "es-ES", "ar"])
async def test_days_and_weekdays_have_room(host: Host, visit: Open, language: str) -> None:
    """At each width, to choose a time and to move a booking."""
    visitor = await visit(f"/{host.username}/{host.event_type}", language=language)
    page = visitor.page
    for path in ("", await book_as_invitee(host)):
        if path:
            await page.goto(visitor.gateway + path)
            await page.locator(".actions .primary").click()
        await page.locator(".times .time").first.wait_for()
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": 900})
            assert await page.locator(".day").evaluate_all(DAYS) >= LEAST_DAY, width
            assert await page.locator("th").evaluate_all(CUT) == 0, width
            await visitor.check_reflow()
