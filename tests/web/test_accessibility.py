"""WCAG 2.2 A and AA by axe-core on each page and step, in both schemes, and at 320 px."""

import aiohttp
from playwright.async_api import Page
from tests.browsers import sign_up
from tests.hosts import Host
from tests.web.visitor import PHONE, QUESTIONS, Open, Visitor

from linktime_operator.stack.stack import Stack

LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 3
# CSS pixels: of every target, and of those that choose a time.
LEAST, LEAST_FOR_TIMES = 24, 44
SMALL = """(all) => all.map((one) => one.getBoundingClientRect())
  .filter((box) => box.width && Math.min(box.width, box.height) < %d).length"""


async def check(visitor: Visitor) -> None:
    await visitor.check_accessibility()
    await visitor.check_reflow()
    page: Page = visitor.page
    assert await page.locator(".time").evaluate_all(SMALL % LEAST_FOR_TIMES) == 0
    targets = page.locator("a, button, input:not([type=checkbox]), select, textarea")
    assert await targets.evaluate_all(SMALL % LEAST) == 0


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
    await page.locator(".time").first.click()
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
    await page.goto(f"{visitor.gateway}/nobody-here")
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
    assert brand["welcomeText"] in await visitor.page.locator("main").inner_text()
    await check(visitor)
    await visitor.page.goto(f"{visitor.gateway}/{host.username}/{host.event_type}")
    await visitor.page.locator(".time").first.wait_for()
    await check(visitor)
    await visitor.page.locator(".time").first.click()
    await visitor.page.locator("form").wait_for()
    await check(visitor)
    colour = "getComputedStyle(document.querySelector('.primary')).backgroundColor"
    assert await visitor.page.evaluate(colour) != "rgb(12, 92, 76)"
