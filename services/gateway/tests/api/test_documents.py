"""The API documents that the gateway serves."""

from typing import Any

import pytest

PATHS = {
    "/openapi.json": "application/json",
    "/openapi-dashboard.json": "application/json",
    "/asyncapi.json": "application/json",
    "/docs": "text/html",
    "/docs/dashboard": "text/html",
    "/docs/reference.css": "text/css",
}


@pytest.mark.parametrize("path", PATHS)
async def test_a_document_is_public(call: Any, world: Any, path: str) -> None:
    """Without a key and without a service, and cacheable."""
    answer = await call("GET", path, None)
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith(PATHS[path])
    assert "max-age" in answer.headers["Cache-Control"]
    assert answer.headers["X-Request-Id"]
    assert len(answer.body) > 500
    assert not any(stand_in.seen for stand_in in world.services.values())


@pytest.mark.parametrize("sent", ["{tag}", "{strong}", '"other", {tag}', "*"])
async def test_a_matching_etag_is_304(call: Any, sent: str) -> None:
    """In all formats of If-None-Match that browsers and caches use; caching is that of the 200."""
    whole = (await call("GET", "/openapi.json", None)).headers
    tag = whole["ETag"]
    headers = {"If-None-Match": sent.format(tag=tag, strong=tag.removeprefix("W/"))}
    answer = await call("GET", "/openapi.json", None, headers=headers)
    assert (answer.status, answer.body, answer.headers["ETag"]) == (304, b"", tag)
    for name in ("Cache-Control", "Vary"):
        assert answer.headers[name] == whole[name]


@pytest.mark.parametrize("path", PATHS)
async def test_a_304_has_the_policy_of_the_200(call: Any, path: str) -> None:
    """Browsers take it over (RFC 9111 3.2): a page had no style after a reload."""
    whole = (await call("GET", path, None)).headers
    unchanged = await call("GET", path, None, headers={"If-None-Match": whole["ETag"]})
    assert unchanged.status == 304
    assert unchanged.headers["Content-Security-Policy"] == whole["Content-Security-Policy"]


@pytest.mark.parametrize("path", PATHS)
async def test_a_document_is_compressed_for_who_accepts_it(call: Any, path: str) -> None:
    """The same document in a fraction of the bytes, with the same weak tag."""
    plain = await call("GET", path, None, headers={"Accept-Encoding": "identity"})
    packed = await call("GET", path, None, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.body == plain.body  # the client unpacks it
    assert int(packed.headers["Content-Length"]) < len(plain.body) / 2
    for answer in (plain, packed):
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert answer.headers["ETag"] == plain.headers["ETag"]


async def test_another_etag_is_200(call: Any) -> None:
    """With the whole document."""
    answer = await call("GET", "/openapi.json", None, headers={"If-None-Match": '"older"'})
    assert answer.status == 200


@pytest.mark.parametrize("path", ["/docs?x=1", "/docs/dashboard"])
async def test_the_policy_of_the_reference(call: Any, path: str) -> None:
    """Scripts and requests of this origin only; nothing is evaluated, nothing is sent by forms."""
    answer = await call("GET", path, None)
    assert answer.headers["Content-Security-Policy"].split("; ") == [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/openapi.json", "/docs/reference.css"])
async def test_the_policy_of_a_document(call: Any, path: str) -> None:
    """Opened by itself, it loads nothing."""
    answer = await call("GET", path, None)
    policy = answer.headers["Content-Security-Policy"]
    assert policy == "default-src 'none'; frame-ancestors 'none'"


async def test_head_of_a_document(call: Any) -> None:
    """The same headers without the body."""
    answer = await call("HEAD", "/docs", None)
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 500


async def test_a_document_cannot_be_written(call: Any) -> None:
    """405 with the allowed methods."""
    answer = await call("POST", "/openapi.json", None)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET,HEAD")
    assert answer.json == {"error": "Method not allowed", "code": "method_not_allowed"}


BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize("path", ["/", "/?from=mail"])
async def test_the_address_leads_a_browser_to_the_reference(call: Any, path: str) -> None:
    """302; caches keep it apart from the answer to programs."""
    answer = await call("GET", path, None, headers=BROWSER, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (302, "/docs")
    assert "Accept" in answer.headers["Vary"]


@pytest.mark.parametrize("accept", ["application/json", "*/*"])
async def test_the_address_is_nothing_to_programs(call: Any, accept: str) -> None:
    """404 as JSON, and so is a POST of a browser."""
    answer = await call("GET", "/", None, headers={"Accept": accept})
    assert (answer.status, answer.json["error"]) == (404, "Not found")
    assert (await call("POST", "/", None, headers=BROWSER)).status == 404
