"""Logging never fails a request."""

import io
import os
import select
from pathlib import Path

from linktime_common.log_sink import LogSink


def test_a_full_disk_drops_lines_with_a_warning() -> None:
    """No exception, and a sentence with the system's name of the reason."""
    with Path("/dev/full").open("w") as full:
        sink = LogSink(full)
        sink.write("one\n")
        sink.write("two\n")
    assert sink.problem() == "log lines cannot be written (ENOSPC); 2 were dropped"


def test_lines_are_written_again_when_that_is_possible(tmp_path: Path) -> None:
    """The warning ends with the first written line."""
    read_end, write_end = os.pipe()
    with os.fdopen(write_end, "w") as stream:
        sink = LogSink(stream)
        while not sink.problem():
            sink.write("x" * 9000 + "\n")
        poll = select.poll()
        poll.register(read_end, select.POLLIN)
        received = b""
        while poll.poll(0):
            received += os.read(read_end, 65536)
        sink.write("the last\n")
        received += os.read(read_end, 65536)
        assert sink.problem() is None
    os.close(read_end)
    # A truncated line ends with a line break.
    assert received.endswith(b"x\nthe last\n")


def test_a_pipe_without_reader_and_a_closed_output() -> None:
    """Each is a reason to drop lines."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "w") as stream:
        sink = LogSink(stream)
        sink.write("lost\n")
        assert "EPIPE" in (sink.problem() or "")
    sink.write("lost\n")
    assert "EBADF" in (sink.problem() or "")
    nowhere = LogSink(None)
    nowhere.write("lost\n")
    assert "EBADF" in (nowhere.problem() or "")
    closed = io.StringIO()
    closed.close()
    captured = LogSink(closed)
    captured.write("lost\n")
    assert (
        captured.problem() == "log lines cannot be written (the stream is closed); 1 were dropped"
    )


def test_a_stream_that_is_no_file_is_written_to() -> None:
    """Such as the capture of a test."""
    stream = io.StringIO()
    LogSink(stream).write("line\n")
    assert stream.getvalue() == "line\n"
