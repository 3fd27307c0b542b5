"""What holds on every page and in every state, and a way through a page by keyboard alone."""

from playwright.async_api import Locator, Page, ViewportSize

from tests.web.visitor import PHONE, WIDE, Visitor

# CSS pixels: of every target, and of those that choose a time.
LEAST, LEAST_FOR_TIMES = 24, 44
SMALL = """(all) => all.map((one) => one.getBoundingClientRect())
  .filter((box) => box.width && Math.min(box.width, box.height) < %d).length"""
TARGETS = "a, button, input:not([type=checkbox]), select, textarea"
# Of a window of 1280 by 800 pixels at 200 % zoom.
ZOOMED: ViewportSize = {"width": 640, "height": 400}
MOST_TABS = 80


async def check(visitor: Visitor) -> None:
    """Fail if the page breaks WCAG 2.2 AA, scrolls sideways or has too small targets.

    At 320 px, which is also a wide window at 400 % zoom, at 200 %, and wide.
    """
    await visitor.check_accessibility()
    before = visitor.page.viewport_size
    for size in (PHONE, ZOOMED, WIDE):
        await visitor.page.set_viewport_size(size)
        await visitor.check_reflow()
        await check_targets(visitor.page)
    await visitor.page.set_viewport_size(before or WIDE)


async def check_targets(page: Page) -> None:
    assert await page.locator(".time").evaluate_all(SMALL % LEAST_FOR_TIMES) == 0
    assert await page.locator(TARGETS).evaluate_all(SMALL % LEAST) == 0


async def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus, also in a frame; fails if it never has."""
    await target.wait_for()
    for _ in range(MOST_TABS):
        await page.keyboard.press("Tab")
        if await target.evaluate("(one) => one === document.activeElement && document.hasFocus()"):
            return
    raise AssertionError(f"{target} cannot be reached with Tab")
