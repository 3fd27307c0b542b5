"""Each service handles exactly the events that declare it as a consumer."""

from collections.abc import Iterable

import pytest

from linktime_availability.consumers import HANDLERS as AVAILABILITY
from linktime_bookings.consumers import HANDLERS as BOOKINGS
from linktime_common.contracts.events import EVENTS, Event
from linktime_contacts.consumers import HANDLERS as CONTACTS
from linktime_gateway.consumers import HANDLERS as GATEWAY
from linktime_webhooks.consumers import EVENTS as WEBHOOKS

CONSUMERS = {
    "availability": AVAILABILITY,
    "bookings": BOOKINGS,
    "contacts": CONTACTS,
    "gateway": GATEWAY,
    "webhooks": WEBHOOKS,
}


@pytest.mark.parametrize("name", CONSUMERS)
def test_handlers_and_declarations_agree(name: str) -> None:
    """Everything bound is handled, and everything handled is bound."""
    handlers: Iterable[type[Event]] = CONSUMERS[name]
    assert set(handlers) == {event for event in EVENTS if name in event.consumers}


def test_every_declared_consumer_exists() -> None:
    """A queue without a consumer would grow for ever."""
    assert set().union(*(event.consumers for event in EVENTS)) == set(CONSUMERS)
