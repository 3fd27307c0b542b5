"""Pages in frames of another site: in place, in a popup, behind a button."""

import re
from urllib.parse import quote

import pytest
from playwright.async_api import Frame, Page, Route, expect

from linktime_local.testing.waiting import eventually
from tests.hosts import Host
from tests.web.changes import hold_requests
from tests.web.checks import tab_to
from tests.web.sites import messages, shown, until, wait_for
from tests.web.visitor import AXE, PHONE, QUESTIONS, RULES, Open


async def check_accessibility(frame: Frame) -> None:
    await frame.evaluate(AXE.read_text("utf-8"))
    for scheme in ("dark", "light"):
        await frame.page.emulate_media(color_scheme=scheme)
        found = await frame.evaluate(
            "(tags) => axe.run(document, {iframes: false, runOnly: {type: 'tag', values: tags}})",
            RULES,
        )
        assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []


async def test_two_in_one_page(owner: Host, open_site: Open) -> None:
    """A booking in the second is reported with its id; the first stays as it is."""
    link = f"{owner.username}/{owner.event_type}"
    visitor = await open_site(
        f'<div data-linktime-inline="{owner.username}"><a href="/">Book</a></div>'
        f'<div data-linktime-inline="{link}" data-linktime-name="Zoë Quinn"></div>'
    )
    first, second = await shown(visitor, 0), await shown(visitor, 1)
    await expect(visitor.page.get_by_role("link", name="Book")).to_have_count(0)
    inside = "document.documentElement.scrollHeight - innerHeight"
    assert [await one.evaluate(inside) for one in (first, second)] == [0, 0]
    await second.locator(".day:not([aria-disabled=true])").last.click()
    await second.locator(".time").nth(1).click()
    assert await second.input_value("#name") == "Zoë Quinn"
    await second.fill("#email", "zoe@example.com")
    await second.click(".primary")
    booked = await wait_for(visitor, "booked")
    bookings = (await owner.call("GET", "/api/v1/bookings?inviteeEmail=zoe@example.com")).body[
        "data"
    ]
    (booking,) = [one for one in bookings if one["inviteeName"] == "Zoë Quinn"]
    assert booking["source"] == "embed"
    assert booked == {
        "id": booked["id"],
        "type": "booked",
        "bookingId": booking["id"],
        "start": booking["startTime"],
    }
    ready = await messages(visitor, "ready")
    assert len({one["id"] for one in ready}) == 2
    chosen = await messages(visitor, "slot_selected")
    assert [(one["id"], one["start"]) for one in chosen] == [(booked["id"], booking["startTime"])]
    assert len(await messages(visitor, "date_selected")) == 1
    await expect(first.locator(".offers")).to_have_count(1)
    assert await second.evaluate(inside) == 0


async def test_moved_and_cancelled_in_the_frame(owner: Host, open_site: Open) -> None:
    """The page of the booking is shown in the same frame, by the same rules."""
    link = f"{owner.username}/{owner.event_type}"
    visitor = await open_site(
        f'<div data-linktime-inline="{link}" data-linktime-name="Zoë"'
        ' data-linktime-email="moved@example.com"></div>'
    )
    frame = await shown(visitor)
    await frame.get_by_role("button", name="Next month").click()  # all its days are ahead
    await frame.locator(".day:not([aria-disabled=true])").first.click()
    await frame.locator(".time").first.click()
    await frame.click(".primary")
    await frame.get_by_role("link", name="Move or cancel").click()
    await until(visitor.page, "messages.filter((m) => m.type === 'ready').length === 2")
    await frame.get_by_role("button", name="Move", exact=True).click()
    await frame.locator(".time").nth(7).click()
    await frame.get_by_role("button", name="Move booking").click()
    moved = await wait_for(visitor, "rescheduled")
    await frame.get_by_role("button", name="Cancel booking").click()
    await frame.locator(".danger").click()
    cancelled = await wait_for(visitor, "cancelled")
    booked = (await messages(visitor, "booked"))[0]
    assert moved["start"] > booked["start"]
    assert booked["bookingId"] == moved["bookingId"] == cancelled["bookingId"]
    assert set(cancelled) == {"id", "type", "bookingId"}


async def test_a_popup_by_keyboard(owner: Host, open_site: Open) -> None:
    """Escape in page and frame closes it; the focus returns, and what was typed stays."""
    link = f"{owner.username}/{owner.event_type}"
    address = f"{owner.stack.file.gateway}/{link}"
    visitor = await open_site(
        f'<p><a id="open" href="{address}" data-linktime-popup="{address}">Book</a></p>',
        viewport=PHONE,
    )
    page = visitor.page
    await until(page, "typeof LinkTime.popup === 'function'")
    await tab_to(page, page.locator("#open"))
    await page.keyboard.press("Enter")
    frame = await shown(visitor)
    assert await page.evaluate("document.querySelector('dialog').matches(':modal')")
    await check_accessibility(page.main_frame)
    await check_accessibility(frame)
    await visitor.check_reflow()
    await page.keyboard.press("Escape")
    await until(page, "document.activeElement.id === 'open'")
    await expect(page.locator("dialog[open]")).to_have_count(0)
    await page.keyboard.press("Enter")
    await tab_to(page, frame.locator(".time").first)
    await page.keyboard.press("Enter")
    await tab_to(page, frame.locator("#email"))
    await page.keyboard.type("zoe@example.com")
    await page.keyboard.press("Escape")
    await until(page, "document.activeElement.id === 'open'")
    await page.keyboard.press("Enter")
    assert await frame.input_value("#email") == "zoe@example.com"
    assert len(await messages(visitor, "ready")) == 1
    await tab_to(page, page.get_by_role("button", name="Close"))
    await page.keyboard.press("Enter")
    await page.locator("dialog[open]").wait_for(state="detached")


async def test_a_floating_button(owner: Host, open_site: Open) -> None:
    """It opens the popup, whose button closes it."""
    link = f"{owner.username}/{owner.event_type}"
    visitor = await open_site(f'<i data-linktime-button="{link}" data-linktime-text="Meet"></i>')
    page = visitor.page
    button = page.get_by_role("button", name="Meet")
    await button.click()
    await shown(visitor)
    await page.get_by_role("button", name="Close").click()
    await page.locator("dialog[open]").wait_for(state="detached")
    assert await button.evaluate("(button) => button === document.activeElement")


async def edges(page: Page) -> list[tuple[float, float]]:
    """Return the top and the bottom of each floating button, from the first one up."""
    found: list[dict[str, float]] = await page.locator(".linktime-button:visible").evaluate_all(
        "(all) => all.map((one) => one.getBoundingClientRect().toJSON())"
    )
    return [(one["top"], one["bottom"]) for one in found]


async def until_stacked(page: Page, count: int, *, bottom: float) -> None:
    """Wait until `count` buttons are above each other with the usual gap, from `bottom` up."""

    async def are_stacked() -> bool:
        found = await edges(page)
        expected = [bottom, *(top - 8 for top, _ in found)][: len(found)]
        return len(found) == count and [lower for _, lower in found] == expected

    await eventually(are_stacked, within=10, what=f"{count} buttons above each other")


async def test_several_floating_buttons(owner: Host, open_site: Open) -> None:
    """Each is above the one before it, and moves down when that one is removed."""
    link = f"{owner.username}/{owner.event_type}"
    names = ["First", "Second with a name that is too long for one line of a phone", "Third"]
    buttons = [f'<i data-linktime-button="{link}" data-linktime-text="{one}"></i>' for one in names]
    visitor = await open_site("".join(buttons), viewport=PHONE)
    page = visitor.page
    bottom = PHONE["height"] - 16
    await until_stacked(page, 3, bottom=bottom)
    added = await page.evaluate_handle("(link) => LinkTime.button({ link, text: 'Fourth' })", link)
    await page.evaluate("(link) => void LinkTime.button({ link, text: 'Fifth' })", link)
    await until_stacked(page, 5, bottom=bottom)
    await added.evaluate("(button) => button.remove()")
    await until_stacked(page, 4, bottom=bottom)


async def test_floating_buttons_of_other_sizes(owner: Host, open_site: Open) -> None:
    """They stay stacked in a narrower window, and when the site changes, hides or removes one."""
    link = f"{owner.username}/{owner.event_type}"
    names = ["Two very long text that wraps and wraps and wraps around", "Second", "Third"]
    buttons = [f'<i data-linktime-button="{link}" data-linktime-text="{one}"></i>' for one in names]
    visitor = await open_site("".join(buttons), viewport={"width": 1200, "height": 640})
    page = visitor.page
    bottom = PHONE["height"] - 16
    await until_stacked(page, 3, bottom=bottom)
    (wide, *_) = await edges(page)
    await page.set_viewport_size(PHONE)
    await until_stacked(page, 3, bottom=bottom)
    (narrow, *_) = await edges(page)
    assert narrow[0] < wide[0]
    second = page.get_by_role("button", name="Second")
    await second.evaluate("(one) => { one.style.paddingBlock = '3rem'; }")
    await until_stacked(page, 3, bottom=bottom)
    await second.evaluate("(one) => { one.style.display = 'none'; }")
    await until_stacked(page, 2, bottom=bottom)
    await page.locator(".linktime-button").first.evaluate("(one) => one.remove()")
    await until_stacked(page, 1, bottom=bottom)


async def test_the_demo_page(owner: Host, visit: Open) -> None:
    """All three ways with what to copy, also at 320 px, and what is reported."""
    visitor = await visit(f"/embed/demo?link={owner.username}/{owner.event_type}", viewport=PHONE)
    page = visitor.page
    frame = page.frame_locator("#live iframe")
    await frame.locator(".time").first.wait_for()
    await visitor.check_reflow()
    await check_accessibility(page.main_frame)
    snippets = await page.locator("code").all_inner_texts()
    assert [
        f"data-linktime-{mode}" in text
        for mode, text in zip(("inline", "popup", "button"), snippets, strict=True)
    ] == [True, True, True]
    assert all(f'src="{visitor.gateway}/embed.js"' in text for text in snippets)
    await frame.locator(".time").last.click()
    await page.get_by_text('"type":"slot_selected"').wait_for()
    await visitor.context.grant_permissions(["clipboard-write", "clipboard-read"])
    await page.locator("button.copy").nth(1).click()
    await page.get_by_text("Copied", exact=True).wait_for(state="attached")
    assert await page.evaluate("navigator.clipboard.readText()") == snippets[1]
    await page.click("#popup-button")
    await page.frame_locator("dialog iframe").locator(".time").first.wait_for()
    await page.keyboard.press("Escape")
    await page.locator("dialog[open]").wait_for(state="detached")
    await page.fill("#link", "no link at all")
    await page.click(".demo form button")
    await page.wait_for_url("**/embed/demo?link=no*")
    await page.locator("#link:focus").wait_for()
    await expect(page.locator("iframe")).to_have_count(0)


@pytest.mark.parametrize("wrong", ["ann host", "javascript:alert(1)", "https://evil.example/ann"])
async def test_the_demo_page_refuses_a_link(visit: Open, wrong: str) -> None:
    """It says so at the field, which has the focus, also at 320 px; without a link it is gone."""
    visitor = await visit(f"/embed/demo?link={quote(wrong)}", viewport=PHONE)
    page = visitor.page
    field = page.locator("#link:focus")
    await expect(field).to_have_value(wrong)
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(field).to_have_accessible_description(re.compile("no booking page"))
    await expect(page.get_by_text("no booking page")).to_be_visible()
    await visitor.check_reflow()
    await check_accessibility(page.main_frame)
    await field.fill("")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/embed/demo?link=")
    await expect(page.locator("code").first).to_contain_text("username/event")
    await expect(page.locator("#link-problem")).to_be_hidden()
    await expect(page.locator("[aria-invalid=true]")).to_have_count(0)


async def test_fields_from_the_site(owner: Host, open_site: Open) -> None:
    """They are shown and checked as typed ones are; nothing is sent and nothing is agreed to."""
    questions = [
        *QUESTIONS,
        {"label": "Plan", "type": "select", "options": ["A"], "required": False},
    ]
    slug = await owner.add_event_type(questions=questions)
    answer = await owner.call("GET", f"/api/public/{owner.username}/{slug}")
    about, more, size, agree, phone, plan = (one["id"] for one in answer.body["questions"])
    script = "<img src=x onerror=violations.push(1)>"
    fields = {
        "email": "not an address",
        "phone": "+49 30 123456",
        "notes": script,
        "tz": "Asia/Kathmandu",
        f"a_{about}": script,
        f"a_{more}": "More",
        f"a_{size}": "2 to 9",
        f"a_{agree}": "true",
        f"a_{plan}": "B",
        "unknown": "x",
    }
    attributes = " ".join(f'data-linktime-{name}="{value}"' for name, value in fields.items())
    visitor = await open_site(
        f'<div data-linktime-inline="{owner.username}/{slug}" {attributes}></div>'
    )
    frame = await shown(visitor)
    assert "unknown" not in frame.url
    await expect(frame.locator(".zone-name")).to_contain_text("+5:45")
    await frame.locator(".time").last.click()
    shown_values = {
        "email": "not an address",
        "notes": script,
        f"a_{about}": script,
        f"a_{more}": "More",
        f"a_{size}": "2 to 9",
        f"a_{phone}": "+49 30 123456",
        f"a_{plan}": "",
    }
    values = {name: await frame.input_value(f"[id='{name}']") for name in shown_values}
    assert values == shown_values
    assert not await frame.is_checked("input[type=checkbox]")
    await frame.click(".primary")
    invalid = frame.locator("[aria-invalid=true]")
    names = await invalid.evaluate_all("(all) => all.map((one) => one.id)")
    assert set(names) == {"name", "email", f"a_{agree}"}
    assert await messages(visitor, "booked") == []


@pytest.mark.parametrize(
    ("declared", "background"), [("", "rgb(255, 255, 255)"), ("dark", "rgb(29, 27, 24)")]
)
async def test_the_colours_are_those_of_the_site(
    owner: Host, open_site: Open, declared: str, background: str
) -> None:
    """Not of the device: a dark page in a light one would be unreadable where it is transparent."""
    visitor = await open_site(
        f'<meta name="color-scheme" content="{declared}">'
        f'<div data-linktime-inline="{owner.username}"></div>',
        scheme="light" if declared else "dark",
    )
    frame = await shown(visitor)
    colour = "getComputedStyle(document.querySelector('.sheet')).backgroundColor"
    assert await frame.evaluate(colour) == background


@pytest.mark.parametrize("fate", ["hangs", "fails"])
async def test_a_page_that_is_asked_for_again(owner: Host, open_site: Open, fate: str) -> None:
    """Until it arrives its outline is shown, and a note with a button; both vanish with it."""
    visitor = await open_site('<div id="place"></div>')
    page = visitor.page
    link = f"{owner.username}/{owner.event_type}"
    asked: list[str] = []

    async def answer(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) > 1:
            await route.continue_()
        elif fate == "fails":
            await route.abort()

    await page.route(f"**/{link}", answer)
    await until(page, "typeof LinkTime.inline === 'function'")
    await page.evaluate("(link) => void LinkTime.inline('#place', { link })", link)
    outline = page.locator(".linktime-outline")
    await outline.wait_for()
    again = page.get_by_role("status").get_by_role("button", name="Try again")
    await again.wait_for()
    await expect(outline).to_have_count(1 if fate == "hangs" else 0)
    await check_accessibility(page.main_frame)
    steps = await page.evaluate("history.length")
    await again.press("Enter")
    await page.locator(".linktime-view:focus").wait_for()
    await shown(visitor)
    await expect(outline).to_have_count(0)
    await expect(again).to_have_count(0)
    assert len(asked) == 2
    assert await page.evaluate("history.length") == steps


@pytest.mark.parametrize(("language", "text"), [("en", "takes longer"), ("de-AT", "länger")])
async def test_a_page_that_does_not_arrive(
    owner: Host, open_site: Open, language: str, text: str
) -> None:
    """The site says so in its language, with a link to the page, until the page is there."""
    visitor = await open_site('<div id="place"></div>', viewport=PHONE)
    page = visitor.page
    link = f"{owner.username}/{owner.event_type}"
    arrives = await hold_requests(page, f"**/{link}")
    await page.evaluate("(language) => { document.documentElement.lang = language; }", language)
    await until(page, "typeof LinkTime.inline === 'function'")
    await page.evaluate("(link) => void LinkTime.inline('#place', { link })", link)
    note = page.get_by_role("status").filter(has_text=text)
    try:
        await note.wait_for()
        address = await note.get_by_role("link").get_attribute("href")
        assert address == f"{owner.stack.file.gateway}/{link}"
        await visitor.check_reflow()
        await check_accessibility(page.main_frame)
    finally:
        arrives.set()
    await shown(visitor)
    await expect(note).to_have_count(0)
    assert await messages(visitor, "error") == []


async def test_language_and_zone_of_the_site_stay(owner: Host, open_site: Open) -> None:
    """From the host's offer to the booking."""
    visitor = await open_site(
        f'<div data-linktime-inline="{owner.username}" data-linktime-lang="ar"'
        ' data-linktime-tz="Asia/Tokyo" data-linktime-name="Zoë"'
        ' data-linktime-email="stays@example.com"></div>'
    )
    frame = await shown(visitor)
    await frame.locator(f".offers a[href*='/{owner.event_type}?']").click()
    await until(visitor.page, "messages.filter((m) => m.type === 'ready').length === 2")
    await frame.locator(".zone-name", has_text="Tokyo").wait_for()
    await frame.locator(".turn.on").click()  # all its days are ahead
    await frame.locator(".day:not([aria-disabled=true])").first.click()
    await frame.locator(".time").last.click()
    await frame.click(".primary")
    await frame.locator(".done a.secondary").click()
    await until(visitor.page, "messages.filter((m) => m.type === 'ready').length === 3")
    await frame.locator(".overview .moment", has_text="Tokyo").wait_for()
    assert await frame.evaluate("document.documentElement.lang") == "ar"
