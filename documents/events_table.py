"""The table of events in docs/architecture.md."""

from manifests.parts import with_part

from linktime_common.contracts.events import EVENTS, Event

BEGIN, END = "<!-- From here on made by `make openapi` -->", "<!-- To here -->"
HEAD = "| event | publisher | consumers |\n|---|---|---|\n"


def build(page: str) -> str:
    """Return the page with the table of all events."""
    rows = "".join(map(_row, EVENTS))
    return with_part(page, f"\n{HEAD}{rows}\n", begin=BEGIN, end=END)


def _row(event: type[Event]) -> str:
    return f"| `{event.type}` | {event.publisher} | {', '.join(sorted(event.consumers))} |\n"
