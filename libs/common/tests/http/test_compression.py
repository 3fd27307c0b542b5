"""Compressed answers."""

import contextlib
import gzip as standard
from collections.abc import AsyncIterator, Mapping
from uuid import uuid4

import aiohttp
import pytest
from aiohttp import web
from multidict import CIMultiDict

from linktime_common.http.compression import LEAST_BYTES, MOST_BYTES_AT_ONCE, accepted_codings
from linktime_common.http.models import Done
from linktime_common.http.operations import Operation
from linktime_common.http.routes import host, keyed
from linktime_common.identity import CallerKind
from linktime_common.process import Parts, ProcessRole, Service
from linktime_common.settings import ServiceSettings
from linktime_local.testing.services import UNUSED, Running, running

GZIP = "gzip, deflate, br"


@pytest.mark.parametrize(
    ("header", "accepts"),
    [
        (None, False),
        ("", False),
        ("identity", False),
        ("gzip", True),
        ("GZIP", True),
        ("br;q=1.0, gzip;q=0.8", True),
        ("gzip; q=0.001", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("br, x-gzip-of-ours", False),
    ],
)
def test_what_the_header_allows(header: str | None, accepts: bool) -> None:
    """A weight of nothing refuses it. RFC 9110 12.5.3"""
    headers = CIMultiDict({} if header is None else {"Accept-Encoding": header})
    assert ("gzip" in accepted_codings(headers)) is accepts


async def _text(request: web.Request) -> web.Response:
    body = b"x" * int(request.query["bytes"])
    status = int(request.query.get("status", "200"))
    return web.Response(body=body, status=status, content_type="application/json")


@Operation(summary="Read", tag="Texts", reply=Done(), compressible=True, conditional=True)
async def get_text(request: web.Request) -> web.Response:
    return await _text(request)


@Operation(summary="Read", tag="Texts", reply=Done())
async def get_private(request: web.Request) -> web.Response:
    return await _text(request)


@contextlib.asynccontextmanager
async def assemble(_settings: ServiceSettings, _role: ProcessRole) -> AsyncIterator[Parts]:
    yield Parts(
        public_routes=[*host("GET", "/text", get_text), keyed("GET", "/private", get_private)],
        internal_routes=[],
        statuses={},
        ready={},
    )


TEXTS = Service("texts", ServiceSettings, (), assemble)


@pytest.fixture(scope="module")
async def texts() -> AsyncIterator[Running]:
    async with running(TEXTS, **UNUSED) as service:
        yield service


async def read(
    texts: Running, path: str, caller_kind: CallerKind = CallerKind.API_KEY, **headers: str
) -> tuple[int, Mapping[str, str], bytes]:
    """Return status, headers and the bytes as they were sent."""
    identity = texts.identity(caller_kind, subject=uuid4())
    async with (
        aiohttp.ClientSession(auto_decompress=False) as session,
        session.get(
            texts.url + path,
            headers={"Accept-Encoding": GZIP, **identity, **headers},
        ) as response,
    ):
        return response.status, response.headers, await response.read()


@pytest.mark.parametrize("size", [LEAST_BYTES, MOST_BYTES_AT_ONCE + 1])
async def test_a_long_answer_is_compressed(texts: Running, size: int) -> None:
    """It is the same text, and caches keep both forms apart."""
    _, headers, body = await read(texts, f"/api/v1/text?bytes={size}")
    assert headers["Content-Encoding"] == "gzip"
    assert headers["Vary"] == "Accept-Encoding"
    assert int(headers["Content-Length"]) == len(body) < size
    assert standard.decompress(body) == b"x" * size


async def test_a_client_that_does_not_ask_gets_it_plain(texts: Running) -> None:
    """With the same weak tag, and with Vary."""
    path = f"/api/v1/text?bytes={LEAST_BYTES}"
    _, compressed, _ = await read(texts, path)
    _, headers, body = await read(texts, path, **{"Accept-Encoding": "identity"})
    assert body == b"x" * LEAST_BYTES
    assert "Content-Encoding" not in headers
    assert headers["Vary"] == "Accept-Encoding"
    assert headers["ETag"] == compressed["ETag"]
    status, unchanged, body = await read(texts, path, **{"If-None-Match": headers["ETag"]})
    assert (status, body) == (304, b"")
    assert unchanged["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("path", "caller_kind"),
    [
        (f"/api/v1/text?bytes={LEAST_BYTES - 1}", CallerKind.API_KEY),
        (f"/api/v1/private?bytes={LEAST_BYTES}", CallerKind.API_KEY),
        (f"/api/v1/text?bytes={LEAST_BYTES}&status=409", CallerKind.API_KEY),
        (f"/dashboard/api/text?bytes={LEAST_BYTES}", CallerKind.SESSION),
    ],
)
async def test_others_are_never_compressed(
    texts: Running, path: str, caller_kind: CallerKind
) -> None:
    """Short ones, those that are not declared to be harmless, errors, and those of a session."""
    _, headers, body = await read(texts, path, caller_kind)
    assert "Content-Encoding" not in headers
    assert set(body) == {ord("x")}
