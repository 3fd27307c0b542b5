"""Fixtures of the tests of the common library."""

import io
import logging
from collections.abc import Iterator

import pytest
import structlog

from linktime_common import logs


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Capture log output, configured as in a service."""
    kept, handlers = structlog.get_config(), logging.root.handlers[:]
    level = logging.root.level
    output = io.StringIO()
    monkeypatch.setattr("sys.stdout", output)
    monkeypatch.setattr("sys.excepthook", None)
    logs.configure("probe", "INFO")
    yield output
    structlog.configure(**kept)
    structlog.contextvars.clear_contextvars()
    logging.basicConfig(handlers=handlers, level=level, force=True)
