"""The API reference: Scalar with our documents, and the outline that it replaces."""

from typing import Any

import pytest
from playwright.async_api import ConsoleMessage, Page

from tests.hosts import Host
from tests.web.visitor import PHONE, RULES, Open, Visitor

TIMEOUT = 120_000  # milliseconds, for megabytes of script on a busy machine
NARROW = {"width": 390, "height": 844}
# Scalar's blocks of code scroll and have no tab stop; browsers give them one since 2024.
SCALARS_OWN = ["scrollable-region-focusable"]
INK = {"light": "rgb(30, 28, 23)", "dark": "rgb(241, 237, 229)"}
HAS_INK = """(ink) => {
  const code = document.querySelector("#reference code");
  return code !== null && getComputedStyle(code).color === ink;
}"""
# Each class that the body has had, also for one frame.
SEEN_SCHEMES = """new MutationObserver(() => {
  window.schemes ??= new Set();
  for (const name of document.body?.classList ?? []) schemes.add(name);
}).observe(document, {subtree: true, childList: true, attributeFilter: ["class"]});"""
STORED = """async () => JSON.stringify([
  {...localStorage}, {...sessionStorage}, document.cookie, await indexedDB.databases(),
])"""


async def shown(visit: Open, path: str = "/docs", **settings: Any) -> Visitor:
    """Open the page and wait for Scalar; an error or warning in the console is a problem."""
    visitor: Visitor = await visit("/docs/reference.css", **settings)

    def see(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            visitor.problems.append(message.text)

    visitor.page.on("console", see)
    visitor.page.set_default_timeout(TIMEOUT)
    await visitor.page.goto(visitor.gateway + path)
    await visitor.page.locator(".outline").wait_for(state="detached")
    return visitor


async def send(page: Page, key: str | None = None) -> None:
    """Send the request of the operation in the address."""
    operation = page.locator(f'[id="{page.url.partition("#")[2]}"]')
    await operation.get_by_role("button", name="Test Request").click()
    form = page.get_by_role("dialog")
    if key is not None:
        await form.get_by_placeholder("Token").first.fill(key)
    await form.get_by_role("button", name="Send").first.click()


@pytest.mark.parametrize(("path", "operation"), [("/docs", "me"), ("/docs/dashboard", "password")])
async def test_the_page_asks_no_other_origin(visit: Open, path: str, operation: str) -> None:
    """No request, no violation of its policy and no error; each page shows its document."""
    visitor = await shown(visit, path)
    await visitor.page.get_by_role("button", name="Open Search").click()
    await visitor.page.keyboard.type(operation)
    await visitor.page.get_by_role("option").first.wait_for()
    stored = await visitor.page.evaluate(STORED)
    assert stored == '[{},{},"",[]]'


async def test_calls_can_be_tried_with_a_key(visit: Open, host: Host) -> None:
    """A read and a write; the key is stored nowhere and forgotten by a reload."""
    visitor = await shown(visit, "/docs#api/tag/profile/getMe")
    page = visitor.page
    await send(page, host.key)
    await page.get_by_text("200 OK").first.wait_for()
    await page.get_by_text(host.email).first.wait_for()
    assert host.key not in await page.evaluate(STORED)
    await page.goto(f"{visitor.gateway}/docs#api/tag/contacts/createContact")
    await page.reload()
    await page.locator(".outline").wait_for(state="detached")
    assert await page.get_by_placeholder("Token").first.input_value() == ""
    await send(page, host.key)
    await page.get_by_text("201 Created").first.wait_for()
    assert host.key not in await page.evaluate(STORED)


@pytest.mark.parametrize(
    ("viewport", "scheme"), [(NARROW, "light"), (PHONE, "dark")], ids=["390", "320"]
)
async def test_a_narrow_page_does_not_scroll_sideways(
    visit: Open, viewport: dict[str, int], scheme: str
) -> None:
    """In the introduction, at an operation with its fields, and in the form of a request."""
    visitor = await shown(visit, viewport=viewport, scheme=scheme)
    await visitor.check_reflow()
    await visitor.page.goto(f"{visitor.gateway}/docs#api/tag/contacts/createContact")
    operation = visitor.page.locator('[id="api/tag/contacts/createContact"]')
    await operation.get_by_role("button", name="Test Request").wait_for()
    await visitor.check_reflow()
    await operation.get_by_role("button", name="Test Request").click()
    await visitor.page.get_by_role("dialog").get_by_role("button", name="Send").first.wait_for()
    await visitor.check_reflow()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_colours_of_the_other_scheme_are_never_shown(visit: Open, scheme: str) -> None:
    """Not even for the moment in which Scalar starts."""
    visitor = await shown(visit, scheme=scheme, init=SEEN_SCHEMES)
    await visitor.page.wait_for_function(HAS_INK, arg=INK[scheme])
    assert await visitor.page.evaluate("[...schemes]") == [f"{scheme}-mode"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page_is_accessible(visit: Open, scheme: str) -> None:
    """In both schemes, but for one rule within Scalar's element."""
    visitor = await shown(visit, "/docs#api/tag/contacts/createContact", scheme=scheme)
    await visitor.page.get_by_role("button", name="Test Request").first.wait_for()
    await visitor.page.wait_for_function(HAS_INK, arg=INK[scheme])
    rules = {"type": "tag", "values": RULES}
    assert await visitor.broken_rules(rules, without=SCALARS_OWN) == []
    outside = {"type": "rule", "values": SCALARS_OWN}
    await visitor.page.evaluate("document.getElementById('reference').remove()")
    assert await visitor.broken_rules(outside) == []


async def test_the_outline_is_accessible(visit: Open) -> None:
    """It stays if the script does not arrive."""
    visitor: Visitor = await visit("/docs/reference.css", viewport=PHONE)
    await visitor.page.route("**/assets/*.js", lambda route: route.abort())
    await visitor.page.goto(f"{visitor.gateway}/docs")
    await visitor.check_accessibility()


async def test_the_outline_without_scripts(visit: Open) -> None:
    """It has the introduction and each operation."""
    visitor = await visit("/docs", scripts=False, viewport=PHONE)
    for heading in ("Getting started", "Authentication", "Errors", "Limits", "Pagination"):
        await visitor.page.get_by_role("heading", name=heading, exact=True).wait_for()
    assert await visitor.page.locator("dt").count() > 36
    await visitor.check_reflow()


async def test_escape_closes_the_menu_of_a_narrow_page(visit: Open) -> None:
    """But not the menu behind the search; the focus returns to the button."""
    visitor = await shown(visit, viewport=NARROW)
    page = visitor.page
    opener, closer = (page.get_by_role("button", name=f"{one} Menu") for one in ("Open", "Close"))
    await opener.click()
    await closer.wait_for()
    await page.get_by_role("button", name="Open Search").click()
    # Scalar's element of the dialog has no size of its own.
    await page.get_by_role("dialog").wait_for(state="attached")
    await page.keyboard.press("Escape")
    await page.get_by_role("dialog").wait_for(state="detached")
    await closer.wait_for()
    await page.keyboard.press("Escape")
    await opener.wait_for()
    assert await opener.evaluate("(one) => one === document.activeElement")
