"""A collector of spans, as OpenTelemetry sends them over HTTP."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from linktime_common import logs, tracing


@dataclass(frozen=True)
class CollectedSpan:
    """A span, with ids in hexadecimal digits as in a `traceparent`; `parent` is empty at a root."""

    service: str
    name: str
    kind: str
    trace: str
    id: str
    parent: str
    links: list[str]
    """The traces that it is linked to."""
    attributes: dict[str, str | int]
    has_failed: bool


@dataclass
class Collector:
    """Keeps what it receives; while `answers` is not set, requests wait for their answer.

    If `is_endless`, its answers have a body without an end; `status` is that of the others.
    """

    url: str = ""
    is_endless: bool = False
    status: int = 200
    keeps: bool = True
    spans: list[CollectedSpan] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    waiting: int = 0
    answers: asyncio.Event = field(default_factory=asyncio.Event)

    def of_trace(self, trace: str) -> list[CollectedSpan]:
        """Return the spans of a trace, in order of arrival."""
        return [span for span in self.spans if span.trace == trace]

    def named(self, name: str) -> list[CollectedSpan]:
        """Return the spans with this name, in order of arrival."""
        return [span for span in self.spans if span.name == name]

    async def take(self, request: web.Request) -> web.Response:
        """Answer an export."""
        body = await request.read()
        self.waiting += 1
        await self.answers.wait()
        self.waiting -= 1
        if self.keeps:
            self.bodies.append(body)
            self.spans.extend(_spans(ExportTraceServiceRequest.FromString(body)))
        if self.is_endless:
            return await _never_end(request)
        return web.Response(status=self.status, content_type="application/x-protobuf")


async def _never_end(request: web.Request) -> web.Response:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"more")
        await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def collecting(*, answers: bool = True) -> AsyncIterator[Collector]:
    """Run a collector on a free port."""
    collector = Collector()
    if answers:
        collector.answers.set()
    app = web.Application(client_max_size=2**26)
    app.router.add_post("/v1/traces", collector.take)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    collector.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield collector
    finally:
        collector.answers.set()
        await runner.cleanup()


@contextlib.asynccontextmanager
async def recording(service: str = "probe") -> AsyncIterator[Collector]:
    """Record the spans of this process within the block."""
    async with collecting() as collector:
        tracing.configure(service, collector.url)
        try:
            yield collector
        finally:
            await send_recorded()


async def send_recorded() -> None:
    """Record nothing more, and send what was recorded, to a collector that may be in this loop."""
    await asyncio.to_thread(tracing.stop)
    logs.traceparent.set(None)


def _spans(message: ExportTraceServiceRequest) -> list[CollectedSpan]:
    return [
        CollectedSpan(
            service=next(
                one.value.string_value
                for one in of_service.resource.attributes
                if one.key == "service.name"
            ),
            name=span.name,
            kind=type(span).SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
            trace=span.trace_id.hex(),
            id=span.span_id.hex(),
            parent=span.parent_span_id.hex(),
            links=[link.trace_id.hex() for link in span.links],
            attributes={
                one.key: one.value.int_value
                if one.value.HasField("int_value")
                else one.value.string_value
                for one in span.attributes
            },
            has_failed=span.status.code == span.status.STATUS_CODE_ERROR,
        )
        for of_service in message.resource_spans
        for of_scope in of_service.scope_spans
        for span in of_scope.spans
    ]
