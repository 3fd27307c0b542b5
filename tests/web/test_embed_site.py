"""A page in a frame beside what its site does: its history, and changes of its content."""

from playwright.async_api import Frame, expect

from tests.hosts import Host
from tests.web.sites import shown, until, wait_for
from tests.web.visitor import Open

# As the router of a site does, and as a link within its page.
STEP_OF_THE_SITE = "history.pushState({ page: 2 }, '', '#there')"
STAYS = "[location.hash, history.state?.page, history.length]"


async def choose_in_next_month(frame: Frame, number: int = 0) -> None:
    await frame.get_by_role("button", name="Next month").click()  # all its days are ahead
    await frame.locator(".day:not([aria-disabled=true])").first.click()
    await frame.locator(".times .time").nth(number).click()


async def test_the_way_back_in_a_frame_is_its_own(owner: Host, open_site: Open) -> None:
    """It changes neither the other frame nor the site, and adds nothing to their history."""
    link = f"{owner.username}/{owner.event_type}"
    visitor = await open_site(f'<div data-linktime-inline="{link}"></div>' * 2)
    first, second = await shown(visitor, 0), await shown(visitor, 1)
    page = visitor.page
    length = await page.evaluate("history.length")
    await choose_in_next_month(first)
    await choose_in_next_month(second)
    await first.locator(".details form").wait_for()
    assert await page.evaluate("history.length") == length
    await page.evaluate(STEP_OF_THE_SITE)
    before = await page.evaluate(STAYS)
    await first.get_by_role("button", name="Back").click()
    await first.locator("#times:focus").wait_for()
    await expect(second.locator(".details form")).to_have_count(1)
    assert await page.evaluate(STAYS) == before == ["#there", 2, length + 1]


async def test_the_way_back_in_a_popup(owner: Host, open_site: Open) -> None:
    """The site's router is not asked to go back."""
    link = f"{owner.username}/{owner.event_type}"
    visitor = await open_site(f'<i data-linktime-button="{link}" data-linktime-text="Meet"></i>')
    page = visitor.page
    await page.evaluate(STEP_OF_THE_SITE)
    await page.evaluate("addEventListener('popstate', () => { window.wasAsked = true; })")
    before = await page.evaluate(STAYS)
    await page.get_by_role("button", name="Meet").click()
    frame = await shown(visitor)
    await choose_in_next_month(frame)
    await frame.get_by_role("button", name="Back").click()
    await frame.locator("#times:focus").wait_for()
    assert await page.evaluate(STAYS) == before
    assert await page.evaluate("window.wasAsked") is None


async def test_moved_in_a_frame_while_the_site_goes_on(owner: Host, open_site: Open) -> None:
    """The frame shows the booking as it was moved; the site stays where it is."""
    link = f"{owner.username}/{owner.event_type}"
    visitor = await open_site(
        f'<div data-linktime-inline="{link}" data-linktime-name="Zoë"'
        ' data-linktime-email="goes-on@example.com"></div>'
    )
    page = visitor.page
    frame = await shown(visitor)
    await choose_in_next_month(frame, 20)
    await frame.click(".primary")
    await frame.get_by_role("link", name="Move or cancel").click()
    await until(page, "messages.filter((m) => m.type === 'ready').length === 2")
    await frame.get_by_role("button", name="Move", exact=True).click()
    await frame.locator(".times .time").nth(25).click()
    await frame.get_by_role("heading", name="Move to this time?").wait_for()
    await page.evaluate(STEP_OF_THE_SITE)
    before = await page.evaluate(STAYS)
    await frame.get_by_role("button", name="Move booking").click()
    await wait_for(visitor, "rescheduled")
    await frame.get_by_text("Moved", exact=True).wait_for()
    await frame.get_by_role("button", name="Cancel booking").click()
    await frame.get_by_role("button", name="Keep it").click()
    await frame.locator(".overview h1:focus").wait_for()
    assert await page.evaluate(STAYS) == before


async def test_a_popup_that_the_site_removed(owner: Host, open_site: Open) -> None:
    """Such as one that shows another page in place of its content: it can be opened again."""
    link = f"{owner.username}/{owner.event_type}"
    visitor = await open_site(f'<a href="/" data-linktime-popup="{link}">Book</a>')
    page = visitor.page
    await until(page, "typeof LinkTime.popup === 'function'")
    opener = page.get_by_role("link", name="Book")
    await opener.click()
    await shown(visitor)
    await page.evaluate("document.querySelector('dialog').remove()")
    await opener.click()
    await until(page, "messages.filter((m) => m.type === 'ready').length === 2")
    await expect(page.locator("dialog[open]")).to_have_count(1)
    await page.frame_locator("dialog iframe").locator(".time").first.wait_for()


OPENED = """(link) => {
  window.closings = [];
  document.querySelector("#open").onclick = () => {
    window.view = LinkTime.popup({ link });
    view.element.addEventListener("close", () => closings.push(view.id));
  };
}"""


async def test_a_popup_that_the_site_closes(owner: Host, open_site: Open) -> None:
    """By `remove()`, with the focus in the frame: it returns to the button, as with Escape."""
    link = f"{owner.username}/{owner.event_type}"
    visitor = await open_site('<button id="open">Book</button>')
    page = visitor.page
    await until(page, "typeof LinkTime.popup === 'function'")
    await page.evaluate(OPENED, link)
    for number in range(2):
        await page.click("#open")
        await until(page, f"messages.filter((m) => m.type === 'ready').length === {number + 1}")
        await page.frame_locator("iframe").locator(".time").first.focus()
        await page.evaluate("view.remove()")
        assert await page.evaluate("document.activeElement.id") == "open"
        await until(page, f"closings.length === {number + 1}")
        await expect(page.locator("dialog")).to_have_count(0)
    await page.click("#open")
    await shown(visitor, 0)
    await page.keyboard.press("Escape")
    await until(page, "closings.length === 3 && document.activeElement.id === 'open'")


async def test_a_popup_is_removed_twice(owner: Host, open_site: Open) -> None:
    """The second time changes nothing for the popup that the same link has opened meanwhile."""
    link = f"{owner.username}/{owner.event_type}"
    visitor = await open_site("<p>Text</p>")
    page = visitor.page
    await until(page, "typeof LinkTime.popup === 'function'")
    await page.evaluate("(link) => { window.view = LinkTime.popup({ link }); }", link)
    await page.evaluate("view.remove()")
    await page.evaluate("(link) => { window.later = LinkTime.popup({ link }); }", link)
    await page.evaluate("view.remove()")
    assert await page.evaluate("(link) => LinkTime.popup({ link }).id === later.id", link)
    await expect(page.locator("dialog[open]")).to_have_count(1)
    await shown(visitor)
