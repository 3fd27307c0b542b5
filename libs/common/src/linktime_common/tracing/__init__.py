"""Spans of OpenTelemetry where requests and events enter and leave a process.

The current trace context is `logs.traceparent`, whether spans are recorded or not. Without a
collector in the settings nothing of OpenTelemetry is imported, and `continuing` and `calling`
return the same object each time.

Attributes contain ids, routes, statuses and types, as log lines do: never a name, an address or a
secret. An exception is recorded by its class.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from types import TracebackType
from typing import TYPE_CHECKING, Self

from linktime_common import logs

if TYPE_CHECKING:
    from linktime_common.tracing.recorder import SpanRecorder

Attributes = Mapping[str, str | int]

SERVER_ERROR = 500


class SpanKind(Enum):
    """The side of an exchange; named as in OpenTelemetry."""

    SERVER = "server"
    CLIENT = "client"
    PRODUCER = "producer"
    CONSUMER = "consumer"


class TraceStep:
    """A step of a trace, in a `with` block; this one is not recorded."""

    __slots__ = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        pass

    def set(self, name: str, value: str | int) -> None:
        """Set an attribute."""

    def fail(self, reason: str) -> None:
        """Mark the step as failed, for a code such as `http_503`, or the class of an exception."""

    def serve(self, method: str, route: str, status: int) -> None:
        """Name the request that was served, by the template of its path."""

    def receive(self, status: int) -> None:
        """Set the status that a server has returned; a refusal is no failure."""


NOT_RECORDED = TraceStep()
_recorder: "SpanRecorder | None" = None


def configure(service: str, collector_url: str | None, *, share: float = 1.0) -> None:
    """Record this share of new traces, and all that a caller records; None: no spans."""
    global _recorder  # noqa: PLW0603 - one per process
    if collector_url is None:
        return
    from linktime_common.tracing.recorder import SpanRecorder  # noqa: PLC0415 - only if configured

    recorder = SpanRecorder(service, collector_url, share)
    _recorder = recorder if recorder.is_enabled else None


def stop() -> None:
    """Record nothing more, and send what was recorded, within a few seconds."""
    global _recorder
    recorder, _recorder = _recorder, None
    if recorder is not None:
        recorder.stop()


def is_recording() -> bool:
    """Whether this process has a collector."""
    return _recorder is not None


def continuing(
    traceparent: str | None,
    name: str,
    kind: SpanKind,
    attributes: Attributes | None = None,
    links: Sequence[str] = (),
) -> TraceStep:
    """Return a step of the trace of a request or event that arrived, or of a new trace."""
    if _recorder is None:
        logs.begin_trace(traceparent)
        return NOT_RECORDED
    return _recorder.span(traceparent, name, kind, attributes, links)


def calling(method: str, service: str) -> TraceStep:
    """Return the step of the current trace that sends a request to a service.

    Outside of a trace nothing is recorded: jobs ask other services every few seconds.
    """
    if _recorder is None or (current := logs.traceparent.get()) is None:
        return NOT_RECORDED
    about = {"http.request.method": method, "peer.service": service}
    return _recorder.span(current, f"{method} {service}", SpanKind.CLIENT, about)
