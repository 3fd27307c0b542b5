"""All events. Publishers, consumers, the topology and the documents use this list."""

import importlib
import pkgutil
from collections.abc import Iterator

from linktime_common.contracts.events.base import Event, next_version


def _declared() -> Iterator[type[Event]]:
    """Yield the events of each publisher's module, in the order of their declarations."""
    for found in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{found.name}")
        for value in vars(module).values():
            is_here = isinstance(value, type) and value.__module__ == module.__name__
            if is_here and issubclass(value, Event) and hasattr(value, "type"):
                yield value


EVENTS: tuple[type[Event], ...] = tuple(_declared())

__all__ = ["EVENTS", "Event", "next_version"]
