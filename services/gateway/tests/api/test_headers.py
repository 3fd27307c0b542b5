"""Security headers and CORS headers."""

import io
from typing import Any

import pytest

from linktime_common.http.bodies import MOST_BYTES
from linktime_gateway.app import SERVICE
from linktime_local.testing.services import running

HARDENED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
CORS = "Access-Control-Allow-Origin"
PAGE = {"Origin": "https://elsewhere.example"}
PREFLIGHT = {
    **PAGE,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "content-type",
}
NOT_HTTP = "The request is not valid HTTP"


def is_hardened(answer: Any) -> bool:
    return HARDENED.items() <= dict(answer.headers).items()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/bookings"),
        ("GET", "/api/public/ada"),
        ("POST", "/api/bookings"),
        ("OPTIONS", "/api/bookings"),
        ("GET", "/nothing"),
        ("GET", "/api/v1/../me%2f"),
        ("DELETE", "/api/v1/me"),
        ("GET", "/dashboard/api/contacts"),
    ],
)
async def test_every_response_has_security_headers(call: Any, method: str, path: str) -> None:
    """For every status; without HSTS over plain HTTP."""
    answer = await call(method, path)
    assert is_hardened(answer)
    assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize(
    ("request_bytes", "status", "sentence", "code"),
    [
        (b"NOT HTTP\r\n\r\n", 400, NOT_HTTP, "malformed_request"),
        (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, NOT_HTTP, "malformed_request"),
        (
            b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
            400,
            NOT_HTTP,
            "malformed_request",
        ),
        (
            b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
            414,
            "The URL is longer than 8,000 bytes",
            "url_too_long",
        ),
        (
            b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: " + b"a" * 20_000 + b"\r\n\r\n",
            431,
            "A header is larger than 8,190 bytes",
            "headers_too_large",
        ),
    ],
)
async def test_invalid_http_gets_the_error_format(
    raw: Any, request_bytes: bytes, status: int, sentence: str, code: str
) -> None:
    """Also for a target or header above the parser's limit, with security headers."""
    answer = await raw(request_bytes)
    assert (answer.status, answer.json) == (status, {"error": sentence, "code": code})
    assert answer.headers["X-Request-Id"].startswith("req_")
    assert "Server" not in answer.headers
    assert is_hardened(answer)


@pytest.mark.parametrize("name", [b"Accept", b"Accept-Language", b"If-Match", b"If-None-Match"])
@pytest.mark.parametrize(("length", "status"), [(4_094, 200), (4_095, 431)])
async def test_joined_lines_of_a_header_have_the_limit_of_one(
    raw: Any, world: Any, name: bytes, length: int, status: int
) -> None:
    """Two lines that are 8,190 bytes together, and two more; the service refuses none."""
    lines = (name + b": " + b"a" * length + b"\r\n") * 2
    answer = await raw(
        b"POST /api/bookings HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n" + lines + b"\r\n{}"
    )
    assert answer.status == status
    assert len(world["bookings"].seen) == (status == 200)
    if status != 200:
        assert answer.json == {
            "error": "A header is larger than 8,190 bytes",
            "code": "headers_too_large",
        }
        assert answer.headers["Connection"] == "close"


async def test_hsts_is_sent_when_the_public_url_is_https(
    call: Any, settings: dict[str, Any]
) -> None:
    """On successful, refused and malformed requests."""
    others = {**settings, "public_url": "https://book.example.com"}
    async with running(SERVICE, **others) as gateway:
        for path in ("/api/public/ada", "/nothing"):
            answer = await call("GET", path, url=gateway.url)
            assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/bookings"),
        ("GET", "/api/public/ada"),
        ("GET", "/api/public/ada/intro/slots"),
    ],
)
async def test_public_routes_allow_all_origins(call: Any, method: str, path: str) -> None:
    """The response and rate limit headers are readable."""
    answer = await call(method, path, headers=PAGE)
    assert answer.headers[CORS] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    exposed = answer.headers["Access-Control-Expose-Headers"]
    assert {"RateLimit-Remaining", "Retry-After", "X-Request-Id"} <= set(exposed.split(", "))
    assert "LinkTime-Ignored-Parameters" in exposed.split(", ")
    assert {"ETag", "Idempotent-Replayed", "Link", "Location"} <= set(exposed.split(", "))
    preflight = await call("OPTIONS", path, headers={**PREFLIGHT})
    assert (preflight.status, preflight.body) == (204, b"")
    assert preflight.headers[CORS] == "*"
    assert method in preflight.headers["Access-Control-Allow-Methods"].split(", ")
    assert "Content-Type" in preflight.headers["Access-Control-Allow-Headers"]
    assert "Idempotency-Key" in preflight.headers["Access-Control-Allow-Headers"]
    assert "If-None-Match" in preflight.headers["Access-Control-Allow-Headers"]
    assert int(preflight.headers["Access-Control-Max-Age"]) > 0


@pytest.mark.parametrize("outcome", ["too large", "unavailable"])
async def test_errors_of_public_routes_allow_all_origins(
    call: Any, world: Any, settings: dict[str, Any], outcome: str
) -> None:
    """In the same way as successful responses."""
    if outcome == "too large":
        body = io.BytesIO(b"x" * (MOST_BYTES + 1))
        answer = await call("POST", "/api/bookings", headers=PAGE, data=body)
    else:
        others = {**settings, "availability_url": "http://127.0.0.1:1"}
        async with running(SERVICE, **others) as gateway:
            answer = await call("GET", "/api/public/ada", headers=PAGE, url=gateway.url)
    assert answer.status in (413, 503)
    assert answer.headers[CORS] == "*"


@pytest.mark.parametrize(
    "path", ["/api/v1/bookings", "/api/v1/me", "/dashboard/api/contacts", "/api/ingest/calls"]
)
async def test_other_routes_allow_no_origin(call: Any, key: str, path: str) -> None:
    """Neither routes with a key nor with a session."""
    preflight = await call("OPTIONS", path, headers=PREFLIGHT)
    assert preflight.status == 405
    answer = await call("GET", path, key, headers=PAGE)
    for one in (preflight, answer):
        assert not [name for name in one.headers if name.startswith("Access-Control")]
