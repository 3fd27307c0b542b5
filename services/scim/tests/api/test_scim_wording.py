"""Refusals name the attribute or parameter as it is called in SCIM."""

from typing import Any

import pytest

from .provider import SEARCH, Provider, user

TOGETHER = "attributes and excludedAttributes cannot be used together"


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"emails": ["a@b.example"]}, "emails must be a list of objects"),
        ({"emails": {"value": "a@b.example"}}, "emails must be a list of objects"),
        ({"emails": [{"value": 1}]}, "emails[0].value must be a text"),
        (
            {"emails": [{"value": "a@b.example"}, {"value": "not mail", "primary": True}]},
            "emails[1].value must be an e-mail address",
        ),
        (
            {"emails": [{"value": f"{one}@b.example", "primary": True} for one in "ab"]},
            "emails has several entries with primary true",
        ),
        ({"schemas": "x"}, "schemas must be a list of texts"),
        ({"schemas": [1]}, "schemas must be a list of texts"),
        ({"name": {"givenName": 1}}, "name.givenName must be a text"),
    ],
)
async def test_of_a_user(provider: Provider, change: dict[str, Any], detail: str) -> None:
    reply = await provider.call("POST", "/Users", user() | change)
    assert (reply.error[0], reply.body["detail"]) == (400, detail)


async def test_a_replacement_is_refused_in_the_same_words(provider: Provider) -> None:
    made = await provider.make()
    for emails in (["a@b.example"], {"value": "a@b.example"}):
        reply = await provider.call("PUT", f"/Users/{made['id']}", {**made, "emails": emails})
        assert (reply.error[0], reply.body["detail"]) == (400, "emails must be a list of objects")


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"schemas": "x"}, "schemas must be a list of texts"),
        ({"attributes": ["userName"], "excludedAttributes": ["emails"]}, TOGETHER),
        ({"attributes": ["a b"]}, "attributes: invalid syntax at column 3"),
        ({"filter": "userName eq"}, "filter: invalid syntax at column 10"),
        ({"cursor": 1}, "cursor must be a text"),
        ({"startIndex": "9" * 5_000}, "startIndex must be a whole number"),
    ],
)
async def test_of_a_search(provider: Provider, change: dict[str, Any], detail: str) -> None:
    for path in ("/Users/.search", "/.search"):
        reply = await provider.call("POST", path, {"schemas": [SEARCH], **change})
        assert (reply.error[0], reply.body["detail"]) == (400, detail)


async def test_of_a_query(provider: Provider) -> None:
    """Of a list, of one user, and of a replacement."""
    made = await provider.make()
    params = {"attributes": "userName", "excludedAttributes": "emails"}
    for method, path, body in (
        ("GET", "/Users", None),
        ("GET", f"/Users/{made['id']}", None),
        ("PUT", f"/Users/{made['id']}", made),
    ):
        reply = await provider.call(method, path, body, params=params)
        assert (reply.error[0], reply.body["detail"]) == (400, TOGETHER)


async def test_of_a_patch(provider: Provider) -> None:
    made = await provider.make()
    for body, detail in (
        ({}, "Operations is required"),
        ({"Operations": {}}, "Operations must be a list of objects"),
        ({"Operations": None}, "Operations is required"),
    ):
        reply = await provider.call("PATCH", f"/Users/{made['id']}", body)
        assert (reply.error[0], reply.body["detail"]) == (400, detail)
