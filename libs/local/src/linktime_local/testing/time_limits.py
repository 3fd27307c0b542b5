"""Long time limits for services under test, which run in the process of the test.

While a busy machine stops that process for seconds, a short time limit expires, and the response is
503.
"""

from typing import Any

import pytest

from linktime_common import fair_turns, postgres, sessions
from linktime_common.http import client, idempotency, writes

LONG_SECONDS = 30.0
TimeLimits = tuple[tuple[Any, str, Any], ...]
"""Modules, names in them, and the values to set."""

_answer_once = idempotency.answer_once


async def _answer_late(*args: Any, **named: Any) -> Any:
    return await _answer_once(*args, **{**named, "seconds": LONG_SECONDS})


LONG_LIMITS: TimeLimits = (
    (client, "CONNECT_SECONDS", LONG_SECONDS),
    (fair_turns, "WAITING_SHARE", LONG_SECONDS),
    (postgres, "ACQUIRE_SECONDS", LONG_SECONDS),
    (postgres, "OPEN_SECONDS", LONG_SECONDS),
    (sessions, "CONNECT_SECONDS", LONG_SECONDS),
    (writes, "answer_once", _answer_late),
)


def of_the_product(limits: TimeLimits) -> TimeLimits:
    """Return the same limits with the values that the modules have now."""
    return tuple((module, name, getattr(module, name)) for module, name, _ in limits)


PRODUCT_LIMITS = of_the_product(LONG_LIMITS)


def set_limits(patch: pytest.MonkeyPatch, limits: TimeLimits) -> None:
    """Set them until `patch` is undone."""
    for module, name, value in limits:
        patch.setattr(module, name, value)
