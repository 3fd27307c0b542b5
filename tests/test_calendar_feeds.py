"""The feed of a host's bookings, through the whole of LinkTime, as a calendar program reads it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from ipaddress import ip_network
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import hdrs

from linktime_availability.calendars.expansion import BusyRules, expand
from linktime_availability.calendars.ics import IcsFeed
from linktime_common.egress.client import GuardedClient
from linktime_common.egress.resolver import Resolver
from linktime_common.egress.way_out import WayOut
from linktime_local.testing.waiting import eventually
from linktime_operator.operations import calendars
from linktime_operator.stack.stack import Stack
from tests.browsers import Browser, sign_up
from tests.hosts import Host, rows


@pytest.fixture
async def guarded() -> AsyncIterator[GuardedClient]:
    """A client that may reach this machine."""
    async with (
        Resolver((ip_network("127.0.0.0/8"), ip_network("::1/128"))) as resolver,
        GuardedClient(WayOut(resolver), allow_http=True) as client,
    ):
        yield client


@pytest.fixture
async def hosts(stack: Stack, http: aiohttp.ClientSession) -> tuple[Host, Browser]:
    return await sign_up(stack, http)


async def subscribed(browser: Browser) -> str:
    """Make an address, and return it at the stack's gateway."""
    made = await browser.call("POST", "/dashboard/api/calendar-feed")
    assert made.status == 201, made
    return browser.stack.file.gateway + urlsplit(made.body["url"]).path


async def test_our_own_adapter_reads_the_feed(
    hosts: tuple[Host, Browser], guarded: GuardedClient
) -> None:
    """A new booking is a change, no change is none; the time is busy in another installation."""
    host, browser = hosts
    feed = IcsFeed(guarded, await subscribed(browser))

    async def nothing() -> dict[str, str]:
        return {}

    first = await feed.sync("feed", None, nothing)
    slot = (await host.slots())[0]
    assert (await host.book(slot)).status == 201
    second = await feed.sync("feed", first.state, nothing)
    (changed,) = second.changed
    start = datetime.fromisoformat(slot).timestamp()
    now = int(datetime.now(UTC).timestamp())
    rules = BusyRules(zone="UTC", own_address=None)
    (expanded,) = await expand([changed.data], rules, now, now + 10 * 86_400)
    (booking,) = expanded.bookings
    assert booking.intervals == ((start, start + 1_800),)
    assert expanded.intervals == ()
    assert expanded.refused == ()
    assert (await feed.sync("feed", second.state, nothing)).changed == ()


async def test_the_gateway_passes_the_feed_on(
    hosts: tuple[Host, Browser], stack: Stack, http: aiohttp.ClientSession
) -> None:
    """GET, HEAD and 304 with the limit of public reads; the token is in no log."""
    _host, browser = hosts
    url = await subscribed(browser)
    async with http.get(url) as reply:
        assert (reply.status, await reply.read() != b"") == (200, True)
        tag = reply.headers[hdrs.ETAG]
        assert reply.headers[hdrs.CACHE_CONTROL] == "private, max-age=300"
        assert reply.headers[hdrs.CONTENT_TYPE] == "text/calendar; charset=utf-8"
        assert "RateLimit-Limit" in reply.headers
    for method, known, status in (("HEAD", "x", 200), ("GET", tag, 304), ("HEAD", tag, 304)):
        async with http.request(method, url, headers={hdrs.IF_NONE_MATCH: known}) as reply:
            assert (reply.status, await reply.read()) == (status, b"")
            assert reply.headers[hdrs.ETAG] == tag
    async with http.get(url.replace(".ics", "x.ics")) as reply:
        assert (reply.status, await reply.json()) == (
            404,
            {"error": "Calendar feed not found", "code": "calendar_feed_not_found"},
        )
    token = url.rpartition("/")[2].removesuffix(".ics")
    route = b"/api/public/feeds/{token}.ics"
    logs = [log.read_bytes() for log in stack.state.rglob("*.log*")]
    assert any(route in log for log in logs)
    assert not any(token.encode() in log for log in logs)
    gateway = stack.file.services["gateway"].internal_url
    async with http.get(f"{gateway}/metrics") as reply:
        metrics = await reply.text()
    assert route.decode() in metrics
    assert token not in metrics


async def test_the_operator_makes_and_revokes_it(
    hosts: tuple[Host, Browser], stack: Stack, http: aiohttp.ClientSession
) -> None:
    host, browser = hosts
    before = await subscribed(browser)
    made = await calendars.create_feed(stack.clients, host.email)
    assert made.url is not None
    after = stack.file.gateway + urlsplit(made.url).path
    statuses = []
    for url in (before, after):
        async with http.get(url) as reply:
            statuses.append(reply.status)
    assert statuses == [404, 200]
    await calendars.revoke_feed(stack.clients, host.email)
    async with http.get(after) as reply:
        assert reply.status == 404


async def test_the_hosts_language_reaches_a_booking(hosts: tuple[Host, Browser]) -> None:
    """From the dashboard over the directory and availability."""
    host, browser = hosts
    changed = await browser.call("PATCH", "/dashboard/api/me", {"locale": "de-AT"})
    assert (changed.status, changed.body["locale"]) == (200, "de-AT")
    known = "SELECT locale FROM hosts WHERE id = $1"

    async def arrived() -> bool:
        return await rows(host.stack, "availability", known, host.id) == [("de-AT",)]

    await eventually(arrived, within=30, every=0.1)
    assert (await host.book((await host.slots())[0])).status == 201
    booked = "SELECT host_locale FROM bookings WHERE host_id = $1"
    assert await rows(host.stack, "bookings", booked, host.id) == [("de-AT",)]
