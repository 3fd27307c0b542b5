"""The recipes of docs/operations.md: real proxies before a gateway."""

import contextlib
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from services.gateway.tests.proxies import NAME, PROXIES, Proxy

from linktime_gateway.app import SERVICE
from linktime_local.testing.services import running

from .own_logs import own_logs

LIST, BOOK = "/api/v1/bookings", "/api/bookings"
MIB = 1024 * 1024
Send = Callable[..., Awaitable[tuple[int, Any]]]


@contextlib.asynccontextmanager
async def client(proxy: Proxy, address: str) -> AsyncIterator[Send]:
    """Call the gateway through the proxy, from this address."""
    connector = aiohttp.TCPConnector(local_addr=(address, 0))
    async with aiohttp.ClientSession(connector=connector) as session:

        async def send(method: str, path: str, **more: Any) -> tuple[int, Any]:
            headers = {"Host": NAME, **more.pop("headers", {})}
            async with session.request(
                method,
                f"https://127.0.0.1:{proxy.port}{path}",
                headers=headers,
                ssl=proxy.trust,
                server_hostname=NAME,
                **more,
            ) as response:
                return response.status, json.loads(await response.read() or "null")

        yield send


@pytest.mark.parametrize("name", PROXIES)
async def test_clients_have_limits_of_their_own(
    name: str, settings: dict[str, Any], world: Any, tmp_path: Path
) -> None:
    """A forged header is not believed; the log names the client; errors are LinkTime's own."""
    behind = {
        **settings,
        "trusted_proxies": ["127.0.0.1/32"],
        "limit_failed_checks": "2/minute",
        "public_url": f"https://{NAME}",
    }
    with own_logs() as lines:
        async with (
            running(SERVICE, **behind) as gateway,
            PROXIES[name](tmp_path, gateway.url.removeprefix("http://")) as proxy,
            client(proxy, "127.7.1.1") as one,
            client(proxy, "127.7.1.2") as other,
        ):
            forged = [{"X-Forwarded-For": f"192.0.2.{n}"} for n in range(3)]
            answers = [await one("GET", LIST, headers=headers) for headers in forged]
            assert [status for status, _body in answers] == [401, 401, 429]
            assert (await other("GET", LIST))[0] == 401
            assert await other("GET", "/healthz") == (200, {"status": "ok"})

            assert (await other("POST", BOOK, data=io.BytesIO(b"x" * MIB)))[0] == 200
            status, error = await other("POST", BOOK, data=io.BytesIO(b"x" * (MIB + 1)))
            assert (status, error["code"]) == (413, "body_too_large")
            assert (await other("GET", "/api//v1/me"))[0] == 400
    refused = {line["client"] for line in lines if line["event"] == "refused"}
    assert refused == {"127.7.1.1", "127.7.1.2"}
    assert [line for line in lines if "is ignored" in line["event"]] == []
