"""Each service handles exactly the events that are declared for it."""

from collections.abc import Iterable

import pytest

from linktime_availability.consumers import HANDLERS as AVAILABILITY
from linktime_common.contracts.events import EVENTS, Event
from linktime_contacts.consumers import HANDLERS as CONTACTS
from linktime_gateway.consumers import HANDLERS as GATEWAY
from linktime_webhooks.consumers import EVENTS as WEBHOOKS

CONSUMERS = {
    "availability": AVAILABILITY,
    "contacts": CONTACTS,
    "gateway": GATEWAY,
    "webhooks": WEBHOOKS,
}


@pytest.mark.parametrize("name", CONSUMERS)
def test_handlers_and_declarations_agree(name: str) -> None:
    """What is bound is handled, and what is handled is bound."""
    handlers: Iterable[type[Event]] = CONSUMERS[name]
    assert set(handlers) == {event for event in EVENTS if name in event.consumers}


def test_every_declared_consumer_exists() -> None:
    """A queue that nobody reads would fill for ever."""
    assert set().union(*(event.consumers for event in EVENTS)) == set(CONSUMERS)
