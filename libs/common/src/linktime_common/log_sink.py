"""Where log lines go: a line that cannot be written is counted and decides nothing."""

import errno
import io
import os
import select
import stat
import threading
from typing import TextIO

from prometheus_client import Counter

WAIT_MILLISECONDS = 100
"""For whoever reads a pipe, once: as long as it does not read, lines are dropped at once."""

DROPPED = Counter("linktime_log_lines_dropped", "Log lines that could not be written")


class LogSink(io.TextIOBase):
    """A text stream over another one that never raises, and never waits long.

    A full disk, a closed pipe or one that nobody reads loses lines, not requests.
    """

    def __init__(self, stream: TextIO | None) -> None:
        """`stream` is None where the process was started without standard output."""
        self._stream = stream
        self._descriptor = _descriptor(stream)
        self._pipe = _pipe(self._descriptor)
        self._lock = threading.Lock()
        self._lost = 0
        self._reason: str | None = None
        self._is_cut = False

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        """Write the line, or count it as dropped."""
        with self._lock:
            try:
                self._put(text)
            except (OSError, ValueError) as error:  # ValueError: the stream is closed
                number = error.errno if isinstance(error, OSError) else None
                self._reason = errno.errorcode.get(number or 0, type(error).__name__)
                self._lost += 1
                DROPPED.inc()
            else:
                self._reason = None
        return len(text)

    def problem(self) -> str | None:
        """Why lines are dropped now, and how many were, as a sentence without a full stop."""
        if self._reason is None:
            return None
        return f"log lines cannot be written ({self._reason}); {self._lost} were dropped"

    def _put(self, text: str) -> None:
        if self._descriptor is None:
            if self._stream is None:
                raise OSError(errno.EBADF, "there is no standard output")
            self._stream.write(text)
            self._stream.flush()
            return
        if self._stream is None or self._stream.closed:
            raise OSError(errno.EBADF, "standard output is closed")
        # Without a buffer: what it held would be tried again at the end of the process.
        left = text.encode(errors="backslashreplace")
        if self._is_cut:
            left = b"\n" + left
        while left:
            if self._pipe and not self._pipe.poll(0 if self._reason else WAIT_MILLISECONDS):
                raise BlockingIOError(errno.EAGAIN, "nobody reads the pipe")
            # A pipe that is ready has room for that much.
            size = select.PIPE_BUF if self._pipe else len(left)
            left = left[os.write(self._descriptor, left[:size]) :]
            self._is_cut = bool(left)


def _descriptor(stream: TextIO | None) -> int | None:
    """None for a stream that is no file of the system, as in tests."""
    try:
        return stream.fileno() if stream else None
    except (OSError, ValueError):
        return None


def _pipe(descriptor: int | None) -> "select.poll | None":
    if descriptor is None or stat.S_ISREG(os.fstat(descriptor).st_mode):
        return None
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return poll
