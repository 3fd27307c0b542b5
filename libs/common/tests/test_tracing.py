"""Spans of requests, recorded only with a collector."""

import io
import json
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from linktime_common import logs, tracing
from linktime_common.errors import Unavailable
from linktime_common.http import bodies
from linktime_common.http.client import InternalClient, open_session
from linktime_common.http.models import Done
from linktime_common.http.routes import get
from linktime_common.identity import CallerKind
from linktime_common.tracing import SpanKind, recorder
from linktime_local.testing.collectors import (
    CollectedSpan,
    Collector,
    collecting,
    recording,
    send_recorded,
)
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


async def answer(_request: web.Request) -> web.Response:
    return bodies.reply(Done())


async def fail(_request: web.Request) -> web.Response:
    raise RuntimeError(SECRET)


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    async with recording() as opened:
        yield opened


@pytest.fixture
async def service() -> AsyncIterator[Running]:
    async with serving(
        get("/things/{id}", answer, CallerKind.SERVICE, issuers=["bookings"]),
        get("/broken", fail, CallerKind.SERVICE, issuers=["bookings"]),
    ) as running:
        yield running


async def call(service: Running, path: str, times: int = 1) -> None:
    """Call the service as bookings does."""
    async with open_session() as session:
        signer = signer_of("bookings", service.name)
        client = InternalClient(session, base_url=service.url, audience=service.name, signer=signer)
        for _ in range(times):
            await client.call("GET", path, Done, timeout=30)


def shape(span: CollectedSpan) -> tuple[str, str, str]:
    return span.name, span.kind, span.parent


def test_without_a_collector_nothing_is_imported() -> None:
    """No service imports the libraries that record."""
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, check=True)
    assert json.loads(done.stdout) == []


async def test_a_request_and_its_call_are_steps_of_one_trace(
    collector: Collector, service: Running
) -> None:
    """The call in the request's trace, and the called service's step within the call."""
    with tracing.continuing(GIVEN, "request", SpanKind.SERVER) as span:
        await call(service, "/things/planted-words?name=planted-words")
        span.serve("POST", "/bookings/{id}", 201)
    await send_recorded()
    served, called, outer = collector.of_trace(GIVEN.split("-")[1])
    assert shape(outer) == ("POST /bookings/{id}", "server", GIVEN.split("-")[2])
    assert shape(called) == ("GET probe", "client", outer.id)
    assert shape(served) == ("GET /things/{id}", "server", called.id)
    answered = {"http.request.method": "GET", "http.response.status_code": 200}
    assert called.attributes == {**answered, "peer.service": "probe"}
    assert served.attributes == {**answered, "http.route": "/things/{id}"}
    assert not any(span.has_failed for span in (served, called, outer))
    assert collector.bodies
    assert not any(SECRET.encode() in body for body in collector.bodies)


async def test_a_failure_is_recorded_without_its_message(
    collector: Collector, service: Running
) -> None:
    """Which may quote a request."""
    with (
        pytest.raises(Unavailable, match="responded with 500"),
        tracing.continuing(None, "request", SpanKind.SERVER),
    ):
        await call(service, "/broken")
    await send_recorded()
    served, called, outer = collector.spans
    assert (served.has_failed, served.attributes["error.type"]) == (True, "500")
    assert (called.has_failed, called.attributes["error.type"]) == (True, "500")
    assert (outer.has_failed, outer.attributes) == (True, {"error.type": "Unavailable"})
    assert not any(SECRET.encode() in body for body in collector.bodies)


async def test_jobs_and_probes_are_not_recorded(collector: Collector, service: Running) -> None:
    """They ask every few seconds."""
    await call(service, "/things/1")
    async with service.session.get(service.internal_url + "/healthz") as response:
        assert response.status == 200
    await send_recorded()
    assert collector.spans == []


@pytest.mark.parametrize(("given", "recorded"), [(None, 0), (GIVEN, 1), (GIVEN[:-1] + "0", 0)])
async def test_the_caller_decides_and_new_traces_are_sampled(
    collector: Collector, given: str | None, recorded: int
) -> None:
    """Here none of the new ones. The flag of the context says whether a trace is recorded."""
    tracing.stop()
    tracing.configure("bookings", collector.url, share=0.0)
    with tracing.continuing(given, "request", SpanKind.SERVER):
        context = logs.traceparent.get()
        assert context is not None
        assert int(context.split("-")[3], 16) & 1 == recorded
        if given:
            assert context.split("-")[1] == given.split("-")[1]
    await send_recorded()
    assert len(collector.spans) == recorded


async def test_the_standard_switch_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    """With OTEL_SDK_DISABLED the library returns no valid ids."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    tracing.configure("bookings", "http://127.0.0.1:9")
    assert not tracing.is_recording()


@pytest.fixture
def small_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little is queued, and a collector that does not answer is left at once."""
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "32")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "8")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
    monkeypatch.setattr(recorder, "STOP_SECONDS", 0.1)


@pytest.mark.usefixtures("small_queue")
async def test_a_collector_that_does_not_answer_delays_no_request(service: Running) -> None:
    """What does not fit into the queue is dropped, the oldest first."""
    async with collecting(answers=False) as silent:
        tracing.configure("bookings", silent.url)
        for number in range(100):
            with tracing.continuing(None, f"request {number}", SpanKind.SERVER):
                await call(service, "/things/1")
            if number == 20:
                await eventually(lambda: silent.waiting)
        assert (silent.waiting, silent.spans) == (1, [])
        silent.answers.set()
        await eventually(lambda: silent.named("request 99"))
        await send_recorded()
    assert len(silent.spans) <= 8 + 32


@pytest.mark.usefixtures("small_queue")
async def test_a_missing_collector_delays_neither_requests_nor_the_end(service: Running) -> None:
    """Nothing listens on the port of the settings, or something that never answers."""
    async with collecting(answers=False) as silent:
        for url in ("http://127.0.0.1:9", silent.url):
            tracing.configure("bookings", url)
            with tracing.continuing(None, "request", SpanKind.SERVER):
                await call(service, "/things/1")
            await send_recorded()
        assert silent.spans == []


async def test_an_answer_without_an_end_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next batch is sent."""
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
    async with recording() as collector:
        collector.is_endless = True
        for name in ("GET /one", "GET /two"):
            with tracing.continuing(None, name, SpanKind.SERVER):
                pass
            await eventually(lambda name=name: bool(collector.named(name)))


async def lost_batch(url: str, written: io.StringIO) -> dict[str, object]:
    """Return the only log line of a batch that this collector does not accept."""
    tracing.configure("probe", url)
    with tracing.continuing(None, "request", SpanKind.SERVER):
        pass
    await send_recorded()
    (line,) = written.getvalue().splitlines()
    assert url.removeprefix("http://") not in line
    found: dict[str, object] = json.loads(line)
    return found


async def test_a_refused_batch_is_logged_with_the_status(
    written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the setting that names the collector; a password of it is not logged."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", f"authorization={SECRET}")
    async with collecting() as collector:
        collector.status = 401
        line = await lost_batch(collector.url, written)
    assert line["event"] == "the collector did not accept spans"
    assert (line["level"], line["service"], line["spans"]) == ("error", "probe", 1)
    assert line["reason"] == "status 401"
    assert line["setting"] == "OTEL_EXPORTER_OTLP_ENDPOINT"
    assert SECRET not in json.dumps(line)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:9", "connection refused"),
        ("http://planted-words.invalid:4318", "unknown host name"),
    ],
)
async def test_a_collector_that_is_not_reached_is_logged(
    url: str, reason: str, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the reason, without its address."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    monkeypatch.setenv("NO_PROXY", "*")
    line = await lost_batch(url, written)
    assert line["reason"] == reason
    assert SECRET not in json.dumps(line)
