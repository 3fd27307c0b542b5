"""The description of the API, as the gateway serves it."""

from typing import Any

import pytest

PATHS = {
    "/openapi.json": "application/json",
    "/asyncapi.json": "application/json",
    "/docs": "text/html",
    "/docs/reference.css": "text/css",
}


@pytest.mark.parametrize("path", PATHS)
async def test_a_document_is_served_to_anybody(call: Any, world: Any, path: str) -> None:
    """Without a key and without a service, and it may be kept."""
    answer = await call("GET", path, None)
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith(PATHS[path])
    assert "max-age" in answer.headers["Cache-Control"]
    assert answer.headers["X-Request-Id"]
    assert len(answer.body) > 500
    assert not any(stand_in.seen for stand_in in world.services.values())


@pytest.mark.parametrize("sent", ["{tag}", "W/{tag}", '"other", {tag}', "*"])
async def test_who_has_a_document_is_not_sent_it_again(call: Any, sent: str) -> None:
    """By its tag, as browsers and caches between may write it."""
    tag = (await call("GET", "/openapi.json", None)).headers["ETag"]
    headers = {"If-None-Match": sent.format(tag=tag)}
    answer = await call("GET", "/openapi.json", None, headers=headers)
    assert (answer.status, answer.body, answer.headers["ETag"]) == (304, b"", tag)


async def test_an_older_document_is_sent_anew(call: Any) -> None:
    """Another tag is no reason to send nothing."""
    answer = await call("GET", "/openapi.json", None, headers={"If-None-Match": '"older"'})
    assert answer.status == 200


async def test_the_page_may_load_its_own_style_and_nothing_else(call: Any) -> None:
    """No script would run, even if one got in."""
    answer = await call("GET", "/docs?x=1", None)
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "style-src 'self'"} <= set(policy)
    assert not any(rule.startswith("script-src") for rule in policy)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_only_the_head_can_be_asked_for(call: Any) -> None:
    """The same headers without the body."""
    answer = await call("HEAD", "/docs", None)
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 500


async def test_a_document_cannot_be_written(call: Any) -> None:
    """405 with the methods there are."""
    answer = await call("POST", "/openapi.json", None)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET,HEAD")
    assert answer.json == {"error": "Method not allowed"}
