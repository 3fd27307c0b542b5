"""A browser on the pages of a real stack, one of each for all tests of this folder."""

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright
from tests.stacks import temporary_stack
from tests.web.visitor import Open, Visitor, open_visitor
from tools import web

from linktime_local.testing import chromium
from linktime_operator.stack.stack import Stack


@pytest.fixture(scope="session")
def built() -> Path:
    """Return the folder of the built pages, up to date."""
    web.build()
    return web.BUILT


@pytest.fixture(scope="session")
async def stack(built: Path, stack_folder: Callable[[], Path]) -> AsyncIterator[Stack]:
    async with temporary_stack(stack_folder()) as running:
        yield running


@pytest.fixture(scope="session")
async def browser(stack_folder: Callable[[], Path]) -> AsyncIterator[Browser]:
    found = await chromium.find(stack_folder())
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(
            executable_path=found.program,
            args=found.arguments,
            env={**os.environ, **found.environment},
        )
        yield running
        await running.close()


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
