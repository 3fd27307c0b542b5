"""Responses of the public port to raw request targets."""

from typing import Any

import pytest


def get(target: str, key: str, method: str = "GET", version: str = "1.1") -> bytes:
    return (
        f"{method} {target} HTTP/{version}\r\nHost: book.example\r\n"
        f"Authorization: Bearer {key}\r\n\r\n"
    ).encode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    "target",
    [
        "/api/v1/%2e%2e/internal",
        "/api/v1/../internal/users",
        "/api/v1/./me",
        "//internal",
        "/api//v1/me",
        "/api/v1/..%2finternal",
        "/api/v1/bookings%2F123",
        "/api/v1/%5c",
        "/api/v1\\me",
        "/api/v1/me%00",
        "/api/v1/%c0%ae%c0%ae/internal",
        "/api/v1/%ff",
        "/api/v1/%zz",
        "/api/v1/me%0d%0aX-Injected:%201",
    ],
)
async def test_an_ambiguous_path_is_400(raw: Any, key: str, world: Any, target: str) -> None:
    """In the error format, with a request id; the service receives nothing."""
    answer = await raw(get(target, key))
    assert answer.status == 400
    assert answer.json == {"error": "The path is not allowed", "code": "invalid_path"}
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["X-Request-Id"]
    assert not any(service.seen for service in world.services.values())


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/internal/users",
        "/internal",
        "/metrics",
        "/readyz",
        "/api/v1/%252e%252e/internal",
        "/api/v1/..%252finternal",
        "/api/v1/me/",
        "/api/v2/me",
        "/api/v1/bookings/x/y",
        "http://book.example/internal/users",
    ],
)
async def test_an_unknown_path_is_404(raw: Any, key: str, target: str) -> None:
    """Internal paths are not reachable, in any encoding."""
    answer = await raw(get(target, key))
    assert (answer.status, answer.json) == (404, {"error": "Not found", "code": "not_found"})


@pytest.mark.parametrize(
    ("method_and_target", "allowed"),
    [
        (("DELETE", "/api/v1/bookings"), {"GET", "HEAD", "POST"}),
        (("GET", "/api/v1/bookings/x/cancel"), {"POST"}),
        (("POST", "/api/v1/me"), {"GET", "HEAD"}),
        (("GET", "/api/bookings"), {"POST"}),
        (("OPTIONS", "/api/v1/contacts/x"), {"GET", "HEAD", "PATCH", "PUT", "DELETE"}),
        (("TRACE", "/api/v1/me"), {"GET", "HEAD"}),
        (("PROPFIND", "/api/v1/me"), {"GET", "HEAD"}),
    ],
)
async def test_another_method_is_405_and_says_which_are_allowed(
    raw: Any, key: str, world: Any, method_and_target: tuple[str, str], allowed: set[str]
) -> None:
    """The response has Allow."""
    method, target = method_and_target
    answer = await raw(get(target, key, method))
    assert (answer.status, answer.json) == (
        405,
        {"error": "Method not allowed", "code": "method_not_allowed"},
    )
    assert set(answer.headers["Allow"].replace(" ", "").split(",")) == allowed
    assert not any(service.seen for service in world.services.values())


@pytest.mark.parametrize(
    ("target", "sent"),
    [
        (
            "/api/v1/bookings?from=2026-03-01&x=%2F..%00",
            "/api/v1/bookings?from=2026-03-01&x=%2F..%00",
        ),
        ("/api/v1/%62ookings/a%20b", "/api/v1/%62ookings/a%20b"),
        ("/api/v1/bookings/%252e%252e", "/api/v1/bookings/%252e%252e"),
        ("/api/v1/bookings?a=+%2B&a=b//../c\\d", "/api/v1/bookings?a=+%2B&a=b//../c\\d"),
        ("http://book.example/api/v1/bookings?x", "/api/v1/bookings?x"),
    ],
)
async def test_path_and_query_are_forwarded_unchanged(
    raw: Any, key: str, world: Any, target: str, sent: str
) -> None:
    """Only matching decodes them."""
    answer = await raw(get(target, key))
    assert answer.status == 200
    assert world["bookings"].last.raw_path == sent


BOTH_LENGTHS = (
    b"POST /api/bookings HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET me HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET /api/v1/me HTTP/1.1\r\nHost: a\r\nX-A: a\x00b\r\n\r\n",
        b"GET /api/v1/me HTTP/1.1\r\nHost: a\r\nX A: b\r\n\r\n",
        b"GET /api/v1/contacts?search=M\xc3\xbcller HTTP/1.1\r\nHost: a\r\n\r\n",
        BOTH_LENGTHS,
        b"POST /api/bookings HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/bookings HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"FOO /api/scim/v2/Users HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
    ids=[
        "no slash",
        "TLS",
        "NUL",
        "space",
        "not ASCII",
        "both",
        "negative",
        "two",
        "unregistered method under SCIM",
    ],
)
async def test_invalid_http_gets_an_error(raw: Any, world: Any, request_bytes: bytes) -> None:
    """Never HTML or the parser's message, and the bytes are not parsed again."""
    answer = await raw(request_bytes)
    assert answer.status == 400
    assert answer.json == {"error": "The request is not valid HTTP", "code": "malformed_request"}
    assert answer.headers["X-Request-Id"]
    assert "Server" not in answer.headers
    assert not any(service.seen for service in world.services.values())
