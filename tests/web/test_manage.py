"""The invitee's page of a booking: move, cancel, book again."""

from urllib.parse import urlsplit

from tests.hosts import Host
from tests.web.visitor import Open


async def book(host: Host) -> str:
    """Make a booking as an invitee; returns the path of its page."""
    event_type = (await host.call("GET", "/api/v1/event-types")).body["data"][0]
    answer = await host.call(
        "POST",
        "/api/bookings",
        {
            "eventTypeId": event_type["id"],
            "startTime": (await host.slots())[0],
            "inviteeName": "Zoë",
            "inviteeEmail": "zoe@example.com",
            "inviteeTimezone": "Europe/Berlin",
        },
    )
    assert answer.status == 201, answer
    return urlsplit(answer.body["manageUrl"]).path


async def test_move_by_keyboard(host: Host, visit: Open) -> None:
    """The old and the new time are shown before it is moved."""
    visitor = await visit(await book(host))
    page = visitor.page
    before = await page.locator(".moment").inner_text()
    await page.get_by_role("button", name="Move", exact=True).focus()
    await page.keyboard.press("Enter")
    await page.locator(".times .time").nth(3).focus()
    await page.keyboard.press("Enter")
    old, new = await page.locator(".moment").all_inner_texts()
    assert (old, new != old) == (before, True)
    await page.get_by_role("button", name="Move booking").focus()
    await page.keyboard.press("Enter")
    await page.get_by_text("Moved", exact=True).wait_for()
    assert await page.locator(".moment").inner_text() == new


async def test_cancel_with_a_reason(host: Host, visit: Open) -> None:
    """Afterwards it can be booked again; the page shows the same when it is opened again."""
    visitor = await visit(await book(host))
    page = visitor.page
    await page.get_by_role("button", name="Cancel booking").click()
    await page.get_by_label("Reason for your host").fill("I am <b>ill</b>")
    await page.get_by_role("button", name="Cancel booking").click()
    await page.get_by_text("Cancelled", exact=True).wait_for()
    await page.reload()
    await page.get_by_text("I am <b>ill</b>").wait_for()
    assert await page.get_by_role("button", name="Move", exact=True).count() == 0
    await page.get_by_role("link", name="Book again").click()
    await page.locator(".times .time").first.wait_for()
