"""A visitor of the pages: one browser context with one page, whose faults are collected."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, Request, async_playwright
from tools import web

from linktime_local.testing import chromium

PHONE = {"width": 320, "height": 640}
WIDE = {"width": 1280, "height": 800}
AXE = web.SOURCES / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
QUESTIONS = [
    {"label": "What is it about?", "type": "text", "required": True},
    {"label": "Tell us more", "type": "textarea", "required": False},
    {"label": "Size of your team", "type": "select", "required": True, "options": ["1", "2 to 9"]},
    {"label": "I agree", "type": "checkbox", "required": True},
    {"label": "Phone", "type": "phone", "required": False},
]
COLLECT = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) => {
  violations.push(`${event.violatedDirective} ${event.blockedURI}`);
});
"""


@dataclass
class Visitor:
    context: BrowserContext
    page: Page
    gateway: str
    problems: list[str] = field(default_factory=list)

    async def leave(self) -> None:
        """Close the context; fails if the visit had problems."""
        if not self.page.is_closed():
            self.problems += await self.page.evaluate("window.violations ?? []")
        await self.context.close()
        assert self.problems == []

    async def check_accessibility(self) -> None:
        """Fail for each rule of WCAG 2.2 A and AA that axe-core finds broken, in both schemes."""
        assert await self.broken_rules({"type": "tag", "values": RULES}) == []
        # Nothing but colours differs in the other scheme.
        await self.page.emulate_media(color_scheme="dark")
        assert await self.broken_rules({"type": "rule", "values": ["color-contrast"]}) == []
        await self.page.emulate_media(color_scheme="light")

    async def broken_rules(
        self, only: dict[str, Any], *, within: str = "html", without: Sequence[str] = ()
    ) -> list[tuple[str, str, str]]:
        """Return what axe-core finds in the scheme that is shown."""
        if not await self.page.evaluate("'axe' in window"):
            await self.page.evaluate(AXE.read_text("utf-8"))
        options = {
            "runOnly": only,
            "resultTypes": ["violations"],
            "rules": {name: {"enabled": False} for name in without},
        }
        found: dict[str, Any] = await self.page.evaluate(
            "([within, options]) => axe.run(within, options)", [within, options]
        )
        return [
            (one["id"], node["html"][:200], node["failureSummary"])
            for one in found["violations"]
            for node in one["nodes"]
        ]

    async def check_reflow(self) -> None:
        """Fail if the page scrolls sideways."""
        width = await self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert width <= 0

    async def times(self) -> list[str]:
        """Return the times that can be chosen, as they are shown."""
        return await self.page.locator(".times .time").all_inner_texts()

    async def fill(self, name: str = "Zoë Invitee", email: str = "zoe@example.com") -> None:
        await self.page.fill("#name", name)
        await self.page.fill("#email", email)


@asynccontextmanager
async def running_browser(folder: Path) -> AsyncIterator[Browser]:
    """Run Chromium; without an installed one it is unpacked in the cache or in `folder`."""
    found = await chromium.find(folder)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=found.program,
            args=found.arguments,
            env={**os.environ, **found.environment},
        )
        yield browser
        await browser.close()


Open = Callable[..., Awaitable[Visitor]]
"""The fixture `visit`: opens a path, with the settings of `open_visitor`."""


async def open_visitor(
    browser: Browser,
    gateway: str,
    path: str,
    *,
    zone: str = "Europe/Berlin",
    language: str = "en-GB",
    viewport: dict[str, int] | None = None,
    scheme: str = "light",
    scripts: bool = True,
    init: str = "",
    also: str = "",
) -> Visitor:
    """Open `path` in a new context; `also` is a second origin whose files the page may use."""
    context = await browser.new_context(
        viewport=viewport or WIDE,
        timezone_id=zone,
        locale=language,
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    await context.add_init_script(COLLECT + init)
    page = await context.new_page()
    visitor = Visitor(context, page, gateway)

    allowed = tuple(filter(None, (gateway, also, "blob:", "data:")))

    def see_request(request: Request) -> None:
        if not request.url.startswith(allowed):
            visitor.problems.append(f"asked a third party: {request.url}")

    page.on("request", see_request)
    note_answers(page)
    page.on("pageerror", lambda error: visitor.problems.append(f"script: {error}"))
    await (page.goto(gateway + path) if scripts else open_without_scripts(page, gateway + path))
    return visitor


def note_answers(page: Page) -> None:
    """Print what becomes of each request; pytest shows it if the test fails."""

    def note(request: Request, outcome: object) -> None:
        print(f"{datetime.now(UTC):%H:%M:%S.%f} {request.method} {request.url} {outcome}")

    page.on("response", lambda one: note(one.request, one.status))
    page.on("requestfailed", lambda one: note(one, one.failure))


async def open_without_scripts(page: Page, url: str) -> None:
    """Load a page as a browser does that runs no scripts; afterwards axe-core can run in it."""
    session = await page.context.new_cdp_session(page)
    await session.send("Emulation.setScriptExecutionDisabled", {"value": True})
    await page.goto(url)
    await session.send("Emulation.setScriptExecutionDisabled", {"value": False})
