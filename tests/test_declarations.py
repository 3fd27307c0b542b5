"""Each service handles exactly the events that declare it as a consumer."""

import importlib
from collections.abc import Iterable
from importlib.util import find_spec

import pytest

from linktime_common.contracts.events import EVENTS, Event
from linktime_operator.stack.services import SERVICES

CONSUMERS = [name for name in SERVICES if find_spec(f"linktime_{name}.consumers")]


@pytest.mark.parametrize("name", CONSUMERS)
def test_handlers_and_declarations_agree(name: str) -> None:
    """Everything bound is handled, and everything handled is bound."""
    handlers: Iterable[type[Event]] = importlib.import_module(f"linktime_{name}.consumers").HANDLERS
    assert set(handlers) == {event for event in EVENTS if name in event.consumers}


def test_every_declared_consumer_exists() -> None:
    """A queue without a consumer would grow for ever."""
    assert set().union(*(event.consumers for event in EVENTS)) == set(CONSUMERS)
