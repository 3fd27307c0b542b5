"""Booking: by mouse, by keyboard, in a race, with scripts as texts."""

import asyncio
from typing import Any

from playwright.async_api import Page, expect

from tests.hosts import Host
from tests.web.checks import tab_to
from tests.web.visitor import QUESTIONS, Open, Visitor

SCRIPT = "<script>violations.push('ran')</script><img src=x onerror=\"violations.push('ran')\">"


async def booked(host: Host) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await host.call("GET", "/api/v1/bookings")).body["data"]
    return found


async def test_by_mouse(host: Host, visit: Open) -> None:
    """A time, the answers, booked; the confirmation leads to the booking."""
    slug = await host.add_event_type(questions=QUESTIONS)
    visitor = await visit(f"/{host.username}/{slug}?name=Zo%C3%AB+Quinn")
    page = visitor.page
    start = page.locator(".times .time").first
    time = await start.inner_text()
    await start.click()
    assert await page.input_value("#name") == "Zoë Quinn"
    await page.click(".primary")
    problems = await page.locator(".problem").all_inner_texts()
    assert len(problems) == 4  # the address, and three answers
    assert await page.evaluate("document.activeElement.id") == "email"
    await page.fill("#email", "zoe@example.com")
    await page.get_by_label("What is it about?").fill("Prices")
    await page.get_by_label("Size of your team").select_option("2 to 9")
    await page.get_by_label("I agree").check()
    await page.click(".primary")
    await page.get_by_role("heading", name="You are booked").wait_for()
    await expect(page.locator(".moment")).to_contain_text(time)
    (booking,) = await booked(host)
    assert [one["value"] for one in booking["answers"]] == ["Prices", "2 to 9", "true"]
    assert (booking["inviteeTimezone"], booking["source"]) == ("Europe/Berlin", "page")
    links = await page.locator(".links a").evaluate_all("(all) => all.map((one) => one.href)")
    assert [link.split("/")[2] for link in links[1:]] == ["calendar.google.com", "outlook.live.com"]
    await page.get_by_role("link", name="Move or cancel").click()
    await page.get_by_text("Booked", exact=True).wait_for()


async def test_by_keyboard(host: Host, visit: Open) -> None:
    """Arrow keys in the month, Enter, Tab: nothing needs a pointer."""
    visitor = await visit(f"/{host.username}/{host.event_type}")
    page = visitor.page
    await tab_to(page, page.locator(".day[tabindex='0']"))
    keys = ["PageDown", "Home", "ArrowRight", "ArrowDown", "ArrowDown", "End", "ArrowLeft"]
    for key in keys:
        await page.keyboard.press(key)
    chosen = await page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert "Saturday" in chosen
    await page.locator(".month[aria-busy='false']").wait_for()
    await page.keyboard.press("Enter")
    await page.locator("#times:focus").wait_for()
    heading = await page.locator("#times").inner_text()
    assert set(heading.split()) < set(chosen.replace(",", "").split())
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.locator(".details h2:focus").wait_for()
    await page.keyboard.press("Tab")
    await page.keyboard.type("Zoë")
    await page.keyboard.press("Tab")
    await page.keyboard.type("zoe@example.com")
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="You are booked").wait_for()
    (booking,) = await booked(host)
    assert booking["inviteeName"] == "Zoë"


async def test_without_a_secure_context(host: Host, visit: Open) -> None:
    """On plain HTTP in a company's network, browsers have no `crypto.randomUUID`."""
    path = f"/{host.username}/{host.event_type}"
    visitor = await visit(path, init="delete Crypto.prototype.randomUUID;")
    await visitor.page.locator(".times .time").last.click()
    await visitor.fill()
    await visitor.page.click(".primary")
    await visitor.page.get_by_role("heading", name="You are booked").wait_for()
    assert len(await booked(host)) == 1


async def test_the_way_back_leads_to_the_times(host: Host, visit: Open) -> None:
    """What was typed is still there afterwards."""
    visitor = await visit(f"/{host.username}/{host.event_type}")
    page = visitor.page
    await page.locator(".times .time").last.click()
    await visitor.fill()
    await page.go_back()
    await page.locator(".times .time").last.click()
    assert await page.input_value("#email") == "zoe@example.com"


async def test_two_people_race(host: Host, visit: Open) -> None:
    """One is booked; the other keeps what was typed and books a time near it."""
    path = f"/{host.username}/{host.event_type}"
    first, second = await asyncio.gather(visit(path), visit(path))

    async def send(visitor: Visitor, name: str) -> None:
        await visitor.page.locator(".times .time").last.click()
        await visitor.fill(name)
        await visitor.page.click(".primary")
        await visitor.page.locator(".done h2, .notice .time").first.wait_for()

    await asyncio.gather(send(first, "One"), send(second, "Two"))
    refused = [one for one in (first, second) if await one.page.locator(".notice").count()]
    assert len(refused) == 1
    page = refused[0].page
    await expect(page.locator(".notice")).to_contain_text("just been taken")
    await expect(page.locator(".notice .time")).to_have_count(5)
    name = await page.input_value("#name")
    await page.locator(".notice .time").first.click()
    assert await page.input_value("#name") == name
    await page.click(".primary")
    await page.get_by_role("heading", name="You are booked").wait_for()
    assert {one["inviteeName"] for one in await booked(host)} == {"One", "Two"}


async def test_a_lost_answer_is_sent_again_with_the_same_key(host: Host, visit: Open) -> None:
    """The booking is made once, although the first answer did not arrive."""
    visitor = await visit(f"/{host.username}/{host.event_type}")
    page = visitor.page
    await page.locator(".times .time").last.click()
    await visitor.fill()
    answers = 0

    async def lose_the_first(route: Any) -> None:
        nonlocal answers
        answers += 1
        response = await route.fetch()
        await (route.abort() if answers == 1 else route.fulfill(response=response))

    await page.route("**/api/bookings*", lose_the_first)
    await page.click(".primary")
    await page.get_by_text("There was no answer").wait_for()
    await expect(page.locator("fieldset:disabled")).to_have_count(1)
    await page.get_by_role("button", name="Try again").click()
    await page.get_by_role("heading", name="You are booked").wait_for()
    assert len(await booked(host)) == 1


async def test_scripts_are_texts(host: Host, visit: Open) -> None:
    """In names, descriptions, places, questions, answers and notes."""
    slug = await host.add_event_type(
        name=f"</script>{SCRIPT}",
        description=SCRIPT,
        location=SCRIPT,
        questions=[{"label": SCRIPT, "type": "select", "required": False, "options": [SCRIPT]}],
    )
    visitor = await visit(f"/{host.username}/{slug}?notes=%3Cscript%3E")
    page = visitor.page
    await expect(page.locator("h1")).to_have_text(f"</script>{SCRIPT}")
    await page.locator(".times .time").last.click()
    await visitor.fill(SCRIPT)
    await page.locator("select").select_option(SCRIPT)
    await page.click(".primary")
    await page.get_by_role("link", name="Move or cancel").click()
    await page.locator(".overview").wait_for()
    await expect(page.locator("h1")).to_have_text(f"</script>{SCRIPT}")
    await page.goto(f"{visitor.gateway}/{host.username}")
    await expect(page.locator(".offers .name")).to_have_count(2)


async def test_an_optional_box(host: Host, visit: Open) -> None:
    """Its label says so, as those of other fields do."""
    questions = [{"label": "Send me news", "type": "checkbox", "required": False}, QUESTIONS[3]]
    slug = await host.add_event_type(questions=questions)
    visitor = await visit(f"/{host.username}/{slug}")
    page = visitor.page
    await page.locator(".times .time").last.click()
    await page.get_by_role("checkbox", name="Send me news (optional)", exact=True).wait_for()
    await page.get_by_role("checkbox", name="I agree", exact=True).wait_for()


async def is_as_asked(page: Page, where: str) -> bool:
    """Whether the page is in Arabic, and the zone of `where` is Tokyo's."""
    await page.locator(where).first.wait_for()
    language = await page.evaluate("document.documentElement.lang")
    return language == "ar" and "Tokyo" in await page.locator(where).first.inner_text()


async def test_language_and_zone_stay(host: Host, visit: Open) -> None:
    """On the way to the booking, to the host and to the next booking."""
    visitor = await visit(f"/{host.username}?lang=ar&tz=Asia/Tokyo&name=Zo%C3%AB")
    page = visitor.page
    for _ in range(2):
        await page.locator(".offers a").click()
        assert await is_as_asked(page, ".zone-name")
        await page.locator(".host a").click()
    await page.locator(".offers a").click()
    await page.locator(".times .time").last.click()
    assert await page.input_value("#name") == "Zoë"
    await visitor.fill()
    await page.click(".primary")
    await page.locator(".done a.secondary").click()
    assert await is_as_asked(page, ".overview .moment")
    assert "Zo" not in page.url
    await page.locator(".actions .secondary").click()
    await page.locator(".danger").click()
    await page.locator(".struck").wait_for()
    await page.locator(".overview > p > a.primary").click()
    assert await is_as_asked(page, ".zone-name")


async def test_a_chosen_zone_stays(host: Host, visit: Open) -> None:
    """In another language, on the way to the booking, and when it is the browser's own again."""
    visitor = await visit(f"/{host.username}/{host.event_type}?tz=Asia/Kathmandu")
    page = visitor.page
    for city in ("Berlin", "Tokyo"):
        await page.click(".zone-name")
        await page.locator("#zone-query:focus").wait_for()
        await page.keyboard.type(city)
        await page.locator("#zone-0", has_text=city).wait_for()
        await page.keyboard.press("Enter")
        await page.locator(".zone-name", has_text=city).wait_for()
        links = page.locator(".host a, footer [hreflang]")
        found = await links.evaluate_all("(all) => all.map((one) => one.search)")
        assert len(found) == 6
        assert all(("tz=Asia%2FTokyo" in one) is (city == "Tokyo") for one in found)
        assert not any("Kathmandu" in one for one in found)
    await page.locator("footer [hreflang=ar]").click()
    assert await is_as_asked(page, ".zone-name")
