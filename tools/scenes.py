"""The pages and states that tools/screenshots.py shows, and how to reach them."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from playwright.async_api import Page, Route
from tests.hosts import Host, rows
from tests.web.visitor import Visitor

from linktime_operator.operations import scheduling

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
ZONE = ZoneInfo(OFFICE["timezone"])
# Moves the booking made last, as time does.
AGE = """
    UPDATE bookings SET starts_at = starts_at - $2::interval, ends_at = ends_at - $2::interval
     WHERE id = (SELECT id FROM bookings WHERE host_id = $1 ORDER BY created_at DESC LIMIT 1)
"""
CLOSE = """
    UPDATE bookings SET change_notice_minutes = 1000000
     WHERE id = (SELECT id FROM bookings WHERE host_id = $1 ORDER BY created_at DESC LIMIT 1)
"""
REFERENCE = "/docs#api/tag/contacts/createContact"
Steps = Callable[[Visitor, Page], Awaitable[None]]


async def nothing(_visitor: Visitor, page: Page) -> None:
    await page.locator("h1").first.wait_for()


async def stay_without_scripts(_visitor: Visitor, page: Page) -> None:
    """Without them also while the picture is taken, as it shows what only such a browser shows."""
    session = await page.context.new_cdp_session(page)
    await session.send("Emulation.setScriptExecutionDisabled", {"value": True})


@dataclass(frozen=True)
class Scene:
    """How a picture is made: of the whole page, or of one screen of it."""

    path: str
    steps: Steps = nothing
    dated: bool = False
    """Whether it begins on a day of its own, which is all free."""

    is_whole: bool = True
    settings: dict[str, Any] = field(default_factory=dict)


def free_days() -> Iterator[date]:
    """Yield days of the host's week from the next one on."""
    day = datetime.now(ZONE).date() + timedelta(days=7)
    while True:
        if day.strftime("%A").lower() in OFFICE["weekly"]:
            yield day
        day += timedelta(days=1)


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
        about = {"description": DESCRIPTION, "maxDaysInAdvance": 365}
        for key, fields in {
            "intro": {"name": "Intro call", **about, "location": "Video call"},
            "ask": {"name": "Consultation", "durationMinutes": 60, "questions": QUESTIONS},
            "long": {"name": LONG_NAME, **about},
        }.items():
            self.slugs[key] = await self.host.add_event_type(**fields)
        late = {"windows": [["09:00", "11:00"]]}
        far = (datetime.now(UTC) + timedelta(days=100)).date().isoformat()
        schedule = {**OFFICE, "weekly": {}, "overrides": {far: late["windows"]}}
        await scheduling.set_schedule(self.empty.stack.clients, self.empty.email, schedule)
        self.slugs["never"] = await self.empty.add_event_type(name="Never", maxDaysInAdvance=0)
        self.slugs["none"] = await self.empty.add_event_type(name="Sold out", maxDaysInAdvance=365)

    def page(self, key: str) -> str:
        host = self.empty if key in {"none", "never"} else self.host
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


def lose_slot(host: Host) -> Steps:
    """Return steps to a time that another invitee books meanwhile."""

    async def steps(visitor: Visitor, page: Page) -> None:
        await fill_all(visitor, page)
        day = page.url.partition("date=")[2]
        time = (await page.locator(".moment").inner_text()).splitlines()[1][:5]
        start = datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=ZONE)
        await host.book(start.isoformat(), slug=page.url.split("/")[-1].partition("?")[0])
        await page.click(".primary")
        await page.locator(".notice .time").first.wait_for()

    return steps


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


async def stop_reminders(visitor: Visitor, page: Page) -> None:
    await manage(visitor, page)
    async with page.expect_response("**/reminders?*"):
        await page.locator(".reminders button").click()
    await page.locator(".reminders button:not([aria-disabled=true])").wait_for()


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


async def move_elsewhere(visitor: Visitor, page: Page) -> None:
    """Move the booking in another tab."""
    await ask_to_cancel(visitor, page)
    other = await visitor.context.new_page()
    await other.goto(page.url)
    await other.locator(".actions .primary").click()
    await other.locator(".times .time").nth(2).click()
    await other.locator(".actions .primary").click()
    await page.locator(".notice").wait_for()


def changed(host: Host, statement: str, *arguments: object) -> Steps:
    """Return steps to a booking after this change in the database."""

    async def steps(visitor: Visitor, page: Page) -> None:
        await manage(visitor, page)
        await rows(host.stack, "bookings", statement, host.id, *arguments)
        await page.reload()
        await page.locator(".overview").wait_for()

    return steps


async def confirm_move(visitor: Visitor, page: Page) -> None:
    await check_move(visitor, page)
    await page.locator(".actions .primary").click()
    await page.locator(".overview").wait_for()


async def find_none(_visitor: Visitor, page: Page) -> None:
    await page.locator(".none .secondary").click()
    await page.locator(".none .secondary").wait_for(state="detached")


async def frame_shown(_visitor: Visitor, page: Page) -> None:
    await page.frame_locator("#live iframe").locator(".time").first.wait_for()


def frame_refused(path: str, *, hangs: bool) -> Steps:
    """Return steps to a frame whose page hangs, or cannot be reached; until its note is shown."""

    async def refuse(route: Route) -> None:
        if not hangs:
            await route.abort()

    async def steps(_visitor: Visitor, page: Page) -> None:
        await page.route(f"**{path}", refuse)
        await page.reload()
        await page.locator("#live").scroll_into_view_if_needed()
        await page.locator(".linktime-note").wait_for()

    return steps


async def open_popup(visitor: Visitor, page: Page) -> None:
    await frame_shown(visitor, page)
    await page.click("#popup-button")
    await page.frame_locator("dialog iframe").locator(".time").first.wait_for()


async def reference(_visitor: Visitor, page: Page) -> None:
    page.set_default_timeout(60_000)
    await page.locator(".outline").wait_for(state="detached")
    await page.get_by_role("button", name="Test Request").first.wait_for()


async def reference_form(visitor: Visitor, page: Page) -> None:
    await reference(visitor, page)
    operation = page.locator(f'[id="{REFERENCE.partition("#")[2]}"]')
    await operation.get_by_role("button", name="Test Request").click()
    form = page.get_by_role("dialog")
    await form.get_by_role("heading", name="Add a contact").wait_for()
    # The other button is named "Send post request to" and the address.
    await form.get_by_role("button", name="Send Request").click()
    await page.get_by_text("401 Unauthorized").wait_for()


LIMITED = answered(429, {"error": "", "code": "rate_limited"}, **{"Retry-After": "42"})
UNKNOWN = answered(409, {"error": "", "code": "calendar_unknown"})


def scenes(places: Places) -> dict[str, Scene]:
    """Return how each picture is made, by name."""
    intro, ask, host = places.page("intro"), places.page("ask"), places.host
    demo = f"/embed/demo?link={intro[1:]}"
    arabic, german = {"language": "ar-EG"}, {"language": "de-DE"}
    return {
        "host": Scene(places.offer),
        "pick": Scene(intro, dated=True),
        "pick-long-name": Scene(places.page("long"), dated=True),
        "pick-arabic": Scene(intro, dated=True, settings=arabic),
        "pick-german": Scene(intro, dated=True, settings=german),
        "no-times": Scene(places.page("none")),
        "no-times-at-all": Scene(places.page("never"), find_none),
        "zone-search": Scene(intro, search_zone),
        "form": Scene(ask, open_form),
        "form-problems": Scene(ask, refuse_fields),
        "slot-taken": Scene(intro, lose_slot(host), dated=True),
        "no-answer": Scene(intro, lose_answer),
        "limited": Scene(intro, LIMITED),
        "calendar-unknown": Scene(intro, UNKNOWN),
        "offline": Scene(intro, go_offline),
        "booked": Scene(intro, book, dated=True),
        "booked-arabic": Scene(intro, book, dated=True, settings=arabic),
        "manage": Scene(intro, manage, dated=True),
        "manage-arabic": Scene(intro, manage, dated=True, settings=arabic),
        "reminders-stopped": Scene(intro, stop_reminders, dated=True),
        "manage-past": Scene(intro, changed(host, AGE, timedelta(days=600)), dated=True),
        "manage-too-late": Scene(intro, changed(host, CLOSE), dated=True),
        "move": Scene(intro, move, dated=True),
        "move-check": Scene(intro, check_move, dated=True),
        "moved": Scene(intro, confirm_move, dated=True),
        "cancel": Scene(intro, ask_to_cancel, dated=True),
        "cancelled": Scene(intro, cancel, dated=True),
        "moved-elsewhere": Scene(intro, move_elsewhere, dated=True),
        "unknown": Scene("/nobody-here"),
        "link-not-valid": Scene("/manage/abc"),
        "gone": Scene(f"{places.offer}/{host.event_type}"),
        "no-scripts": Scene(intro, stay_without_scripts, settings={"scripts": False}),
        "demo": Scene(demo, frame_shown),
        "embed-hangs": Scene(demo, frame_refused(intro, hangs=True)),
        "embed-fails": Scene(demo, frame_refused(intro, hangs=False)),
        "popup": Scene(demo, open_popup, is_whole=False),
        "reference": Scene(REFERENCE, reference, is_whole=False),
        "reference-form": Scene(REFERENCE, reference_form, is_whole=False),
        "reference-outline": Scene("/docs", is_whole=False, settings={"scripts": False}),
    }
