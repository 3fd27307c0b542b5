"""Messages between a site and the pages in its frames: who is believed, and what is refused."""

from playwright.async_api import expect

from tests.hosts import Host
from tests.web.sites import messages, shown, until, wait_for
from tests.web.visitor import Open

HELLO = "{ns: 'linktime', v: 1, id: 'forged', type: 'hello', fit: true, scheme: 'dark'}"
FORGED_TO_THE_SITE = [
    "{ns: 'linktime', v: 1, id, type: 'booked', bookingId: 'x', start: '2027-01-01T00:00:00Z'}",
    "{ns: 'linktime', v: 1, id, type: 'resize', height: 5000}",
    "{ns: 'linktime', v: 1, id, type: 'close'}",
]
MALFORMED = [
    "null",
    "'linktime'",
    "{ns: 'linktime', v: 2, id, type: 'resize', height: 5000}",
    "{ns: 'other', v: 1, id, type: 'resize', height: 5000}",
    "{ns: 'linktime', v: 1, id: 'other', type: 'resize', height: 5000}",
    "{ns: 'linktime', v: 1, id, type: 'resize', height: '5000px'}",
    "{ns: 'linktime', v: 1, id, type: 'resize', height: NaN}",
    "{ns: 'linktime', v: 1, id, type: 'toString'}",
    "{ns: 'linktime', v: 1, id, type: 'booked', bookingId: {}, start: 'soon'}",
]


async def test_forged_and_malformed_messages_change_nothing(owner: Host, open_site: Open) -> None:
    """From the site itself, from the other frame, and to a frame from its sibling."""
    link = f"{owner.username}/{owner.event_type}"
    visitor = await open_site(f'<div data-linktime-inline="{link}"></div>' * 2)
    first, second = await shown(visitor, 0), await shown(visitor, 1)
    page = visitor.page
    ready = await messages(visitor, "ready")
    # Which of the two was ready first is open: each id is tried.
    height = "[...document.querySelectorAll('iframe')].map((one) => one.style.height)"
    count = await page.evaluate("messages.length")
    for identifier in (one["id"] for one in ready):
        for text in FORGED_TO_THE_SITE:
            await page.evaluate(f"(id) => postMessage({text}, '*')", identifier)
        for text in MALFORMED:
            for frame in (first, second):
                await frame.evaluate(f"(id) => parent.postMessage({text}, '*')", identifier)
    await page.evaluate(f"frames[0].postMessage({{...{HELLO}, v: 3}}, '*')")
    await page.evaluate("frames[0].postMessage({ns: 'linktime', v: 1, type: 'hello'}, '*')")
    await second.evaluate(f"parent.frames[0].postMessage({HELLO}, '*')")
    # A message that counts follows on the same ways, so all before it were read.
    for frame in (second, first):
        await frame.locator(".time").last.click()
    await until(page, "messages.filter((m) => m.type === 'slot_selected').length === 2")
    later = (await page.evaluate("messages"))[count:]
    kinds = [one["type"] for one in later if one["type"] != "resize"]
    assert sorted(kinds) == ["slot_selected", "slot_selected"]
    assert {one["id"] for one in later} == {one["id"] for one in ready}
    assert "5000px" not in await page.evaluate(height)
    assert await first.evaluate("document.documentElement.className") == "framed light"


async def test_an_answer_only_to_the_site_that_shows_it(owner: Host, visit: Open) -> None:
    """A page that nobody shows in a frame answers nobody, also who opened it."""
    visitor = await visit(f"/{owner.username}")
    await visitor.page.evaluate(
        "addEventListener('message', (event) => (window.received = event.data))"
    )
    async with visitor.context.expect_page() as opened:
        await visitor.page.evaluate("(url) => (window.opened = open(url))", visitor.page.url)
    other = await opened.value
    await other.locator(".offers").wait_for()
    await visitor.page.evaluate(f"opened.postMessage({HELLO}, '*')")
    await other.evaluate("opener.postMessage('last', '*')")
    await until(visitor.page, "window.received !== undefined")
    assert await visitor.page.evaluate("received") == "last"
    assert await other.evaluate("document.documentElement.className") == ""


async def test_a_site_that_is_not_listed_shows_a_link(host: Host, open_site: Open) -> None:
    """The browser refuses the frame; the site is informed."""
    link = f"{host.username}/{host.event_type}"
    visitor = await open_site(f'<div data-linktime-inline="{link}"></div>')
    error = await wait_for(visitor, "error")
    assert error["code"] == "not_shown"
    found = visitor.page.get_by_role("link", name="Open the booking page")
    assert await found.get_attribute("href") == f"{host.stack.file.gateway}/{link}"
    await expect(visitor.page.locator("iframe")).not_to_be_visible()
    assert await messages(visitor, "ready") == []


async def test_a_wrong_link_does_not_stop_the_others(owner: Host, open_site: Open) -> None:
    """A link to another site is refused."""
    visitor = await open_site(
        '<div data-linktime-inline="https://evil.example/x"></div>'
        f'<div data-linktime-inline="{owner.username}"></div>'
    )
    frame = await shown(visitor)
    assert frame.url.endswith(f"/{owner.username}")
    (problem,) = visitor.problems
    assert "the link must lead to" in problem
    visitor.problems.clear()
