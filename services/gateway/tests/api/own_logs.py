"""The log lines of what one test starts, without those of the gateway that all tests share."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import structlog
from structlog.testing import capture_logs

_block: ContextVar[object] = ContextVar("block", default=None)


@contextmanager
def own_logs() -> Iterator[list[structlog.typing.EventDict]]:
    """Yield the lines that are logged by code called in this block, and by tasks started in it.

    The shared gateway logs at any time what it counted before.
    """
    block = object()

    def only_own(_logger: Any, _method: str, line: Any) -> Any:
        if _block.get() is not block:
            raise structlog.DropEvent
        return line

    token = _block.set(block)
    try:
        with capture_logs(processors=[only_own]) as lines:
            yield lines
    finally:
        _block.reset(token)
