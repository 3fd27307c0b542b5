"""Records spans with OpenTelemetry's SDK, and sends them from a thread; imported on demand.

The queue has a fixed size: without a collector the oldest spans are dropped.
"""

import logging
from collections.abc import Sequence
from importlib.metadata import version
from threading import Thread
from types import TracebackType
from typing import Any, Self

import requests
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from linktime_common import logs
from linktime_common.network_errors import network_reason
from linktime_common.setting_types import OTLP_ENDPOINT
from linktime_common.tracing import SERVER_ERROR, Attributes, SpanKind, TraceStep

STOP_SECONDS = 3.0
NOT_SENT = "not sent"

_KINDS = {kind: trace.SpanKind[kind.name] for kind in SpanKind}


class _CollectorSession(requests.Session):
    """Reads no body of a response, which could be endless; so each batch has its own connection."""

    outcome = ""
    """Of the last request, without address and text of the collector."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Return the response as soon as its head is read."""
        try:
            response = super().send(request, **options | {"stream": True})
        except requests.RequestException as error:
            # The library's exception is not the cause, but the context.
            self.outcome = network_reason(error.__context__ or error) or type(error).__name__
            raise
        self.outcome = f"status {response.status_code}"
        response.close()
        response._content = b""  # noqa: SLF001 - otherwise reading the closed body raises
        return response


class _Exporter(OTLPSpanExporter):
    """Logs one line for each batch that is lost."""

    def __init__(self, endpoint: str) -> None:
        self._to_collector = _CollectorSession()
        super().__init__(endpoint=endpoint, session=self._to_collector)
        # Its lines contain the address and the answer of the collector, or no reason.
        logging.getLogger("opentelemetry.exporter").setLevel(logging.CRITICAL)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch."""
        self._to_collector.outcome = NOT_SENT
        result = super().export(spans)
        if result is not SpanExportResult.SUCCESS:
            logs.logger().error(
                "the collector did not accept spans",
                reason=self._to_collector.outcome,
                setting=OTLP_ENDPOINT,
                spans=len(spans),
            )
        return result


class SpanRecorder:
    """One per process."""

    def __init__(self, service: str, collector_url: str, share: float) -> None:
        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(share)),
            resource=Resource.create(
                {
                    "service.namespace": "linktime",
                    "service.name": service,
                    "service.version": version("linktime-common"),
                }
            ),
            shutdown_on_exit=False,  # it would wait for half a minute
        )
        endpoint = f"{collector_url.rstrip('/')}/v1/traces"
        self._provider.add_span_processor(BatchSpanProcessor(_Exporter(endpoint)))
        self._tracer = self._provider.get_tracer("linktime")

    @property
    def is_enabled(self) -> bool:
        """Whether OTEL_SDK_DISABLED is not set."""
        return not isinstance(self._tracer, trace.NoOpTracer)

    def span(
        self,
        traceparent: str | None,
        name: str,
        kind: SpanKind,
        attributes: Attributes | None,
        links: Sequence[str] = (),
    ) -> TraceStep:
        """Start a span of this trace, or of a new one."""
        parent = None if traceparent is None else _read(traceparent)
        started = self._tracer.start_span(
            name,
            # Without a context, the parent would be the current span of the library.
            Context() if parent is None else _context_of(parent),
            _KINDS[kind],
            attributes,
            [trace.Link(context) for link in links if (context := _read(link))],
        )
        return _RecordedStep(started)

    def stop(self) -> None:
        """Send what is queued; give up after a few seconds."""
        # The library has no limit of its own that is shorter than half a minute.
        sending = Thread(target=self._provider.shutdown, daemon=True)
        sending.start()
        sending.join(STOP_SECONDS)


class _RecordedStep(TraceStep):
    __slots__ = ("_before", "_span", "_traceparent")

    def __init__(self, span: trace.Span) -> None:
        context = span.get_span_context()
        self._span = span
        self._traceparent = (
            f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
        )

    def __enter__(self) -> Self:
        self._before = logs.traceparent.get()
        logs.traceparent.set(self._traceparent)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        logs.traceparent.set(self._before)
        if kind is not None:
            self.fail(kind.__name__)
        self._span.end()

    def set(self, name: str, value: str | int) -> None:
        self._span.set_attribute(name, value)

    def fail(self, reason: str) -> None:
        self._span.set_attribute("error.type", reason)
        self._span.set_status(trace.StatusCode.ERROR)

    def serve(self, method: str, route: str, status: int) -> None:
        self._span.update_name(f"{method} {route}")
        self._span.set_attributes(
            {
                "http.request.method": method,
                "http.route": route,
                "http.response.status_code": status,
            }
        )
        if status >= SERVER_ERROR:
            self.fail(str(status))

    def receive(self, status: int) -> None:
        self._span.set_attribute("http.response.status_code", status)
        if status >= SERVER_ERROR:
            self.fail(str(status))


def _read(traceparent: str) -> trace.SpanContext | None:
    if not logs.is_traceparent(traceparent):
        return None
    _version, trace_id, span_id, flags = traceparent.split("-")
    return trace.SpanContext(
        int(trace_id, 16),
        int(span_id, 16),
        is_remote=True,
        trace_flags=trace.TraceFlags(int(flags, 16)),
    )


def _context_of(parent: trace.SpanContext) -> Context:
    return trace.set_span_in_context(trace.NonRecordingSpan(parent), Context())
