"""A browser on the pages of a real stack, one of each for all tests of this folder."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser
from tools import web

from linktime_operator.stack.stack import Stack
from tests.browsers import sign_up
from tests.hosts import Host
from tests.stacks import temporary_stack
from tests.web.sites import Site, running
from tests.web.visitor import Open, Visitor, open_visitor, running_browser


@pytest.fixture(scope="session")
def built() -> Path:
    """Return the folder of the built pages, up to date."""
    web.build()
    return web.BUILT


@pytest.fixture(scope="package")
async def stack(built: Path, stack_folder: Callable[[], Path]) -> AsyncIterator[Stack]:
    async with temporary_stack(stack_folder()) as running:
        yield running


@pytest.fixture(scope="package")
async def browser(stack_folder: Callable[[], Path]) -> AsyncIterator[Browser]:
    async with running_browser(stack_folder()) as started:
        yield started


@pytest.fixture
async def visit(browser: Browser, stack: Stack) -> AsyncIterator[Open]:
    """`await visit("/ann-host", zone="Asia/Kathmandu")` opens a page as a new visitor.

    At the end no page may have broken its policy, failed in a script or asked a third party.
    """
    visitors: list[Visitor] = []

    async def open_page(path: str, **settings: object) -> Visitor:
        visitor = await open_visitor(browser, stack.file.gateway, path, **settings)
        visitors.append(visitor)
        return visitor

    yield open_page
    for visitor in visitors:
        await visitor.leave()


@pytest.fixture(scope="package")
async def site(stack: Stack) -> AsyncIterator[Site]:
    async with running(stack.file.gateway) as site:
        yield site


@pytest.fixture(scope="package")
async def owner(stack: Stack, http: aiohttp.ClientSession, site: Site) -> Host:
    """Return a host whose pages `site` may show."""
    host, browser = await sign_up(stack, http)
    allowed = await browser.call("PATCH", "/dashboard/api/brand", {"embedSites": [site.url]})
    assert allowed.status == 200, allowed
    return host


@pytest.fixture
async def open_site(browser: Browser, site: Site) -> AsyncIterator[Open]:
    """`await open_site("<div …>")` opens a page of the site with this body."""
    visitors: list[Visitor] = []

    async def open_page(body: str, **settings: Any) -> Visitor:
        visitor = await open_visitor(
            browser, site.url, site.add(body), also=site.gateway, **settings
        )
        visitors.append(visitor)
        return visitor

    yield open_page
    for visitor in visitors:
        for frame in visitor.page.frames[1:]:
            visitor.problems += await frame.evaluate("window.violations ?? []")
        assert await visitor.context.cookies() == []
        assert (await visitor.context.storage_state())["origins"] == []
        await visitor.leave()
