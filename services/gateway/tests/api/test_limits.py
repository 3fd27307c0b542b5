"""The default limits, from several addresses."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from tools import web as web_pages

from linktime_gateway.app import SERVICE
from linktime_local.testing.services import Running, running

ADDRESSES = (f"127.{a}.{b}.7" for a, b in itertools.product(range(1, 255), range(1, 255)))
LIST, BOOK, PAGE = "/api/v1/bookings", "/api/bookings", "/api/public/ada"
SCIM = "/api/scim/v2/Users"
Send = Callable[..., Awaitable[Any]]


def without_raised_limits(settings: dict[str, Any], **others: Any) -> dict[str, Any]:
    kept = {name: value for name, value in settings.items() if not name.startswith("limit_")}
    return {**kept, **others}


@pytest.fixture(scope="module")
async def _limited(_shared: tuple[Running, dict[str, Any]]) -> AsyncIterator[Running]:
    async with running(SERVICE, **without_raised_limits(_shared[1])) as gateway:
        yield gateway


@pytest.fixture
def limited(_limited: Running, world: Any) -> Running:
    """A gateway with the default limits; tests call it from separate addresses."""
    return _limited


@pytest.fixture
async def visitor(call: Any, limited: Running) -> AsyncIterator[Callable[[], Send]]:
    """Creates callers of `limited` (or another `url`), each at a new address."""
    async with contextlib.AsyncExitStack() as stack:

        def make() -> Send:
            session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(local_addr=(next(ADDRESSES), 0))
            )
            stack.push_async_callback(session.close)

            async def send(
                method: str,
                path: str,
                key: str | None = None,
                *,
                url: str = limited.url,
                **more: Any,
            ) -> Any:
                return await call(method, path, key, url=url, session=session, **more)

            return send

        yield make


def is_limited(answer: Any, limit: int) -> bool:
    headers = answer.headers
    return (
        answer.status == 429
        and set(answer.json) == {"error", "code"}
        and headers["RateLimit-Limit"] == str(limit)
        and headers["RateLimit-Remaining"] == "0"
        and headers["RateLimit-Reset"] == headers["Retry-After"]
        and 1 <= int(headers["Retry-After"]) <= 60
    )


async def test_the_61st_request_of_a_key_is_429(visitor: Any, world: Any, operator: Any) -> None:
    """From any address; another key at the same address is not affected."""
    keys = [(await operator.make_key(world.directory.add()))["key"] for _ in range(2)]
    here, there = visitor(), visitor()
    for number in range(1, 61):
        answer = await (here if number % 2 else there)("GET", LIST, keys[0])
        assert answer.status == 200
        assert answer.headers["RateLimit-Limit"] == "60"
        assert answer.headers["RateLimit-Remaining"] == str(60 - number)
        assert 1 <= int(answer.headers["RateLimit-Reset"]) <= 60
        assert "Retry-After" not in answer.headers
    assert is_limited(await here("GET", LIST, keys[0]), 60)
    assert is_limited(await there("POST", LIST, keys[0], data=b"{}"), 60)
    assert len(world["bookings"].seen) == 60
    assert (await here("GET", LIST, keys[1])).status == 200


async def test_requests_refused_by_a_service_count(visitor: Any, world: Any, key: str) -> None:
    """Only unknown routes are not counted."""

    async def refuse(_request: web.BaseRequest) -> web.Response:
        return web.json_response(
            {"error": "Booking not found", "code": "booking_not_found"}, status=404
        )

    world["bookings"].reply = refuse
    here = visitor()
    answers = [await here("GET", f"{LIST}/1", key) for _ in range(2)]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["59", "58"]
    assert "RateLimit-Limit" not in (await here("GET", "/api/v1/nothing", key)).headers


@pytest.mark.parametrize("bad", [None, "lt_live_short", "lt_live_" + "x" * 43])
async def test_the_sixth_failed_check_from_an_address_is_429(
    visitor: Any, key: str, bad: str | None
) -> None:
    """Missing, malformed or unknown; then a valid key is refused as well."""
    noisy, quiet = visitor(), visitor()
    for number in range(1, 6):
        answer = await noisy("GET", LIST, bad)
        assert answer.status == 401
        assert answer.headers["RateLimit-Limit"] == "5"
        assert answer.headers["RateLimit-Remaining"] == str(5 - number)
    assert is_limited(await noisy("GET", LIST, bad), 5)
    assert is_limited(await noisy("GET", LIST, key), 5)
    for _ in range(10):
        assert (await quiet("GET", LIST, key)).status == 200


async def test_valid_keys_do_not_use_up_failed_checks(visitor: Any, key: str) -> None:
    """Many requests with a valid key leave all five failures to their address."""
    here = visitor()
    for _ in range(20):
        assert (await here("GET", LIST, key)).status == 200
    assert (await here("GET", LIST)).headers["RateLimit-Remaining"] == "4"


async def test_concurrent_failed_checks_respect_the_limit(visitor: Any) -> None:
    """Five of many get 401."""
    here = visitor()
    answers = await asyncio.gather(*(here("GET", LIST, "lt_live_" + "y" * 43) for _ in range(30)))
    assert sorted(answer.status for answer in answers) == [401] * 5 + [429] * 25


async def test_the_eleventh_public_booking_from_an_address_is_429(visitor: Any, world: Any) -> None:
    """Other addresses may book, and this one may still read."""
    here, there = visitor(), visitor()
    for number in range(1, 11):
        answer = await here("POST", BOOK, data=b"{}")
        assert answer.status == 200
        assert answer.headers["RateLimit-Remaining"] == str(10 - number)
    assert is_limited(await here("POST", BOOK, data=b"{}"), 10)
    assert len(world["bookings"].seen) == 10
    assert (await there("POST", BOOK, data=b"{}")).status == 200
    assert (await here("GET", PAGE)).status == 200


async def test_the_121st_public_read_from_an_address_is_429(visitor: Any, world: Any) -> None:
    """Also for concurrent requests; other addresses may read."""
    here = visitor()
    answers = [await here("GET", PAGE) for _ in range(105)]
    answers += await asyncio.gather(*(here("GET", PAGE) for _ in range(25)))
    refused = [answer for answer in answers if answer.status != 200]
    assert len(refused) == 10
    assert all(is_limited(answer, 120) for answer in refused)
    assert len(world["availability"].seen) == 120
    assert (await visitor()("GET", PAGE)).status == 200


async def test_the_11th_request_of_a_password_from_an_address_is_429(visitor: Any) -> None:
    """For whichever e-mail; they count as public bookings do, and another address may request."""
    here = visitor()

    async def reset(send: Send, number: int) -> Any:
        body = {"email": f"reset-{number}@example.com"}
        return await send("POST", "/dashboard/api/password/reset", json=body)

    answers = [await reset(here, number) for number in range(11)]
    assert [answer.status for answer in answers] == [202] * 10 + [429]
    assert is_limited(answers[-1], 10)
    assert is_limited(await here("POST", BOOK, data=b"{}"), 10)
    assert (await reset(visitor(), 0)).status == 202


async def test_retry_after_is_sufficient(visitor: Any, settings: dict[str, Any]) -> None:
    """The next request after it is admitted."""
    others = without_raised_limits(settings, limit_public_bookings="1/second")
    here = visitor()
    async with running(SERVICE, **others) as gateway:
        answers = [await here("POST", BOOK, data=b"{}", url=gateway.url) for _ in range(2)]
        while answers[-1].status != 429:
            answers.append(await here("POST", BOOK, data=b"{}", url=gateway.url))
        assert answers[-1].headers["Retry-After"] == "1"
        await asyncio.sleep(1)
        assert (await here("POST", BOOK, data=b"{}", url=gateway.url)).status == 200


async def test_the_page_about_a_limit_names_the_seconds(
    visitor: Any, settings: dict[str, Any]
) -> None:
    """As `Retry-After` does."""
    web_pages.build()
    others = without_raised_limits(settings, limit_public_reads="1/minute")
    here, browser = visitor(), {"Accept": "text/html"}
    async with running(SERVICE, **others) as gateway:
        for _ in range(2):
            page = await here("GET", "/ada", url=gateway.url, headers=browser)
    assert page.status == 429
    assert f"{page.headers['Retry-After']} seconds" in page.body.decode()


async def test_forwarded_for_counts_only_from_trusted_proxies(
    visitor: Any, settings: dict[str, Any]
) -> None:
    """By default it is ignored; behind a proxy it distinguishes clients."""
    here = visitor()

    async def fail(client: str, **where: Any) -> int:
        headers = {"X-Forwarded-For": client}
        return int((await here("GET", LIST, headers=headers, **where)).status)

    assert [await fail(f"192.0.2.{n}") for n in range(6)] == [401] * 5 + [429]
    others = without_raised_limits(settings, trusted_proxies=["127.0.0.0/8"])
    async with running(SERVICE, **others) as behind:
        spoofed = [await fail(f"198.51.100.{n}, 192.0.2.1", url=behind.url) for n in range(6)]
        assert spoofed == [401] * 5 + [429]
        assert await fail("192.0.2.2", url=behind.url) == 401


async def test_ipv6_addresses_of_one_64_share_a_limit(
    visitor: Any, settings: dict[str, Any]
) -> None:
    """The next /64 is another client."""
    here = visitor()
    others = without_raised_limits(settings, trusted_proxies=["127.0.0.0/8"])
    async with running(SERVICE, **others) as behind:

        async def book(client: str) -> int:
            headers = {"X-Forwarded-For": client}
            return int(
                (await here("POST", BOOK, data=b"{}", headers=headers, url=behind.url)).status
            )

        assert [await book(f"2001:db8:1:2::{n}") for n in range(11)] == [200] * 10 + [429]
        assert await book("2001:db8:1:2:ffff::1") == 429
        assert await book("2001:db8:1:3::1") == 200


async def test_a_session_has_a_limit(sign_up: Any, settings: dict[str, Any], world: Any) -> None:
    """Routes of the services and of the gateway count together, per session."""
    browser = await sign_up()
    other = browser.another()
    for one in (browser, other):
        assert (await one.sign_in()).status == 200
    others = without_raised_limits(settings, limit_session="3/minute")
    async with running(SERVICE, **others) as gateway:
        for number, path in enumerate(("/contacts", "/session", "/api-keys"), 1):
            answer = await browser.call("GET", path, url=gateway.url)
            assert answer.status == 200
            assert answer.headers["RateLimit-Limit"] == "3"
            assert answer.headers["RateLimit-Remaining"] == str(3 - number)
        for method, path in (("GET", "/contacts"), ("POST", "/api-keys"), ("DELETE", "/session")):
            assert is_limited(await browser.call(method, path, url=gateway.url), 3)
        assert (await other.call("GET", "/contacts", url=gateway.url)).status == 200
    assert len(world["contacts"].seen) == 2


async def test_by_default_a_session_has_300_requests_a_minute(
    sign_up: Any, limited: Running
) -> None:
    """Enough for any page."""
    browser = await sign_up()
    await browser.sign_in()
    answer = await browser.call("GET", "/contacts", url=limited.url)
    assert answer.headers["RateLimit-Limit"] == "300"


async def test_a_scim_token_has_a_limit(
    visitor: Any, scim_token: Any, settings: dict[str, Any]
) -> None:
    """From any address; other tokens of the organization are not affected."""
    first, second = await scim_token(), await scim_token()
    here, there = visitor(), visitor()
    others = without_raised_limits(settings, limit_scim="3/minute")
    async with running(SERVICE, **others) as gateway:
        for number, send in enumerate((here, there, here), 1):
            answer = await send("GET", SCIM, first, url=gateway.url)
            assert answer.status == 200
            assert answer.headers["RateLimit-Remaining"] == str(3 - number)
        refused = await there("GET", SCIM, first, url=gateway.url)
        assert (refused.status, refused.json["status"]) == (429, "429")
        assert refused.headers["Content-Type"] == "application/scim+json"
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert (await here("GET", SCIM, second, url=gateway.url)).status == 200


async def test_failed_checks_of_keys_and_tokens_count_together(
    visitor: Any, scim_token: Any, key: str
) -> None:
    """Per address."""
    here, token = visitor(), await scim_token()
    answers = [await here("GET", SCIM, "lt_scim_" + "x" * 43) for _ in range(3)]
    answers += [await here("GET", LIST) for _ in range(2)]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == list("43210")
    assert (await here("GET", SCIM, token)).status == 429
    assert (await here("GET", LIST, key)).status == 429
    assert (await visitor()("GET", SCIM, token)).headers["RateLimit-Limit"] == "6000"
