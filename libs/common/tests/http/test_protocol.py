"""What the ports of every service answer and log when what comes is not HTTP."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
from pydantic import SecretStr

from linktime_common.process import Parts, Role, Service
from linktime_common.settings import ServiceSettings
from linktime_local.testing.services import Running, running

SECRET = b"lt_live_PLANTED"


@contextlib.asynccontextmanager
async def assemble(_settings: ServiceSettings, _role: Role) -> AsyncIterator[Parts]:
    yield Parts()


@pytest.fixture(scope="module")
async def service() -> AsyncIterator[Running]:
    none = SecretStr("unused")
    probe = Service(name="probe", settings=ServiceSettings, migrations=(), assemble=assemble)
    async with running(probe, postgres_dsn=none, broker_url=none) as made:
        yield made


async def ask(url: str, request: bytes) -> tuple[list[bytes], bytes]:
    """The lines of the answer's head, and its body, up to the end of the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
    try:
        writer.write(request)
        async with asyncio.timeout(5):
            answer = await reader.read()
    finally:
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.split(b"\r\n"), body


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / HTTP/1.1\nHost: a\nAuthorization: %b\n\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n%b\r\n\r\n", b"400"),
        (b"GET /%b HTTP/0.9\r\nHost: a\r\n\r\n", b"505"),
    ],
)
async def test_both_ports_refuse_without_quoting(
    service: Running, caplog: Any, request_bytes: bytes, status: bytes
) -> None:
    """In the error shape, saying that the connection closes; no log line holds what was sent."""
    for url in (service.url, service.internal_url):
        head, body = await ask(url, request_bytes % SECRET)
        assert head[0].split()[1] == status
        assert b"Connection: close" in head
        assert set(orjson.loads(body)) == {"error"}
        assert SECRET not in body
    assert SECRET.decode() not in caplog.text
