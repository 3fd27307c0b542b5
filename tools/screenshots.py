"""Take a picture of each page and state, wide and at 320 px, light and dark, with an index page.

python tools/screenshots.py [folder [scene …]]    (make screenshots)

Starts a stack of its own with a demo host, and Chromium; see tests/web/.
"""

import asyncio
import html
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import aiohttp  # noqa: E402
from playwright.async_api import Browser, Page, async_playwright  # noqa: E402
from tests.hosts import Host, make_host  # noqa: E402
from tests.stacks import temporary_stack  # noqa: E402
from tests.web.visitor import PHONE, WIDE, Visitor, open_visitor  # noqa: E402
from tools import web  # noqa: E402

from linktime_local.testing import chromium  # noqa: E402
from linktime_operator.operations import scheduling  # noqa: E402

OFFICE = {
    "timezone": "Europe/Berlin",
    "weekly": {
        day: [["09:00", "12:30"], ["14:00", "17:00"]] for day in ("monday", "tuesday", "thursday")
    },
    "overrides": {},
}
LONG_NAME = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz, erste Beratung"
QUESTIONS: list[dict[str, Any]] = [
    {"label": "What is it about?", "type": "text", "required": True},
    {"label": "Size of your team", "type": "select", "required": False, "options": ["1", "2 to 9"]},
    {"label": "I have read the terms", "type": "checkbox", "required": True},
]
DESCRIPTION = (
    "A first conversation: what you need, what I can do, and what it costs.\n\nWith video."
)
LOOKS = {
    "wide-light": {"viewport": WIDE, "scheme": "light"},
    "wide-dark": {"viewport": WIDE, "scheme": "dark"},
    "phone-light": {"viewport": PHONE, "scheme": "light"},
    "phone-dark": {"viewport": PHONE, "scheme": "dark"},
}
REFERENCE = "/docs#api/tag/contacts/createContact"
Steps = Callable[[Visitor, Page], Awaitable[None]]


class Places:
    """The addresses of what is shown."""

    def __init__(self, host: Host, empty: Host) -> None:
        self.host, self.empty = host, empty
        self.offer = f"/{host.username}"
        self.slugs: dict[str, str] = {}

    async def prepare(self) -> None:
        """Give the host an offer, and the other one nothing."""
        for one in (self.host, self.empty):
            await scheduling.set_schedule(one.stack.clients, one.email, OFFICE)
            (made,) = (await one.call("GET", "/api/v1/event-types")).body["data"]
            changes = {"active": False}
            identifier = UUID(made["id"])
            await scheduling.change_event_type(one.stack.clients, one.email, identifier, changes)
        for key, fields in {
            "intro": {"name": "Intro call", "description": DESCRIPTION, "location": "Video call"},
            "ask": {"name": "Consultation", "durationMinutes": 60, "questions": QUESTIONS},
            "long": {"name": LONG_NAME, "description": DESCRIPTION},
        }.items():
            self.slugs[key] = await self.host.add_event_type(**fields)
        late = {"windows": [["09:00", "11:00"]]}
        far = (datetime.now(UTC) + timedelta(days=100)).date().isoformat()
        schedule = {**OFFICE, "weekly": {}, "overrides": {far: late["windows"]}}
        await scheduling.set_schedule(self.empty.stack.clients, self.empty.email, schedule)
        self.slugs["none"] = await self.empty.add_event_type(name="Sold out", maxDaysInAdvance=365)

    def page(self, key: str) -> str:
        host = self.empty if key == "none" else self.host
        return f"/{host.username}/{self.slugs[key]}"


async def open_form(_visitor: Visitor, page: Page) -> None:
    await page.locator(".times .time").nth(1).click()
    await page.locator("form").wait_for()


async def refuse_fields(visitor: Visitor, page: Page) -> None:
    await open_form(visitor, page)
    await page.click(".primary")
    await page.locator(".problem").first.wait_for()


async def fill_all(visitor: Visitor, page: Page) -> None:
    await open_form(visitor, page)
    await visitor.fill()


def answered(status: int, body: dict[str, Any], **headers: str) -> Steps:
    """Return steps to an answer of the API that is hard to cause."""

    async def steps(visitor: Visitor, page: Page) -> None:
        await fill_all(visitor, page)
        await page.route(
            "**/api/bookings*",
            lambda route: route.fulfill(status=status, json=body, headers=headers),
        )
        await page.click(".primary")
        await page.locator(".notice").wait_for()

    return steps


async def lose_slot(visitor: Visitor, page: Page) -> None:
    await fill_all(visitor, page)
    near = datetime.now(UTC).replace(hour=10, minute=0, second=0, microsecond=0)
    nearest = [(near + timedelta(days=3, minutes=30 * n)).isoformat() for n in range(5)]
    body = {"error": "Taken", "code": "slot_taken", "nearest": nearest}
    await page.route("**/api/bookings*", lambda route: route.fulfill(status=409, json=body))
    await page.click(".primary")
    await page.locator(".notice .time").first.wait_for()


async def lose_answer(visitor: Visitor, page: Page) -> None:
    await fill_all(visitor, page)
    await page.route("**/api/bookings*", lambda route: route.abort())
    await page.click(".primary")
    await page.locator(".notice").wait_for()


async def go_offline(visitor: Visitor, page: Page) -> None:
    await visitor.context.set_offline(True)
    await page.get_by_role("button", name="Next month").click()
    await page.get_by_role("button", name="Next month").click()
    await page.locator(".notice").wait_for()


async def search_zone(_visitor: Visitor, page: Page) -> None:
    await page.locator(".zone-name").click()
    await page.locator("#zone-query:focus").wait_for()
    await page.keyboard.type("san")
    await page.locator("#zone-0").wait_for()


async def book(visitor: Visitor, page: Page) -> None:
    await fill_all(visitor, page)
    await page.click(".primary")
    await page.locator(".links").wait_for()


async def manage(visitor: Visitor, page: Page) -> None:
    await book(visitor, page)
    await page.locator(".done a.secondary").click()
    await page.locator(".overview").wait_for()


async def move(visitor: Visitor, page: Page) -> None:
    await manage(visitor, page)
    await page.locator(".actions .primary").click()
    await page.locator(".times .time").first.wait_for()


async def check_move(visitor: Visitor, page: Page) -> None:
    await move(visitor, page)
    await page.locator(".times .time").nth(2).click()
    await page.locator(".actions").wait_for()


async def ask_to_cancel(visitor: Visitor, page: Page) -> None:
    await manage(visitor, page)
    await page.locator(".actions .secondary").click()
    await page.locator("#reason").wait_for()


async def cancel(visitor: Visitor, page: Page) -> None:
    await ask_to_cancel(visitor, page)
    await page.fill("#reason", "I am ill")
    await page.click(".danger")
    await page.locator(".struck").wait_for()


async def reference(_visitor: Visitor, page: Page) -> None:
    page.set_default_timeout(60_000)
    await page.locator(".outline").wait_for(state="detached")
    await page.get_by_role("button", name="Test Request").first.wait_for()


async def reference_form(visitor: Visitor, page: Page) -> None:
    await reference(visitor, page)
    await page.get_by_role("button", name="Test Request").first.click()
    await page.get_by_role("dialog").get_by_role("button", name="Send").click()
    await page.get_by_text("401 Unauthorized").wait_for()


async def nothing(_visitor: Visitor, page: Page) -> None:
    await page.locator("h1").first.wait_for()


LIMITED = answered(429, {"error": "", "code": "rate_limited"}, **{"Retry-After": "42"})
UNKNOWN = answered(409, {"error": "", "code": "calendar_unknown"})


def scenes(places: Places) -> dict[str, tuple[str, Steps, dict[str, Any]]]:
    """Return address, steps and settings of each picture."""
    intro = places.page("intro")
    none: dict[str, Any] = {}
    one_screen: dict[str, Any] = {"full_page": False}
    booking = {"pause": 2.1}  # until the time of the picture before is no longer shown as free
    return {
        "host": (places.offer, nothing, none),
        "pick": (intro, nothing, none),
        "pick-long-name": (places.page("long"), nothing, none),
        "pick-arabic": (f"{intro}?lang=ar", nothing, {"language": "ar-EG"}),
        "pick-german": (f"{intro}?lang=de", nothing, {"language": "de-DE"}),
        "no-times": (places.page("none"), nothing, none),
        "zone-search": (intro, search_zone, none),
        "form": (places.page("ask"), open_form, none),
        "form-problems": (places.page("ask"), refuse_fields, none),
        "slot-taken": (intro, lose_slot, none),
        "no-answer": (intro, lose_answer, none),
        "limited": (intro, LIMITED, none),
        "calendar-unknown": (intro, UNKNOWN, none),
        "offline": (intro, go_offline, none),
        "booked": (intro, book, booking),
        "manage": (intro, manage, booking),
        "move": (intro, move, booking),
        "move-check": (intro, check_move, booking),
        "cancel": (intro, ask_to_cancel, booking),
        "cancelled": (intro, cancel, booking),
        "unknown": ("/nobody-here", nothing, none),
        "link-not-valid": ("/manage/abc", nothing, none),
        "gone": (f"{places.offer}/{places.host.event_type}", nothing, none),
        "no-scripts": (intro, nothing, {"scripts": False}),
        "reference": (REFERENCE, reference, one_screen),
        "reference-form": (REFERENCE, reference_form, one_screen),
        "reference-outline": ("/docs", nothing, {"scripts": False}),
    }


async def take(
    browser: Browser, gateway: str, folder: Path, places: Places, wanted: list[str]
) -> None:
    """Write the pictures of the scenes that are wanted, or of all."""
    for name, (path, steps, settings) in scenes(places).items():
        if wanted and name not in wanted:
            continue
        given = dict(settings)
        pause, full_page = given.pop("pause", 0), given.pop("full_page", True)
        for look, looks in LOOKS.items():
            await asyncio.sleep(pause)
            visitor = await open_visitor(browser, gateway, path, **{**looks, **given})
            await steps(visitor, visitor.page)
            path_of_picture = folder / f"{name}-{look}.png"
            await visitor.page.screenshot(path=path_of_picture, full_page=full_page)
            await visitor.context.close()


def write_index(folder: Path) -> None:
    """Write the page that shows all pictures."""
    names = sorted(path.name for path in folder.glob("*.png"))
    figures = "\n".join(
        f'<figure><img src="{html.escape(name)}" loading="lazy" alt="">'
        f"<figcaption>{html.escape(name)}</figcaption></figure>"
        for name in names
    )
    style = "body{display:flex;flex-wrap:wrap;gap:1rem}img{max-width:30rem}"
    page = f"<!doctype html><meta charset=utf-8><title>Pages</title><style>{style}</style>{figures}"
    (folder / "index.html").write_text(page, "utf-8")


async def run(state: Path, folder: Path, wanted: list[str]) -> None:
    """Start everything, take the pictures, stop everything."""
    found = await chromium.find(state)
    async with (
        temporary_stack(state) as stack,
        aiohttp.ClientSession() as http,
        async_playwright() as playwright,
    ):
        places = Places(await make_host(stack, http), await make_host(stack, http))
        await places.prepare()
        browser = await playwright.chromium.launch(
            executable_path=found.program,
            args=found.arguments,
            env={**os.environ, **found.environment},
        )
        await take(browser, stack.file.gateway, folder, places, wanted)
        await browser.close()


def main(folder: Path, wanted: list[str]) -> None:
    """Take the pictures that are wanted, or all, and write the index."""
    web.build()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="linktime-test-stack-") as state:
        Path(state).chmod(0o711)
        asyncio.run(run(Path(state), folder, wanted))
    write_index(folder)
    print(f"Pictures: {folder / 'index.html'}")


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / ".run/screenshots"
    main(target, sys.argv[2:])
