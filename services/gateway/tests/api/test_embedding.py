"""Pages in frames of other sites: embed.js, the policy, and what a framed page contains."""

from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web
from tools import web as tool

from linktime_common.http.bodies import reply_json
from linktime_common.http.errors import error_reply

HTML = {"Accept": "text/html"}
FRAMED = {**HTML, "Sec-Fetch-Dest": "iframe"}
SITES = ["https://www.example.com", "http://localhost:3000"]
BRAND = {
    "accentColour": None,
    "contrastColours": None,
    "logoUrl": None,
    "welcomeText": None,
    "embedSites": SITES,
}
# Not the host of other files: what was read of it is kept for seconds.
HOST = {"username": "grace", "name": "Grace Host", "timezone": "UTC"}


@pytest.fixture(scope="session", autouse=True)
def _built() -> None:
    tool.build()


class Upstream:
    """The services behind the pages; the host `gone` is not active any more."""

    async def availability(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path.endswith("/gone"):
            return error_reply(404, "Host not found", code="host_not_found")
        return reply_json({**HOST, "brand": BRAND, "eventTypes": []})

    async def bookings(self, request: web.BaseRequest) -> web.StreamResponse:
        token = request.path.rpartition("/")[2]
        host = {"username": token, "name": "Ada Host"}
        return reply_json({"eventType": {"name": "Intro"}, "host": host})


@pytest.fixture
def upstream(world: Any) -> Iterator[Upstream]:
    stand_in = Upstream()
    world["availability"].reply = stand_in.availability
    world["bookings"].reply = stand_in.bookings
    yield stand_in
    world["availability"].reply = world["bookings"].reply = None


def ancestors(answer: Any) -> str:
    rules = answer.headers["Content-Security-Policy"].split("; ")
    return next(rule for rule in rules if rule.startswith("frame-ancestors"))


async def test_embed_js_is_loaded_by_any_site(call: Any) -> None:
    """Kept for minutes, then asked for by its tag."""
    whole = await call("GET", "/embed.js", None)
    assert whole.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert whole.headers["Cache-Control"] == "public, max-age=300"
    headers = {"If-None-Match": whole.headers["ETag"]}
    unchanged = await call("GET", "/embed.js", None, headers=headers)
    assert (whole.status, unchanged.status, unchanged.body) == (200, 304, b"")
    for answer in (whole, unchanged):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert (await call("GET", "/assets/embed.js", headers=HTML)).status == 404


@pytest.mark.parametrize("path", ["/grace", "/manage/grace"])
async def test_the_sites_of_the_host_may_show_its_pages(
    call: Any, upstream: Upstream, path: str
) -> None:
    """A framed page has the script that talks to them, and their list."""
    page = await call("GET", path, headers=FRAMED)
    assert ancestors(page) == f"frame-ancestors 'self' {' '.join(SITES)}"
    text = page.body.decode()
    assert f'<meta name="embed-sites" content="{" ".join(SITES)}">' in text
    assert "/assets/framed-" in text
    assert 'class="framed"' in text


async def test_a_page_of_its_own_has_none_of_it(call: Any, upstream: Upstream) -> None:
    """Also if the same page was shown in a frame a moment ago."""
    for headers, framed in ((FRAMED, True), (HTML, False), (FRAMED, True)):
        page = await call("GET", "/grace", headers=headers)
        assert (b"/assets/framed-" in page.body, b"embed-sites" in page.body) == (framed, framed)
        assert "Sec-Fetch-Dest" in page.headers["Vary"]


async def test_no_site_shows_bookings_of_a_host_that_is_gone(call: Any, upstream: Upstream) -> None:
    """Its list is not known."""
    page = await call("GET", "/manage/gone", headers=FRAMED)
    assert (page.status, ancestors(page)) == (200, "frame-ancestors 'none'")


async def test_no_site_shows_messages_and_the_demo(call: Any, upstream: Upstream) -> None:
    """The demo shows pages of this origin, and is shown by none."""
    demo = await call("GET", "/embed/demo", headers=FRAMED)
    assert (demo.status, ancestors(demo)) == (200, "frame-ancestors 'none'")
    assert "frame-src 'self'" in demo.headers["Content-Security-Policy"]
    gone = await call("GET", "/gone", headers=FRAMED)
    assert (gone.status, ancestors(gone)) == (404, "frame-ancestors 'none'")
