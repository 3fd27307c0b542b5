"""Another site, on an origin of its own, whose pages show pages of LinkTime in frames."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from playwright.async_api import Frame, Page

from linktime_local.testing.waiting import eventually
from tests.web.visitor import Visitor

# Keeps what embed.js reports; written before embed.js is there, as its guide says.
SCRIPT = """
window.messages = [];
(window.LinkTime ||= []).push((embed) => {
  const types = ["ready", "resize", "date_selected", "slot_selected", "booked", "rescheduled", "cancelled", "error"];
  for (const type of types) embed.on(type, (message) => messages.push(message));
});
"""  # noqa: E501
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>A site</title>
<meta name="viewport" content="width=device-width">
<script src="/site.js"></script>
<script async src="{gateway}/embed.js"></script>
</head><body><main><h1>A site</h1>{body}</main></body></html>
"""
# As a careful site has it: what docs/embed.md lists, and nothing inline.
POLICY = "default-src 'none'; script-src 'self' {gateway}; frame-src {gateway}"


@dataclass
class Site:
    """`url` is an origin of another site than the gateway's: localhost is not 127.0.0.1."""

    gateway: str
    url: str = ""
    pages: dict[str, str] = field(default_factory=dict)

    def add(self, body: str) -> str:
        """Add a page; returns its path."""
        path = f"/page-{len(self.pages)}"
        self.pages[path] = PAGE.format(gateway=self.gateway, body=body)
        return path

    async def answer(self, request: web.Request) -> web.Response:
        if request.path == "/site.js":
            return web.Response(text=SCRIPT, content_type="text/javascript")
        headers = {"Content-Security-Policy": POLICY.format(gateway=self.gateway)}
        page = self.pages.get(request.path)
        if page is None:
            raise web.HTTPNotFound
        return web.Response(text=page, content_type="text/html", headers=headers)


@asynccontextmanager
async def running(gateway: str) -> AsyncIterator[Site]:
    site = Site(gateway)
    app = web.Application()
    app.router.add_get("/{tail:.*}", site.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    site.url = f"http://localhost:{runner.addresses[0][1]}"
    yield site
    await runner.cleanup()


async def until(page: Page, condition: str) -> None:
    """Wait for a condition; the site's policy refuses the scripts of `wait_for_function`."""
    await eventually(lambda: page.evaluate(condition), within=30, what=condition)


async def shown(visitor: Visitor, number: int = 0) -> Frame:
    """Wait for the page in a frame and the site's handshake with it."""
    await until(visitor.page, f"messages.filter((m) => m.type === 'ready').length > {number}")
    element = await visitor.page.locator("iframe").nth(number).element_handle()
    frame = await element.content_frame()
    assert frame is not None
    await frame.locator(".time, .offers a, .overview").first.wait_for()
    return frame


async def messages(visitor: Visitor, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await visitor.page.evaluate(
        "(kind) => messages.filter((one) => one.type === kind)", kind
    )
    return found


async def wait_for(visitor: Visitor, kind: str) -> dict[str, Any]:
    await until(visitor.page, f"messages.some((one) => one.type === '{kind}')")
    return (await messages(visitor, kind))[-1]
