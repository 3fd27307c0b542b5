"""Forwarded responses of services."""

import gzip
from typing import Any

import pytest
from aiohttp import web


async def test_status_body_and_allowed_headers_are_forwarded(
    call: Any, world: Any, key: str
) -> None:
    """Headers that name the software are not forwarded."""

    async def reply(_request: web.BaseRequest) -> web.Response:
        return web.Response(
            status=201,
            body=b'{"bookingId":"1"}',
            headers={
                "Content-Type": "application/json",
                "Location": "/api/v1/bookings/1",
                "ETag": '"7"',
                "LinkTime-Ignored-Parameters": "stauts",
                "Idempotent-Replayed": "true",
                "Link": '</api/v1/contacts/export?cursor=AAAA>; rel="next"',
                "Retry-After": "9",
                "Server": "secret/1.0",
                "X-Internal": "1",
                "X-Request-Id": "another",
                "Set-Cookie": "a=b",
            },
        )

    world["bookings"].reply = reply
    answer = await call("POST", "/api/v1/bookings", key, headers={"X-Request-Id": "mine"})
    assert (answer.status, answer.body) == (201, b'{"bookingId":"1"}')
    assert answer.headers["Location"] == "/api/v1/bookings/1"
    assert answer.headers["ETag"] == '"7"'
    assert answer.headers["LinkTime-Ignored-Parameters"] == "stauts"
    assert answer.headers["Idempotent-Replayed"] == "true"
    assert answer.headers["Link"] == '</api/v1/contacts/export?cursor=AAAA>; rel="next"'
    assert answer.headers["Retry-After"] == "9"
    assert answer.headers["X-Request-Id"] == "mine"
    assert not {"Server", "X-Internal", "Set-Cookie"} & set(answer.headers)


async def test_a_compressed_answer_is_passed_on_as_it_is(call: Any, world: Any, key: str) -> None:
    """The service sees what the client accepts, and says how it packed the answer."""
    packed = gzip.compress(b'{"data":[]}')

    async def reply(request: web.BaseRequest) -> web.Response:
        assert request.headers["Accept-Encoding"] == "gzip"
        headers = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return web.Response(body=packed, content_type="application/json", headers=headers)

    world["availability"].reply = reply
    answer = await call("GET", "/api/v1/event-types", key, headers={"Accept-Encoding": "gzip"})
    assert answer.json == {"data": []}
    assert int(answer.headers["Content-Length"]) == len(packed)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Vary"] == "Accept-Encoding"


async def test_a_redirect_is_forwarded_and_not_followed(call: Any, world: Any, key: str) -> None:
    """The client decides whether to follow it."""

    async def reply(_request: web.BaseRequest) -> web.Response:
        return web.Response(status=302, headers={"Location": "/api/v1/contacts"})

    world["bookings"].reply = reply
    answer = await call("GET", "/api/v1/bookings", key, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (302, "/api/v1/contacts")
    assert len(world["bookings"].seen) == 1
    assert world["contacts"].seen == []


@pytest.mark.parametrize("status", [400, 404, 405, 409, 422, 429, 500, 503])
async def test_an_error_of_a_service_is_forwarded(
    call: Any, world: Any, key: str, status: int
) -> None:
    """With its message, Allow and Retry-After."""

    async def reply(_request: web.BaseRequest) -> web.Response:
        return web.json_response(
            {"error": "Booking not found", "code": "booking_not_found"},
            status=status,
            headers={"Allow": "GET", "Retry-After": "2"},
        )

    world["bookings"].reply = reply
    answer = await call("GET", "/api/v1/bookings/1", key)
    assert (answer.status, answer.json) == (
        status,
        {"error": "Booking not found", "code": "booking_not_found"},
    )
    assert (answer.headers["Allow"], answer.headers["Retry-After"]) == ("GET", "2")


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        ((500, "text/html", b"<h1>Traceback</h1> secret"), 500),
        ((502, "text/html", b"<h1>nginx</h1> secret"), 503),
        ((504, "text/plain", b"secret"), 503),
        ((500, "application/json", b"secret, not JSON"), 500),
        ((500, "application/json", b'["secret"]'), 500),
        ((404, "text/plain", b"404: secret"), 404),
    ],
)
async def test_an_error_in_another_format_is_replaced(
    call: Any, world: Any, key: str, sent: tuple[int, str, bytes], answered: int
) -> None:
    """Crash pages and proxy pages are not exposed."""
    status, content_type, body = sent

    async def reply(_request: web.BaseRequest) -> web.Response:
        return web.Response(status=status, body=body, headers={"Content-Type": content_type})

    world["bookings"].reply = reply
    answer = await call("GET", "/api/v1/bookings/1", key)
    assert answer.status == answered
    assert set(answer.json) == {"error", "code"}
    assert b"secret" not in answer.body
    assert ("Retry-After" in answer.headers) == (answered == 503)


async def test_head_is_answered_like_get_without_the_body(
    raw: Any, call: Any, world: Any, key: str
) -> None:
    """The same status and length; the service receives a GET."""
    got = await call("GET", "/api/v1/bookings", key)
    head = await call("HEAD", "/api/v1/bookings", key)
    assert head.status == 200
    assert head.body == b""
    assert head.headers["Content-Length"] == str(len(got.body)) == got.headers["Content-Length"]
    assert head.headers["Content-Type"] == got.headers["Content-Type"]
    assert world["bookings"].last.method == "GET"
    refused = await call("HEAD", "/api/v1/bookings")
    assert (refused.status, refused.body) == (401, b"")


async def test_a_large_response_is_forwarded_completely(call: Any, world: Any, key: str) -> None:
    """With and without a declared length."""
    large = b'"' + b"x" * 3_000_000 + b'"'

    async def whole(_request: web.BaseRequest) -> web.Response:
        return web.Response(body=large, content_type="application/json")

    async def in_pieces(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        await response.write(large)
        return response

    for reply in (whole, in_pieces):
        world["bookings"].reply = reply
        answer = await call("GET", "/api/v1/bookings", key)
        assert answer.body == large


async def test_ignored_parameters_of_the_gateways_own_routes_are_named(browser: Any) -> None:
    """Also in a refusal; known ones are not named."""
    header = "LinkTime-Ignored-Parameters"
    answer = await browser.call("GET", "/api-keys?stauts=x&page=1&aktive=1")
    assert (answer.status, answer.headers[header]) == (200, "aktive, stauts")
    answer = await browser.call("GET", "/api-keys?stauts=x&page=0")
    assert (answer.status, answer.headers[header]) == (400, "stauts")
    assert header not in (await browser.call("GET", "/api-keys?page=1&limit=2")).headers
