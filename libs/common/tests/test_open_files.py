"""A process without a free file descriptor logs it."""

import contextlib
import logging
import os
import resource
from collections.abc import Iterator

import pytest

from linktime_common import open_files
from linktime_common.open_files import OpenFiles


@contextlib.contextmanager
def no_descriptor_left() -> Iterator[None]:
    """Set the limit to the number of open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = [os.open(os.devnull, os.O_RDONLY)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (taken[0] + 1, hard))
    try:
        with contextlib.suppress(OSError):
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for one in taken:
            os.close(one)


async def test_it_is_logged_once_a_minute_with_a_count(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the limit; nothing is logged once files can be opened again."""
    files = OpenFiles()
    with no_descriptor_left():
        await files.look()
        await files.look()
        await files.look()
        assert open_files.EXHAUSTED._value.get() == 1
        monkeypatch.setattr(open_files, "LOG_SECONDS", 0.0)
        await files.look()
    await files.look()
    assert open_files.EXHAUSTED._value.get() == 0
    lines = [one.getMessage() for one in caplog.records if one.levelno == logging.ERROR]
    assert len(lines) == 2
    assert "connections are refused" in lines[0]
    assert "times=1" in lines[0]
    assert "times=3" in lines[1]
