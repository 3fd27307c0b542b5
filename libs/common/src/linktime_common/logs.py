"""JSON log lines on standard output, one per request or message, with request and trace ids.

They contain ids, routes, statuses and durations: never a body, a secret, a name or an address. Pass
exceptions as values (`error=error`, `exc_info=error`): they are logged without their message.
"""

import contextlib
import logging
import re
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import datetime
from enum import Enum
from ipaddress import ip_address
from types import NoneType, TracebackType
from typing import Any, TextIO, cast
from uuid import UUID

import orjson
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from linktime_common import request_ids
from linktime_common.failures import describe, stack_of
from linktime_common.ids import random_hex
from linktime_common.log_sink import LogSink

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

# aiormq's messages about ordinary outages, which `broker` logs in one line. Its other lines are
# kept: only they report that a broker alarm has blocked a connection, for example.
_OUTAGE_LINES = (
    "error when creating transport",
    "Cancelling cause reader exited abnormally",
    "Closing channel ",
    "Got frame for closed channel",
    "It looks like you are going to send a frame",
    "Server connection %r was stuck",
    "Unexpected connection close from remote",
)

# Its second argument is the broker's reason ("low on memory"), its first has the address.
_BLOCKED = "Connection %r was blocked by: %r"
_PLACEHOLDER = re.compile(r"%(\(\w+\))?[-+ #0-9.*]*[a-zA-Z]")
MOST_REASON_CHARACTERS = 200

LOGGABLE = (Enum, UUID, int, float, datetime, NoneType)

_sinks: list[LogSink] = []

traceparent: ContextVar[str | None] = ContextVar("traceparent", default=None)
"""The W3C trace context of the current request or message."""


def configure(service: str, level: str) -> None:
    """Write structlog's and the standard library's lines to standard output as JSON."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _named(service),
        _add_ids,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _write_stack,
    ]
    sink = LogSink(sys.stdout)
    _sinks[:] = [sink]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(serializer=_to_json)],
        wrapper_class=structlog.make_filtering_bound_logger(_number(level)),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", sink)),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.clear_contextvars()
    sys.excepthook = _log_uncaught
    handler = logging.StreamHandler(sink)
    handler.addFilter(_is_no_repetition)
    handler.addFilter(_keep_template)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_to_json),
            ],
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(_number(level), logging.WARNING), force=True)


def _named(service: str) -> Processor:
    def add(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
        """Add the service, also in threads of libraries, which have no context variables."""
        line["service"] = service
        return line

    return add


def lost_lines() -> str | None:
    """Return that lines could not be written, as a sentence without a full stop, or None."""
    return next((problem for sink in _sinks if (problem := sink.problem())), None)


def logger() -> FilteringBoundLogger:
    """Return the logger that all modules use."""
    bound: FilteringBoundLogger = structlog.get_logger()
    return bound


def is_traceparent(text: object) -> bool:
    """Whether the text is a W3C trace context."""
    return isinstance(text, str) and _TRACEPARENT.fullmatch(text) is not None


def loggable(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts that cannot contain user input: ids, numbers, instants, constants, IPs."""
    return {
        name: value
        for name, value in facts.items()
        if isinstance(value, LOGGABLE) or (isinstance(value, str) and _is_identifier(value))
    }


def _is_identifier(text: str) -> bool:
    for kind in (UUID, ip_address):
        with contextlib.suppress(ValueError):
            kind(text)
            return True
    return False


def begin_trace(incoming: str | None) -> str:
    """Continue the caller's trace, or start one; returns the current traceparent.

    `tracing` adds steps to it if they are recorded. Otherwise the caller's step is passed on as it
    is, so that the next process that records has a parent that exists.
    """
    current = incoming if incoming and is_traceparent(incoming) else _new_traceparent("01")
    traceparent.set(current)
    return current


def outgoing_traceparent() -> str:
    """Return the header of a call: the current context, or one of which nothing is recorded."""
    return traceparent.get() or _new_traceparent("00")


def _new_traceparent(flags: str) -> str:
    digits = random_hex(192)
    return f"00-{digits[:32]}-{digits[32:]}-{flags}"


def _add_ids(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Add the ids of the current request or message."""
    current = traceparent.get()
    if current is not None:
        line["trace_id"] = current.split("-")[1]
    request_id = request_ids.current.get()
    if request_id is not None:
        line["request_id"] = request_id
    return line


def _write_stack(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Replace `exc_info` by the stack without messages."""
    error = line.pop("exc_info", None)
    if isinstance(error, tuple):
        error = error[1]
    elif error and not isinstance(error, BaseException):
        error = sys.exception()
    if error:
        line["exception"] = stack_of(error)
    return line


def _is_no_repetition(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] != "aiormq" or not str(record.msg).startswith(
        _OUTAGE_LINES
    )


def _keep_template(record: logging.LogRecord) -> bool:
    """Log a library's line without its arguments, and asyncio's without its list of objects."""
    template = str(record.msg).partition("\n")[0]
    args = record.args if isinstance(record.args, tuple) else ()
    if template == _BLOCKED and len(args) > 1:
        template = f"RabbitMQ has blocked a connection: {str(args[1])[:MOST_REASON_CHARACTERS]}"
    elif record.args:
        template = _PLACEHOLDER.sub("…", template)
    record.msg, record.args = template, ()
    return True


def _log_uncaught(
    _kind: type[BaseException], error: BaseException, _traceback: TracebackType | None
) -> None:
    logger().critical("the process ends", exc_info=error)


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level.upper()]


def _to_json(value: object, **_options: object) -> str:
    return orjson.dumps(value, default=_written).decode()


def _written(value: object) -> str:
    return describe(value) if isinstance(value, BaseException) else str(value)
