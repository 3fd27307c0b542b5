"""The protocol for any SCIM client: discovery, searches, versions, locations, media types."""

import pytest

from linktime_local.testing.hostile_headers import slowest

from .provider import PATCH, SEARCH, Provider, user


async def test_discovery_lists_the_supported_features(provider: Provider) -> None:
    """PATCH, filters and ETags; no bulk, sorting or password change."""
    config = (await provider.call("GET", "/ServiceProviderConfig")).body
    said = {name: part["supported"] for name, part in config.items() if "supported" in part}
    assert said == {
        "patch": True,
        "bulk": False,
        "filter": True,
        "changePassword": False,
        "sort": False,
        "etag": True,
    }
    assert config["filter"]["maxResults"] == 100
    types = (await provider.call("GET", "/ResourceTypes")).body
    assert [one["id"] for one in types["Resources"]] == ["User"]
    one = await provider.call("GET", "/ResourceTypes/User")
    assert (one.status, one.body["endpoint"]) == (200, "/Users")


@pytest.mark.parametrize("path", ["/ServiceProviderConfig", "/Schemas", "/ResourceTypes"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_discovery_cannot_be_written(provider: Provider, path: str, method: str) -> None:
    """405 with Allow."""
    reply = await provider.call(method, path, {})
    assert reply.error == (405, None)
    assert reply.headers["Allow"] == "GET"


async def test_unknown_paths_and_unsupported_requests(provider: Provider) -> None:
    """404 and 501 as SCIM errors."""
    config = await provider.call("GET", "/ServiceProviderConfig")
    for path in ("", "/"):
        root = await provider.call("GET", path)
        assert (root.status, root.body) == (200, config.body)
        assert (await provider.call("POST", path, {})).error == (405, None)
    assert (await provider.call("GET", "/Users/")).status == 200
    for path in ("/Nothing", "/Users/x/y", "/Schemas/urn:nothing", "/ResourceTypes/Group"):
        assert (await provider.call("GET", path)).error == (404, None)
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        assert (await provider.call(method, "/Me", {})).error == (501, None)
    assert (await provider.call("POST", "/Bulk", {})).error == (501, None)
    sorted_ = await provider.call("GET", "/Users", params={"sortBy": "userName"})
    assert sorted_.error == (501, None)


@pytest.mark.parametrize("path", ["/.search", "/Users/.search"])
async def test_search_with_a_body(provider: Provider, path: str) -> None:
    """As GET /Users, in a body."""
    made = await provider.make()
    await provider.make()
    wanted = f'userName eq "{made["userName"]}"'
    body = {"schemas": [SEARCH], "filter": wanted, "startIndex": 1, "count": 10}
    reply = await provider.call("POST", path, body)
    assert (reply.status, reply.body["Resources"]) == (200, [made])
    assert reply.body == (await provider.find(wanted, startIndex="1", count="10")).body
    assert (await provider.call("POST", path, body | {"filter": "x"})).error == (
        400,
        "invalidFilter",
    )


async def test_etags_guard_reads_and_writes(provider: Provider) -> None:
    """304 for a known version, 412 after a concurrent change, on every method."""
    made = await provider.make()
    path, old = f"/Users/{made['id']}", made["meta"]["version"]
    read = await provider.call("GET", path)
    assert read.headers["ETag"] == old
    known = await provider.call("GET", path, headers={"If-None-Match": old})
    assert (known.status, known.body) == (304, None)
    rename = {"op": "replace", "path": "displayName", "value": "Zoe"}
    changed = await provider.patch(made["id"], rename, **{"If-Match": old})
    assert (changed.status, changed.headers["ETag"]) == (200, changed.body["meta"]["version"])
    assert changed.headers["ETag"] != old
    assert (await provider.call("GET", path, headers={"If-None-Match": old})).status == 200
    stale = {"If-Match": old}
    assert (await provider.patch(made["id"], rename, **stale)).error == (412, None)
    assert (await provider.call("PUT", path, made, headers=stale)).error == (412, None)
    assert (await provider.call("DELETE", path, headers=stale)).error == (412, None)
    for empty in ({"If-Match": ""}, {"If-Match": " "}):  # RFC 9110: a list without tags
        assert (await provider.patch(made["id"], rename, **empty)).error == (412, None)
        assert (await provider.call("PUT", path, made, headers=empty)).error == (412, None)
        assert (await provider.call("DELETE", path, headers=empty)).error == (412, None)
    new = {"If-Match": changed.headers["ETag"]}
    assert (await provider.call("DELETE", path, headers=new)).status == 204


async def test_locations_are_public_addresses(provider: Provider) -> None:
    """In header and body, on create, read and list."""
    made = await provider.call("POST", "/Users", user())
    expected = f"https://linktime.test/api/scim/v2/Users/{made.body['id']}"
    assert made.headers["Location"] == made.body["meta"]["location"] == expected
    listed = await provider.find(f'userName eq "{made.body["userName"]}"')
    assert listed.body["Resources"][0]["meta"]["location"] == expected


@pytest.mark.parametrize("media_type", ["application/scim+json", "application/json; charset=utf-8"])
async def test_media_types(provider: Provider, media_type: str) -> None:
    """Both are read; responses, errors too, are application/scim+json.

    FusionAuth/fusionauth-issues#1769; MicrosoftDocs/azure-docs#116775, #12728
    """
    headers = {"Content-Type": media_type}
    made = await provider.call("POST", "/Users", user(), headers=headers)
    assert (made.status, made.headers["Content-Type"]) == (201, "application/scim+json")
    listed = await provider.call("GET", "/Users")
    assert listed.headers["Content-Type"] == "application/scim+json"
    wrong = await provider.call("POST", "/Users", user(), headers={"Content-Type": "text/plain"})
    assert wrong.error == (415, None)


async def test_a_patch_names_its_schema(provider: Provider) -> None:
    """Attribute names are read in any letter case."""
    made = await provider.make()
    body = {
        "schemas": [PATCH],
        "Operations": [{"op": "replace", "path": "DISPLAYNAME", "value": "Zoe"}],
    }
    reply = await provider.call("PATCH", f"/Users/{made['id']}", body)
    assert (reply.status, reply.body["displayName"]) == (200, "Zoe")


@pytest.mark.parametrize("name", ["If-Match", "If-None-Match", "Content-Type"])
async def test_a_hostile_header_takes_linear_time(provider: Provider, name: str) -> None:
    """Such as 8,000 blanks within a tag; the core searches them in quadratic time."""
    path = f"/Users/{(await provider.make())['id']}"

    async def send(value: str) -> None:
        reply = await provider.call("GET", path, headers={name: value})
        assert reply.status in {200, 304, 412, 415}

    assert await slowest(send, name) is None
