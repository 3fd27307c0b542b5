"""Spans of requests, recorded only with a collector."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator

import pytest
from aiohttp import web
from pydantic import BaseModel

from linktime_common import logs, tracing
from linktime_common.errors import Refusal, Unavailable
from linktime_common.http import bodies
from linktime_common.http.client import Answered, InternalClient, open_session
from linktime_common.http.models import Done
from linktime_common.http.operations import Operation
from linktime_common.http.routes import get
from linktime_common.identity import CallerKind
from linktime_common.tracing import SpanKind
from linktime_local.testing.collectors import CollectedSpan, Collector, collecting
from linktime_local.testing.services import Running, serving, signer_of
from linktime_local.testing.waiting import eventually

SECRET = "planted-words"
GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
LOADED = """
import json, sys
from importlib import import_module
for name in ("availability", "bookings", "contacts", "gateway", "scim", "webhooks"):
    import_module(f"linktime_{name}.app")
from linktime_common import process, tracing
tracing.configure("bookings", None)
with tracing.continuing(None, "request", tracing.SpanKind.SERVER), tracing.calling("GET", "scim"):
    pass
tracing.stop()
roots = ("opentelemetry", "google", "requests", "urllib3")
print(json.dumps([name for name in sys.modules if name.partition(".")[0] in roots]))
"""


class Broken(Exception):
    """An error with a text that quotes input."""


@Operation(summary="Answer", tag="Test", reply=Done(), errors={})
async def answer(_request: web.Request) -> web.Response:
    return bodies.reply(Done())


@Operation(summary="Break", tag="Test", reply=Done(), errors={})
async def fail(_request: web.Request) -> web.Response:
    raise Broken(SECRET)


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    async with collecting() as opened:
        yield opened


@pytest.fixture
def recording() -> Iterator[None]:
    """Stop what a test configures."""
    yield
    tracing.stop()
    logs.traceparent.set(None)


@pytest.fixture
async def service() -> AsyncIterator[Running]:
    async with serving(
        get("/things/{id}", answer, CallerKind.SERVICE), get("/broken", fail, CallerKind.SERVICE)
    ) as running:
        yield running


async def call(service: Running, path: str, times: int = 1) -> None:
    async with open_session() as session:
        client = InternalClient(
            session,
            base_url=service.url,
            audience=service.name,
            signer=signer_of("bookings", service.name),
        )
        for _ in range(times):
            await client.call("GET", path, Done, timeout=10)


def test_without_a_collector_nothing_is_imported() -> None:
    """No service imports the libraries that record."""
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, check=True)
    assert json.loads(done.stdout) == []
