"""SCIM requests: permissions of a SCIM token and the format of errors."""

from io import BytesIO
from typing import Any

import pytest
from aiohttp import web

from linktime_common.identity import CallerKind
from linktime_gateway.app import SERVICE
from linktime_gateway.clients.forwards import load_forwards
from linktime_gateway.domain.credentials import API_KEY_PREFIX, SCIM_TOKEN_PREFIX
from linktime_local.testing.services import running

ROOT = "/api/scim/v2"
USERS = f"{ROOT}/Users"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
UNKNOWN = f"{SCIM_TOKEN_PREFIX}{'aB3' * 14}Z"


def is_scim_error(answer: Any, status: int, detail: str | None = None) -> bool:
    """Return whether this is an error with exactly the fields and media type of RFC 7644."""
    body = answer.json
    return (
        answer.status == status
        and answer.headers["Content-Type"].partition(";")[0] == "application/scim+json"
        and set(body) == {"schemas", "status", "detail"}
        and body["schemas"] == [ERROR]
        and body["status"] == str(status)
        and detail in {None, body["detail"]}
    )


SCIM = [one for one in load_forwards() if one.caller_kind is CallerKind.SCIM_TOKEN]


@pytest.mark.parametrize("route", SCIM, ids=lambda route: f"{route.method} {route.path}")
async def test_scim_routes_reach_the_directory_with_the_organizations_identity(
    call: Any, world: Any, token: str, organization: Any, route: Any
) -> None:
    """The identity has the organization, and neither a user nor a plan."""
    path = route.path.replace("{id}", "urn:ietf:params:scim:schemas:core:2.0:User") + "?count=1"
    answer = await call(route.method, path, token)
    assert (answer.status, answer.json) == (200, {"service": "scim"})
    seen = world["scim"].last
    assert (seen.method, seen.raw_path) == (route.method, path)
    identity = seen.identity
    assert (identity.caller_kind, identity.organization) == (CallerKind.SCIM_TOKEN, organization)
    assert (identity.subject, identity.plan) == (None, None)
    assert "Authorization" not in seen.headers


@pytest.mark.parametrize("media_type", ["application/scim+json", "application/json"])
async def test_bodies_and_conditions_are_forwarded(
    call: Any, world: Any, token: str, media_type: str
) -> None:
    """ETag and Location are returned."""

    async def reply(_request: web.BaseRequest) -> web.Response:
        headers = {
            "Content-Type": "application/scim+json",
            "ETag": 'W/"7"',
            "Location": f"https://meet.example{USERS}/1",
        }
        return web.Response(status=201, body=b'{"id":"1"}', headers=headers)

    world["scim"].reply = reply
    sent = {"Content-Type": media_type, "If-Match": 'W/"6"', "If-None-Match": "*"}
    answer = await call("POST", USERS, token, data=b'{"userName":"ada"}', headers=sent)
    assert (answer.status, answer.body) == (201, b'{"id":"1"}')
    assert answer.headers["Content-Type"] == "application/scim+json"
    assert answer.headers["ETag"] == 'W/"7"'
    assert answer.headers["Location"] == f"https://meet.example{USERS}/1"
    seen = world["scim"].last
    assert seen.body == b'{"userName":"ada"}'
    assert {name: seen.headers[name] for name in sent} == sent


async def test_responses_without_a_body(call: Any, world: Any, token: str) -> None:
    """204 after DELETE, 304 with its ETag, and HEAD for every GET."""

    async def reply(request: web.BaseRequest) -> web.Response:
        if request.method == "DELETE":
            return web.Response(status=204)
        headers = {"ETag": 'W/"7"', "Content-Type": "application/scim+json"}
        if request.headers.get("If-None-Match") == 'W/"7"':
            return web.Response(status=304, headers={"ETag": 'W/"7"'})
        return web.Response(body=b'{"id":"1"}', headers=headers)

    world["scim"].reply = reply
    gone = await call("DELETE", f"{USERS}/1", token)
    assert (gone.status, gone.body) == (204, b"")
    assert "Content-Type" not in gone.headers
    same = await call("GET", f"{USERS}/1", token, headers={"If-None-Match": 'W/"7"'})
    assert (same.status, same.body, same.headers["ETag"]) == (304, b"", 'W/"7"')
    head = await call("HEAD", f"{USERS}/1", token)
    assert (head.status, head.body, head.headers["ETag"]) == (200, b"", 'W/"7"')
    assert head.headers["Content-Length"] == "10"


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("/", ""),
        ("//", ""),
        ("//Users?count=1", "/Users?count=1"),
        ("/Users/", "/Users"),
        ("//Users/1/", "/Users/1"),
        ("/Users//1", "/Users/1"),
        ("/ServiceProviderConfig/", "/ServiceProviderConfig"),
    ],
)
async def test_an_extra_slash_is_removed(
    world: Any, raw: Any, token: str, sent: str, read: str
) -> None:
    """The configured root may end with a slash; the directory receives the plain path."""
    lines = [f"GET {ROOT}{sent} HTTP/1.1", "Host: a", f"Authorization: Bearer {token}", "", ""]
    answer = await raw("\r\n".join(lines).encode())
    assert answer.status == 200
    assert world["scim"].last.raw_path == ROOT + read


@pytest.mark.parametrize("path", [f"{ROOT}/Groups", f"{ROOT}/me", f"{USERS}/1/2"])
async def test_other_scim_paths_are_404(call: Any, world: Any, token: str, path: str) -> None:
    """In the SCIM format."""
    assert is_scim_error(await call("GET", path, token), 404, "Not found")
    assert world["scim"].seen == []


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/ServiceProviderConfig", "GET,HEAD"),
        ("DELETE", "/Schemas/1", "GET,HEAD"),
        ("PUT", "/Users", "GET,HEAD,POST"),
        ("POST", "/Users/1", "DELETE,GET,HEAD,PATCH,PUT"),
        ("GET", "/.search", "POST"),
        ("GET", "/Bulk", "POST"),
        ("POST", "", "GET,HEAD"),
        ("OPTIONS", "/Users", "GET,HEAD,POST"),
    ],
)
async def test_a_wrong_method_is_405(
    call: Any, token: str, method: str, path: str, allowed: str
) -> None:
    """With the allowed methods."""
    answer = await call(method, ROOT + path, token)
    assert is_scim_error(answer, 405, "Method not allowed")
    assert answer.headers["Allow"].replace(" ", "") == allowed


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", f"Basic {UNKNOWN}", f"Bearer {UNKNOWN}", f"Bearer {UNKNOWN}x", "Bearer é"],
)
async def test_an_unknown_token_is_401(call: Any, world: Any, authorization: str | None) -> None:
    """Missing, malformed and unknown ones get the same response."""
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = await call("GET", USERS, headers=headers)
    assert is_scim_error(answer, 401, "Missing or invalid SCIM token")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["X-Request-Id"]
    assert world["scim"].seen == []


async def test_keys_and_tokens_are_not_interchangeable(
    call: Any, world: Any, token: str, key: str
) -> None:
    """The other kind is a missing credential."""
    assert (await call("GET", USERS, token)).status == 200
    assert (await call("GET", "/api/v1/me", key)).status == 200
    assert is_scim_error(await call("GET", USERS, key), 401)
    answer = await call("GET", "/api/v1/me", token)
    assert (answer.status, answer.json) == (
        401,
        {"error": "Missing or invalid API key", "code": "invalid_api_key"},
    )
    mixed = token.replace(SCIM_TOKEN_PREFIX, API_KEY_PREFIX)
    assert (await call("GET", "/api/v1/me", mixed)).status == 401
    cookie = {"Cookie": f"linktime_session={token}"}
    assert (await call("GET", "/dashboard/api/me", headers=cookie)).status == 401
    assert len(world["scim"].seen) == 2


async def test_ambiguous_paths_and_large_bodies_get_scim_errors(
    call: Any, raw: Any, token: str
) -> None:
    """Also before a route is found."""
    ambiguous = await raw(f"GET {ROOT}/%2e%2e/internal HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    assert is_scim_error(ambiguous, 400, "The path is not allowed")
    for path in ("///Users", "//%2e%2e/internal", "//../internal"):
        doubled = await raw(f"GET {ROOT}{path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        assert is_scim_error(doubled, 400, "The path is not allowed")
    answer = await call("POST", USERS, token, data=BytesIO(b"x" * (1024 * 1024 + 1)))
    assert is_scim_error(answer, 413)
    spelled = await call("GET", "/api/%73cim/v2/Users")
    assert is_scim_error(spelled, 401)


@pytest.mark.parametrize(
    ("status", "media_type", "body", "expected"),
    [
        (403, "application/json", b'{"error":"Not on this plan"}', (403, "Not on this plan")),
        (503, "application/json", b'{"error":"Away"}', (503, "Away")),
        (500, "text/html", b"<h1>Traceback</h1>", (500, "Something went wrong on our side")),
        (502, "text/html", b"<h1>nginx</h1>", (503, None)),
        (404, "application/json", b'{"odd":1}', (404, "Request refused")),
    ],
)
async def test_other_errors_are_converted_to_scim(
    call: Any, world: Any, token: str, status: int, media_type: str, body: bytes, expected: Any
) -> None:
    """From a proxy or from the directory."""

    async def reply(_request: web.BaseRequest) -> web.Response:
        headers = {"Content-Type": media_type, "Retry-After": "3"}
        return web.Response(status=status, body=body, headers=headers)

    world["scim"].reply = reply
    answer = await call("GET", USERS, token)
    assert is_scim_error(answer, *expected)
    if media_type == "application/json":
        assert answer.headers["Retry-After"] == "3"


async def test_scim_errors_of_the_directory_are_forwarded(
    call: Any, world: Any, token: str
) -> None:
    """With their scimType."""
    body = {"schemas": [ERROR], "status": "409", "scimType": "uniqueness", "detail": "taken"}

    async def reply(_request: web.BaseRequest) -> web.Response:
        return web.json_response(body, status=409, content_type="application/scim+json")

    world["scim"].reply = reply
    answer = await call("POST", USERS, token, data=b"{}")
    assert (answer.status, answer.json) == (409, body)


async def test_an_unavailable_directory_is_503(
    call: Any, token: str, settings: dict[str, Any]
) -> None:
    """With Retry-After, so that the provider retries."""
    unavailable = {**settings, "scim_url": "http://127.0.0.1:1"}
    async with running(SERVICE, **unavailable) as gateway:
        answer = await call("GET", USERS, token, url=gateway.url)
    assert is_scim_error(answer, 503)
    assert answer.headers["Retry-After"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (b"Content-Length: 9999999\r\n\r\n", 413),
        (b"Content-Length: 18446744073709551614\r\n\r\n", 413),
    ],
)
async def test_an_unread_body_closes_the_connection(
    raw: Any, token: str, fields: bytes, status: int
) -> None:
    """The rest of the body may follow."""
    head = b"POST /api/scim/v2/Users HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %b\r\n"
    answer = await raw(head % token.encode() + fields)
    assert (answer.status, answer.json["status"]) == (status, str(status))
    assert answer.headers["Connection"] == "close"


async def test_a_compressed_body_is_415(call: Any, token: str) -> None:
    """In the SCIM format, with Accept-Encoding."""
    answer = await call(
        "POST", "/api/scim/v2/Users", token, data=b"x", headers={"Content-Encoding": "gzip"}
    )
    assert (answer.status, answer.json["status"]) == (415, "415")
    assert answer.headers["Accept-Encoding"] == "identity"
