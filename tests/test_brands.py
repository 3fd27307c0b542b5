"""A host's brand through the gateway: uploaded with a session, shown to everybody."""

from typing import Any

import aiohttp

from linktime_availability.api.logos import SQUARE
from linktime_local.testing.waiting import eventually
from linktime_operator.stack.stack import Stack
from tests.browsers import sign_up

SITES = ["https://www.example.com", "http://localhost:3000"]


async def test_a_logo_can_run_no_script(stack: Stack, http: aiohttp.ClientSession) -> None:
    """Whatever was uploaded: its type is fixed, and its policy allows nothing."""
    host, browser = await sign_up(stack, http)
    branded = await browser.call("PUT", "/dashboard/api/brand/logo", {"image": SQUARE})
    assert branded.status == 200, branded
    path = "/api/public/" + branded.body["logoUrl"].partition("/api/public/")[2]
    async with http.get(stack.file.gateway.rstrip("/") + path) as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == "image/webp"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        policy = response.headers["Content-Security-Policy"]
        assert policy == "default-src 'none'; frame-ancestors 'none'"
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert (await response.read())[8:12] == b"WEBP"
    gone = await host.call("GET", path.replace(host.username, "nobody-here"))
    assert (gone.status, gone.body["code"]) == (404, "host_not_found")


async def test_pages_read_the_brand_with_the_event_type(
    stack: Stack, http: aiohttp.ClientSession
) -> None:
    """One answer has the sites for the policy, and the names to redirect to."""
    host, browser = await sign_up(stack, http)
    wanted = {"accentColour": "#ffcc00", "welcomeText": "<b>Hello</b>", "embedSites": SITES}
    assert (await browser.call("PATCH", "/dashboard/api/brand", wanted)).status == 200
    former = host.username
    renamed = await browser.call("PATCH", "/dashboard/api/me", {"username": f"{former}-now"})
    assert renamed.status == 200, renamed
    page: Any = None

    async def is_renamed() -> bool:
        nonlocal page
        answer = await host.call("GET", f"/api/public/{former.upper()}/{host.event_type.upper()}")
        page = answer.body
        return answer.status == 200 and page["host"]["username"] == f"{former}-now"

    await eventually(is_renamed, what="the new username on the page")
    assert page["brand"] | wanted == page["brand"]
    assert page["bookingUrl"].endswith(f"/{former}-now/{host.event_type}")
