"""The pages of hosts and their bookings: what is fetched, composed, cached and allowed."""

import asyncio
import base64
import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import orjson
import pytest
from aiohttp import web
from services.gateway.tests.world import PUBLIC_URL
from tools import web as tool

from linktime_common.contracts.usernames import RESERVED_USERNAMES
from linktime_common.event_uids import public_domain
from linktime_common.http.bodies import reply_json
from linktime_common.http.errors import error_reply
from linktime_common.identity import CallerKind
from linktime_gateway.api.routes import HOST_PAGES, OWN_FORWARDS
from linktime_gateway.app import SERVICE
from linktime_gateway.clients.forwards import load_forwards
from linktime_gateway.domain.months import first_months, following
from linktime_gateway.pages.shells import Texts
from linktime_local.testing.services import running
from linktime_local.testing.waiting import eventually

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SCRIPT = "</script><script>alert(1)</script>"
HOST = {"username": "ada", "name": "Ada Host", "timezone": "Europe/Berlin"}
BRAND = {
    "accentColour": "#ff8800",
    "contrastColours": {"light": "#a85a00", "dark": "#ff8800"},
    "logoUrl": "https://meet.example.com/api/public/ada/logo/abc.webp",
    "welcomeText": f"Hello {SCRIPT}",
    "embedSites": [],
}
EVENT_TYPE = {
    "id": "0190a5b2-7c3e-7d4f-8a1b-2c3d4e5f6071",
    "name": f"Intro {SCRIPT}",
    "slug": "intro",
    "description": f"First {SCRIPT}",
    "durationMinutes": 30,
    "location": None,
    "price": None,
    "bookingUrl": "https://meet.example.com/ada/intro",
    "questions": [],
    "host": HOST,
    "brand": BRAND,
}


@pytest.fixture(scope="session", autouse=True)
def _built() -> None:
    tool.build()


class Availability:
    """Answers as availability does; the first slot is in an hour."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.start = (datetime.now(UTC) + timedelta(hours=1)).replace(second=0, microsecond=0)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append(request.path)
        await asyncio.sleep(0)
        names = request.path.lower().removeprefix("/api/public/").split("/")
        if names[0] not in {"ada", "old-ada"}:
            return error_reply(404, "Host not found", code="host_not_found")
        if len(names) == 1:
            return reply_json({**HOST, "brand": BRAND, "eventTypes": []})
        if names[1] != "intro":
            return error_reply(404, "Event type not found", code="event_type_not_found")
        if len(names) == 2:
            return reply_json(EVENT_TYPE)
        starts = [self.start + timedelta(minutes=30 * number) for number in range(3)]
        return reply_json({"data": [{"startTime": one.isoformat()} for one in starts]})


@pytest.fixture
def availability(world: Any) -> Iterator[Availability]:
    stand_in = Availability()
    world["availability"].reply = stand_in.answer
    yield stand_in
    world["availability"].reply = None


def data_of(page: bytes) -> dict[str, Any]:
    found = re.search(rb'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    content: dict[str, Any] = orjson.loads(found[1])
    return content


async def test_a_crowd_causes_one_read(call: Any, availability: Availability) -> None:
    """Of event type and slots; the slots are minutes, each after the one before."""
    pages = await asyncio.gather(*(call("GET", "/ada/intro", headers=HTML) for _ in range(20)))
    assert {page.status for page in pages} == {200}
    path = "/api/public/ada/intro"
    assert availability.asked.count(path) == 1
    assert availability.asked.count(f"{path}/slots") == 1
    data = data_of(pages[0].body)
    first, *steps = data["months"][f"{availability.start:%Y-%m}"]
    assert (first * 60, steps) == (availability.start.timestamp(), [30, 30])
    assert data["eventType"] == EVENT_TYPE
    assert data["uidDomain"] == public_domain(PUBLIC_URL)


async def test_uids_keep_a_former_domain(
    call: Any, availability: Availability, settings: dict[str, Any]
) -> None:
    """For bookings that were made when the public address was another one."""
    async with running(SERVICE, **settings, uid_domain="former.example") as gateway:
        page = await call("GET", "/ada/intro", headers=HTML, url=gateway.url)
    assert data_of(page.body)["uidDomain"] == "former.example"


async def test_a_month_without_time_is_followed_by_the_next(
    call: Any, availability: Availability
) -> None:
    """The list of a month has starts of the next one's first date, since zones differ."""
    after = following(first_months(datetime.now(UTC))[-1])
    availability.start = datetime.combine(after, time(10), UTC)

    async def distances() -> list[int] | None:
        page = await call("GET", "/ada/intro", headers=HTML)
        months: dict[str, list[int]] = data_of(page.body)["months"]
        return months.get(after.isoformat()[:7])

    # The page of the test before is kept for two seconds.
    found = await eventually(distances)
    assert found is not None
    assert found[1:] == [30, 30]


async def test_texts_of_hosts_are_escaped(call: Any, availability: Availability) -> None:
    """In HTML and in the data block."""
    page = await call("GET", "/ada/intro", headers=HTML)
    assert SCRIPT.encode() not in page.body
    assert page.body.count(b"</script>") == 2  # the page's script and the data block
    assert data_of(page.body)["eventType"]["name"] == EVENT_TYPE["name"]


async def test_the_policy_allows_own_files_only(call: Any, availability: Availability) -> None:
    """No inline code, no third party, no frame of another site."""
    page = await call("GET", "/ada/intro", headers=HTML)
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert policy.endswith("; frame-ancestors 'self'")
    style = re.search(r"<style>(.*?)</style>", page.body.decode())
    assert style is not None
    allowed = f"'sha256-{base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()}'"
    sources = re.findall(r"'[^']+'|https?:[^ ;]+", policy)
    assert set(sources) == {"'none'", "'self'", allowed}
    assert page.headers["Cache-Control"] == "no-store"
    assert b"style=" not in page.body


async def test_the_brand_of_the_host(call: Any, availability: Availability) -> None:
    """Its colours for both schemes, its logo from this origin, its welcome as text."""
    page = (await call("GET", "/ada", headers=HTML)).body.decode()
    assert "--accent:light-dark(#a85a00,#ff8800)" in page
    assert '<img class="logo" src="/api/public/ada/logo/abc.webp"' in page
    assert "Hello &lt;/script&gt;" in page


async def test_the_language_is_the_browsers_or_the_chosen(
    call: Any, availability: Availability
) -> None:
    """With its direction."""
    for language, path in (("ar", "/ada/intro"), ("de", "/ada/intro?lang=de")):
        page = await call("GET", path, headers={**HTML, "Accept-Language": "ar-EG, en;q=0.5"})
        direction = "rtl" if language == "ar" else "ltr"
        assert f'<html lang="{language}" dir="{direction}">' in page.body.decode()
        assert data_of(page.body)["language"] == language


@pytest.mark.parametrize(
    ("path", "present"),
    [
        ("/ADA/Intro?name=Zo%C3%AB", "/ada/intro?name=Zo%C3%AB"),
        ("/old-ada/intro", "/ada/intro"),
        ("/Old-Ada", "/ada"),
        ("/ada/", "/ada"),
        ("/ada/intro/?name=Zo%C3%AB", "/ada/intro?name=Zo%C3%AB"),
        ("/manage/abc/", "/manage/abc"),
    ],
)
async def test_other_names_lead_to_the_present_ones(
    call: Any, availability: Availability, path: str, present: str
) -> None:
    """In other letter case, former ones, and with a slash at the end."""
    answer = await call("GET", path, headers=HTML, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (302, present)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/nobody", "host_not_found"),
        ("/ada/other", "event_type_not_found"),
        ("/ada/intro/more", "not_found"),
        ("/a", "not_found"),
        ("/a/", "not_found"),
        ("/docs/intro/", "not_found"),
        ("/assets/none.js", "not_found"),
    ],
)
async def test_what_does_not_exist(
    call: Any, availability: Availability, path: str, code: str
) -> None:
    """A page for browsers, JSON for programs."""
    page = await call("GET", path, headers=HTML)
    assert (page.status, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    answer = await call("GET", path)
    assert (answer.status, answer.json["code"]) == (404, code)


@pytest.mark.parametrize("path", ["/api/nothing", "/dashboard/api/nothing"])
async def test_addresses_of_programs_stay_json(call: Any, path: str) -> None:
    """Also when a browser opens them."""
    answer = await call("GET", path, headers=HTML)
    assert (answer.status, answer.json["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/docs/x", "/metrics", "/internal/users", "/openapi"])
async def test_own_addresses_are_no_hosts(call: Any, availability: Availability, path: str) -> None:
    """No service is asked for them."""
    assert (await call("GET", path)).status == 404
    assert availability.asked == []


async def test_another_method_is_405(call: Any, availability: Availability) -> None:
    answer = await call("POST", "/ada/intro")
    assert (answer.status, set(answer.headers["Allow"].split(","))) == (405, {"GET", "HEAD"})
    assert (await call("HEAD", "/ada/intro", headers=HTML)).status == 200


async def test_a_service_that_is_away_is_a_page(call: Any, world: Any) -> None:
    """503 with when to try again; JSON for programs."""

    async def fail(_request: web.BaseRequest) -> web.StreamResponse:
        return error_reply(503, "away")

    world["availability"].reply = fail
    page = await call("GET", "/ada-away/intro", headers=HTML)
    assert (page.status, "Retry-After" in page.headers) == (503, True)
    assert page.headers["Content-Type"].startswith("text/html")
    assert (await call("GET", "/ada-away/intro")).json["code"] == "unavailable"


async def test_an_altered_link_is_one_part_of_a_path(call: Any, world: Any) -> None:
    """Blanks and question marks that were added to a link reach bookings as such."""

    async def answer(_request: web.BaseRequest) -> web.StreamResponse:
        return error_reply(404, "Booking not found", code="booking_not_found")

    world["bookings"].reply = answer
    for altered in ("a%20b", "a%C2%A0", "a%3Fx", "%252e%252e"):
        assert (await call("GET", f"/manage/{altered}", headers=HTML)).status == 404
        assert world["bookings"].last.raw_path == f"/api/public/bookings/{altered}"


def test_braces_in_a_name_are_no_arguments() -> None:
    texts = Texts({"page.title": "{event} with {host}"})
    assert texts("page.title", event="{host} {x}", host="Ada") == "{host} {x} with Ada"


async def test_a_booking_is_never_kept_or_compressed(call: Any, world: Any) -> None:
    """Its page has confidential data beside texts of another person."""
    booking = {
        "eventType": {"name": "Intro", "slug": "intro"},
        "host": {"name": "Ada", "username": "ada"},
        "notes": SCRIPT,
    }

    async def answer(_request: web.BaseRequest) -> web.StreamResponse:
        return reply_json(booking)

    world["bookings"].reply = answer
    page = await call("GET", "/manage/link-1.abc", headers={**HTML, "Accept-Encoding": "gzip"})
    assert page.headers["Cache-Control"] == "no-store"
    assert "Content-Encoding" not in page.headers
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert data_of(page.body)["booking"] == booking
    assert SCRIPT.encode() not in page.body
    assert world["bookings"].last.identity.caller_kind is CallerKind.PUBLIC


async def test_built_files_are_cached_for_a_year(call: Any, availability: Availability) -> None:
    """Compressed as the client accepts, with brotli first."""
    page = await call("GET", "/ada/intro", headers=HTML)
    addresses = re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.body.decode())
    assert len(addresses) >= 4
    for address in addresses:
        for accepted, coding in (("gzip, br", "br"), ("gzip", "gzip"), ("br;q=0", None)):
            file = await call(
                "HEAD", address, headers={"Accept-Encoding": accepted}, auto_decompress=False
            )
            assert file.headers.get("Content-Encoding") == coding
            assert file.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert file.headers["Vary"] == "Accept-Encoding"


def test_no_username_is_the_first_part_of_another_path() -> None:
    """Of the API, the dashboard, the documents and the pages themselves."""
    pages = [route.path for route in HOST_PAGES if not route.path.startswith("/{")]
    paths = [*pages, *(route.path for route in (*load_forwards(), *OWN_FORWARDS))]
    firsts = {path.split("/")[1] for path in [*paths, "/docs", "/assets/", "/internal/"]}
    assert firsts <= RESERVED_USERNAMES
