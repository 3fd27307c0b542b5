"""The output of log lines: a line that cannot be written is counted, without raising."""

import errno
import io
import os
import select
import stat
import threading
from typing import TextIO

from prometheus_client import Counter

WAIT_MILLISECONDS = 100
"""How long to wait once for the reader of a pipe; after that, lines are dropped at once."""

DROPPED = Counter("linktime_log_lines_dropped", "Log lines that could not be written")


class LogSink(io.TextIOBase):
    """A text stream over another one that never raises, and never waits long.

    A full disk, a closed pipe or one without a reader loses lines, not requests.
    """

    def __init__(self, stream: TextIO | None) -> None:
        """`stream` is None if the process was started without standard output."""
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
                self._reason = _reason(error)
                self._lost += 1
                DROPPED.inc()
            else:
                self._reason = None
        return len(text)

    def problem(self) -> str | None:
        """Return why and how many lines are dropped, without a full stop, or None."""
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
        # Unbuffered: buffered text would be retried at the end of the process.
        left = text.encode(errors="backslashreplace")
        if self._is_cut:
            left = b"\n" + left
        while left:
            if self._pipe and not self._pipe.poll(0 if self._reason else WAIT_MILLISECONDS):
                raise BlockingIOError(errno.EAGAIN, "the pipe is not being read")
            # A ready pipe has room for this many bytes.
            size = select.PIPE_BUF if self._pipe else len(left)
            left = left[os.write(self._descriptor, left[:size]) :]
            self._is_cut = bool(left)


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, OSError):
        return errno.errorcode.get(error.errno or 0, "the stream failed")
    return "the stream is closed"


def _descriptor(stream: TextIO | None) -> int | None:
    """Return the file descriptor; None for a stream without one, as in tests."""
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
