"""Long time limits for services under test, which run in the process of the test.

While a busy machine stops that process for seconds, a short time limit expires, and the response is
503. Tests about time limits use the fixture `product_time_limits`.
"""

from typing import Any

import pytest

from linktime_common import postgres
from linktime_common.http import client, writes

LONG_SECONDS = 30.0
_answer_once = writes.answer_once


async def _answer_late(*args: Any, **named: Any) -> Any:
    return await _answer_once(*args, **{**named, "seconds": LONG_SECONDS})


LIMITS: tuple[tuple[Any, str, Any], ...] = (
    (client, "CONNECT_SECONDS", LONG_SECONDS),
    (postgres, "ACQUIRE_SECONDS", LONG_SECONDS),
    (postgres, "CONNECT_SECONDS", LONG_SECONDS),
    (postgres, "OPEN_SECONDS", LONG_SECONDS),
    (writes, "answer_once", _answer_late),
)
PRODUCT_LIMITS = tuple((module, name, getattr(module, name)) for module, name, _ in LIMITS)


@pytest.fixture(autouse=True)
def _long_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, value in LIMITS:
        monkeypatch.setattr(module, name, value)


@pytest.fixture
def product_time_limits(_long_limits: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time limits of production."""
    for module, name, value in PRODUCT_LIMITS:
        monkeypatch.setattr(module, name, value)
