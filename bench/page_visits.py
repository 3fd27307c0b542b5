"""A visitor's browser on the booking page: until it can be clicked, a turned month, layout shifts.

Chromium with an empty cache, and a page that the gateway composes for each visit. A time ends with
the frame that shows the result.
"""

import statistics
from dataclasses import dataclass, field
from typing import Any

from bench.page_load import Pages
from bench.slots import Row
from playwright.async_api import Browser, Request
from tests.web.visitor import WIDE

NARROW = {"width": 390, "height": 844}
SLOWED = 4
VISITS = 15
SETTLED_MILLISECONDS = 100
WATCH = """
(() => {
  const find = (selector) => document.querySelector(selector);
  // Resolves with the time of the frame that shows what `isThere` finds.
  const shown = (isThere) => new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      if (!isThere()) return;
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
    });
    observer.observe(document, { attributes: true, childList: true, subtree: true, characterData: true });
  });
  window.clickable = shown(() => find(".times .time"));
  addEventListener("click", (event) => {
    if (!event.target.closest(".turn.on")) return;
    const before = find("#month").textContent;
    const isTurned = () => find("#month").textContent !== before && find(".day[aria-disabled='false']");
    window.turned = shown(isTurned).then((time) => time - event.timeStamp);
  }, true);
  window.shifts = [];
  const see = (list) => shifts.push(...list.getEntries().map((one) => [one.value, one.hadRecentInput]));
  new PerformanceObserver(see).observe({ type: "layout-shift", buffered: true });
})();
"""  # noqa: E501


@dataclass
class Visits:
    """What the visits of one kind took, in milliseconds, and their largest shift."""

    name: str
    viewport: dict[str, int]
    slowed: int = 1
    clickable: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    turned: list[float] = field(default_factory=list)
    requests: set[int] = field(default_factory=set)
    shift: float = 0.0
    shift_with_input: float = 0.0

    def rows(self) -> list[Row]:
        many = len(self.clickable)
        return [
            Row(f"{self.name}: clickable: p50 of {many}", statistics.median(self.clickable), "ms"),
            Row(
                f"{self.name}: processor time of the page until then",
                statistics.median(self.processor),
                "ms",
            ),
            Row(f"{self.name}: a turned month: p50", statistics.median(self.turned), "ms"),
            Row(f"{self.name}: a turned month: most requests", max(self.requests), ""),
            Row(f"{self.name}: layout shift of load, month, time", self.shift * 1000, "/ 1000"),
            Row(
                f"{self.name}: the same with what follows an input",
                self.shift_with_input * 1000,
                "/ 1000",
            ),
        ]


async def run(browser: Browser, pages: Pages) -> list[Row]:
    """Measure and return the rows in the order of printing."""
    kinds = [
        Visits("wide", WIDE),
        Visits(f"wide, slowed {SLOWED} times", WIDE, SLOWED),
        Visits("390 px", NARROW),
        Visits(f"390 px, slowed {SLOWED} times", NARROW, SLOWED),
    ]
    paths = iter(pages.paths)
    for _ in range(VISITS):
        for visits in kinds:
            await _visit(browser, pages.gateway + next(paths), visits)
    return [row for visits in kinds for row in visits.rows()]


async def _visit(browser: Browser, url: str, visits: Visits) -> None:
    context = await browser.new_context(viewport=visits.viewport, locale="en-GB")
    await context.add_init_script(WATCH)
    page = await context.new_page()
    lists: list[str] = []

    def see(request: Request) -> None:
        if "/slots?" in request.url:
            lists.append(request.url)

    page.on("request", see)
    tools = await context.new_cdp_session(page)
    await tools.send("Performance.enable", {"timeDomain": "threadTicks"})
    await tools.send("Emulation.setCPUThrottlingRate", {"rate": visits.slowed})
    await page.goto(url)
    visits.clickable.append(await page.evaluate("clickable"))
    visits.processor.append(_main_thread(await tools.send("Performance.getMetrics")))
    await page.wait_for_timeout(SETTLED_MILLISECONDS)
    await page.click(".turn.on")
    visits.turned.append(await page.evaluate("turned"))
    visits.requests.add(len(lists))
    await page.wait_for_timeout(SETTLED_MILLISECONDS)
    await page.locator(".times .time").first.click()
    await page.locator(".details h2").wait_for()
    await page.wait_for_timeout(SETTLED_MILLISECONDS)
    shifts = await page.evaluate("shifts")
    everything = sum(value for value, _ in shifts)
    visits.shift_with_input = max(visits.shift_with_input, everything)
    visits.shift = max(visits.shift, sum(value for value, is_late in shifts if not is_late))
    await context.close()


def _main_thread(answer: dict[str, Any]) -> float:
    metrics = {one["name"]: one["value"] for one in answer["metrics"]}
    return float(metrics["TaskDuration"]) * 1000
