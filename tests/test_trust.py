"""Access control: strangers, other services, ambiguous paths."""

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit
from uuid import uuid4

import aiohttp
import pytest

from linktime_common.identity import HEADER, CallerKind, Key, Signer
from linktime_operator.stack.stack import Stack

SERVICES = ("bookings", "availability", "contacts", "scim")
A_PATH = {
    "bookings": "/api/v1/bookings",
    "availability": "/api/v1/event-types",
    "contacts": "/api/v1/contacts",
    "scim": "/api/v1/me",
}


async def raw(stack: Stack, path: str) -> tuple[int, str]:
    """Send a GET with the path exactly as written, which HTTP clients would normalize."""
    address = urlsplit(stack.file.gateway)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()
    return int(answer.split()[1]), answer.split("\r\n\r\n", 1)[1]


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/%2e%2e/internal",
        "/api/v1/%2E./internal",
        "/api/v1/../internal",
        "/api/v1/./bookings",
        "//internal",
        "//api/v1/bookings",
        "/api//v1/bookings",
        "/api/v1%2fbookings",
        "/api/v1%2F..%2Finternal",
        "/api/v1\\bookings",
        "/api/v1/%5c..%5cinternal",
        "/api/v1/bookings%00",
    ],
)
async def test_a_crooked_path_gets_400(stack: Stack, path: str) -> None:
    """A service sees exactly the path that was checked."""
    status, body = await raw(stack, path)
    assert status == 400
    assert body.startswith('{"error":')


@pytest.mark.parametrize(
    "path",
    [
        "/internal",
        "/internal/users",
        "/metrics",
        "/readyz",
        "/api/v1/internal",
        "/INTERNAL",
    ],
)
async def test_internal_routes_are_not_there(stack: Stack, path: str) -> None:
    """Internal routes are not reachable through the gateway."""
    assert (await raw(stack, path))[0] == 404


Spoil = Callable[[Stack, str], dict[str, str]]


def nothing(_stack: Stack, _service: str) -> dict[str, str]:
    return {}


def forged(_stack: Stack, _service: str) -> dict[str, str]:
    return {HEADER: "gateway.e30.AAAA"}


def for_another(stack: Stack, service: str) -> dict[str, str]:
    """Return a valid identity of the operator for another service."""
    other = "webhooks"
    signer = Signer("operator", {other: Key.parse(stack.file.operator.keys[other])})
    return {HEADER: signer.sign(other, CallerKind.API_KEY, subject=uuid4())}


def wrong_caller_kind(stack: Stack, service: str) -> dict[str, str]:
    """Return the operator's identity, which internal routes accept, not the API."""
    signer = Signer("operator", {service: Key.parse(stack.file.operator.keys[service])})
    return {HEADER: signer.sign(service, CallerKind.OPERATOR, subject=uuid4())}


def expired(stack: Stack, service: str) -> dict[str, str]:
    key = Key.parse(stack.file.operator.keys[service])
    signer = Signer("operator", {service: key}, seconds=lambda: 1_000_000_000)
    return {HEADER: signer.sign(service, CallerKind.API_KEY, subject=uuid4())}


@pytest.mark.parametrize("spoil", [nothing, forged, for_another, wrong_caller_kind, expired])
@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_refuses_callers_without_a_valid_identity(
    stack: Stack, http: aiohttp.ClientSession, service: str, spoil: Spoil
) -> None:
    """Missing, forged, misdirected, wrong and expired identities are refused first."""
    url = stack.file.services[service].url + A_PATH[service]
    async with http.get(url, headers=spoil(stack, service)) as response:
        assert response.status == 503


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer lt_live_unknown", "Basic lt_live_x", "Bearer lt_scim_x", "Bearer ü"],
)
async def test_a_wrong_key_is_401(stack: Stack, authorization: str) -> None:
    """With WWW-Authenticate, in the error format."""
    address = urlsplit(stack.file.gateway)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    head = f"GET /api/v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n"
    writer.write(f"{head}Connection: close\r\n\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()
    assert answer.startswith("HTTP/1.1 401")
    assert "WWW-Authenticate: Bearer" in answer
