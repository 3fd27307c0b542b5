"""The metrics of calendars; no label names a host, a server or a calendar."""

from prometheus_client import Counter, Gauge

from linktime_availability.deps import Deps
from linktime_availability.store import calendar_leases, event_link_leases

SYNCS = Counter("linktime_availability_calendar_syncs", "Calendars read", ["outcome"])
OLDEST = Gauge(
    "linktime_availability_calendar_oldest_sync_seconds",
    "Age of the busy time of the calendar that was not read for longest",
)
REFUSED = Gauge(
    "linktime_availability_calendar_refused_series", "Series of events that are not counted"
)
RECHECKS = Counter(
    "linktime_availability_calendar_rechecks", "Calendars asked before a booking", ["outcome"]
)

WRITES = Counter(
    "linktime_availability_calendar_writes", "Events written into calendars", ["outcome"]
)
DUE_WRITES = Gauge("linktime_availability_calendar_due_writes", "Events that are to be written now")
OLDEST_DUE_WRITE = Gauge(
    "linktime_availability_calendar_oldest_due_write_seconds",
    "How long the event that waits longest is due",
)


async def measure(deps: Deps) -> None:
    """Set the gauges from the database."""
    async with deps.database.connection() as connection:
        oldest_seconds, refused = await calendar_leases.find_figures(connection)
        due, oldest_due_seconds = await event_link_leases.find_figures(connection)
    OLDEST.set(oldest_seconds)
    REFUSED.set(refused)
    DUE_WRITES.set(due)
    OLDEST_DUE_WRITE.set(oldest_due_seconds)
