"""Requests as services receive them."""

import asyncio
import socket
import struct
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web

from linktime_common import logs
from linktime_common.http.call_headers import CALLER_SECONDS, CLIENT
from linktime_common.identity import HEADER, CallerKind
from linktime_gateway.app import SERVICE
from linktime_local.testing.collectors import recording, send_recorded
from linktime_local.testing.services import running
from linktime_local.testing.time_limits import LONG_SECONDS

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    ("method_and_path", "service"),
    [
        (("GET", "/api/v1/me"), "scim"),
        (("GET", "/api/v1/event-types"), "availability"),
        (("GET", "/api/v1/event-types/1"), "availability"),
        (("GET", "/api/v1/availability/intro?timezone=UTC"), "availability"),
        (("GET", "/api/v1/bookings"), "bookings"),
        (("POST", "/api/v1/bookings"), "bookings"),
        (("POST", "/api/v1/bookings/1/cancel"), "bookings"),
        (("GET", "/api/v1/contacts"), "contacts"),
        (("PATCH", "/api/v1/contacts/1"), "contacts"),
        (("DELETE", "/api/v1/contacts/1"), "contacts"),
    ],
)
async def test_a_request_reaches_its_service_with_the_key_owners_identity(
    call: Any, world: Any, operator: Any, method_and_path: tuple[str, str], service: str
) -> None:
    """The identity is valid and contains the user, the effective plan, the time zone and the
    caller kind."""
    method, path = method_and_path
    user = world.directory.add(plan="FREE", effective_plan="BUSINESS", timezone="Asia/Tokyo")
    key = (await operator.make_key(user))["key"]
    answer = await call(method, path, key)
    assert (answer.status, answer.json) == (200, {"service": service})
    seen = world[service].last
    assert (seen.method, seen.raw_path) == (method, path)
    assert seen.identity.issuer == "gateway"
    assert seen.identity.audience == service
    assert seen.identity.caller_kind is CallerKind.API_KEY
    assert seen.identity.subject == user.id
    assert seen.identity.plan == "BUSINESS"
    assert seen.identity.timezone == "Asia/Tokyo"


async def test_the_public_booking_endpoint_needs_no_key(call: Any, world: Any) -> None:
    """Its identity has no user; a key in the request is ignored."""
    for key in (None, "lt_live_nonsense"):
        answer = await call("POST", "/api/bookings", key, json={"eventTypeId": "x"})
        assert answer.status == 200
        assert world["bookings"].last.identity.caller_kind is CallerKind.PUBLIC
        assert world["bookings"].last.identity.subject is None
        assert world["bookings"].last.body == b'{"eventTypeId": "x"}'


async def test_credentials_and_identities_are_not_forwarded(
    call: Any, world: Any, key: str
) -> None:
    """Authorization, Cookie, a forged identity, hop-by-hop and forwarding headers are removed."""
    forged = {
        "Cookie": "session=1",
        HEADER: "forged",
        HEADER.lower(): "forged too",
        "X-Linktime-Identity": "forged again",
        CLIENT: "192.0.2.1",
        CALLER_SECONDS: "1e9",
        "Proxy-Authorization": "Basic eDp5",
        "Connection": "keep-alive, X-Drop-Me",
        "X-Drop-Me": "1",
        "X-Forwarded-For": "1.2.3.4",
        "X-Original-URL": "/internal/users",
        "X-HTTP-Method-Override": "DELETE",
        "TE": "trailers",
    }
    answer = await call("GET", "/api/v1/me", key, headers=forged)
    assert answer.status == 200
    sent = world["scim"].last.headers
    allowed = {"host", "accept", "accept-encoding", "x-request-id", "traceparent"}
    ours = {HEADER.lower(), CALLER_SECONDS.lower()}
    assert {name.lower() for name in sent} <= allowed | ours
    assert len(sent.getall(HEADER)) == 1
    assert 0 < float(sent[CALLER_SECONDS]) <= LONG_SECONDS


async def test_a_service_knows_the_address_of_a_client_without_a_credential(
    call: Any, world: Any
) -> None:
    """That of the connection, whatever the client sends."""
    answer = await call("GET", "/api/public/ada", headers={CLIENT: "192.0.2.1"})
    assert answer.status == 200
    assert world["availability"].last.headers.getall(CLIENT) == ["127.0.0.1"]


async def test_allowed_request_headers_are_forwarded(call: Any, world: Any, key: str) -> None:
    """Content type, language, conditions, the idempotency key."""
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Accept": "application/json",
        "Accept-Language": "de",
        "Idempotency-Key": "k-1",
        "If-Match": '"1"',
    }
    answer = await call("POST", "/api/v1/bookings", key, headers=headers, data=b'{"a":1}')
    assert answer.status == 200
    seen = world["bookings"].last
    assert seen.body == b'{"a":1}'
    assert {name: seen.headers[name] for name in headers} == headers


async def test_lines_of_a_list_are_forwarded_together(raw: Any, world: Any, key: str) -> None:
    """RFC 9110 5.3: in their order, as one line."""
    answer = await raw(
        b"DELETE /api/v1/contacts/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
        b"Authorization: Bearer %b\r\n"
        b'If-Match: "1"\r\nAccept: a/b\r\nIf-Match: "2", "3"\r\n\r\n' % key.encode()
    )
    assert answer.status == 200
    assert world["contacts"].last.headers.getall("If-Match") == ['"1", "2", "3"']


@pytest.mark.parametrize("given", [TRACE, "nonsense"])
async def test_a_trace_begins_here(call: Any, world: Any, key: str, given: str) -> None:
    """Whether a client names one or not: its ids and its sampling are not trusted."""
    await call("GET", "/api/v1/me", key, headers={"traceparent": given, "tracestate": "a=b"})
    headers = world["scim"].last.headers
    (sent,) = headers.getall("traceparent")
    assert logs.is_traceparent(sent)
    assert sent.split("-")[1] != TRACE.split("-")[1]
    assert "tracestate" not in headers


async def test_a_request_is_recorded_with_its_call(call: Any, world: Any, key: str) -> None:
    """By the template of its path, without its query and its key; a health check is not."""
    async with recording("gateway") as collector:
        await call("GET", "/healthz")
        await call("GET", "/api/v1/contacts?search=planted-words", key)
        await call("GET", "/planted-words/planted-words/planted-words", key)
        await send_recorded()
    called, served, refused = collector.spans
    assert (served.name, served.kind, served.parent) == ("GET /api/v1/contacts", "server", "")
    assert (called.name, called.kind, called.parent) == ("GET contacts", "client", served.id)
    assert world["contacts"].last.headers["traceparent"] == f"00-{called.trace}-{called.id}-03"
    assert (refused.name, refused.attributes["http.response.status_code"]) == ("(any) (none)", 404)
    for planted in ("planted-words", key):
        assert not any(planted.encode() in body for body in collector.bodies)


@pytest.mark.parametrize("valid", ["req-1", "a" * 128, "0190:a/b+c=~._"])
async def test_a_valid_request_id_is_kept(call: Any, world: Any, key: str, valid: str) -> None:
    """The service and the client receive the same id."""
    answer = await call("GET", "/api/v1/me", key, headers={"X-Request-Id": valid})
    assert answer.headers["X-Request-Id"] == valid
    assert world["scim"].last.headers["X-Request-Id"] == valid


@pytest.mark.parametrize("invalid", ["", "a" * 129, "a b", 'a"b', "é", "<script>"])
async def test_any_other_request_id_is_replaced(
    call: Any, world: Any, key: str, invalid: str
) -> None:
    """The service and the client receive the same new id."""
    answer = await call("GET", "/api/v1/me", key, headers={"X-Request-Id": invalid})
    assert answer.headers["X-Request-Id"] not in {invalid, ""}
    assert answer.headers["X-Request-Id"] == world["scim"].last.headers["X-Request-Id"]


async def test_connections_to_services_are_reused(
    call: Any, world: Any, key: str, settings: dict[str, Any]
) -> None:
    """Sequential requests use one connection."""
    peers = set()

    async def reply(request: web.BaseRequest) -> web.Response:
        peers.add(request.transport.get_extra_info("peername"))
        return web.json_response({})

    world["bookings"].reply = reply
    async with running(SERVICE, **settings) as gateway:
        for _ in range(10):
            assert (await call("GET", "/api/v1/bookings", key, url=gateway.url)).status == 200
    assert len(peers) == 1


async def test_a_client_that_resets_its_connection_cancels_the_call_to_the_service(
    gateway: Any, world: Any, key: str
) -> None:
    """A client that only closes it may still read; its call ends at the route's timeout."""
    began, ended = asyncio.Event(), asyncio.Event()

    async def reply(request: web.BaseRequest) -> web.Response:
        began.set()
        while request.transport is not None:
            await asyncio.sleep(0.01)
        ended.set()
        return web.json_response({})

    world["bookings"].reply = reply
    port = int(gateway.url.rpartition(":")[2])
    _reader, writer = await asyncio.open_connection("127.0.0.1", port)
    # With no time to linger, abort() sends a reset instead of an end.
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.write(
        f"GET /api/v1/bookings HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
    )
    async with asyncio.timeout(2):
        await began.wait()
        writer.transport.abort()
        await ended.wait()


async def test_concurrent_requests_have_their_own_identity(
    call: Any, world: Any, operator: Any
) -> None:
    """Two keys of two users at the same time."""
    users = [world.directory.add() for _ in range(2)]
    keys = [(await operator.make_key(user))["key"] for user in users]

    async def reply(request: web.BaseRequest) -> web.Response:
        identity = world["scim"].last.identity
        return web.json_response({"id": str(identity.subject)})

    world["scim"].reply = reply
    answers = await asyncio.gather(
        *(call("GET", "/api/v1/me", keys[number % 2]) for number in range(40))
    )
    assert [UUID(answer.json["id"]) for answer in answers] == [
        users[number % 2].id for number in range(40)
    ]
