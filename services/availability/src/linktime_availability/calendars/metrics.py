"""The metrics of calendars; no label names a host, a server or a calendar."""

from prometheus_client import Counter, Gauge

from linktime_availability.deps import Deps
from linktime_availability.store import calendar_leases

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


async def measure(deps: Deps) -> None:
    """Set the gauges from the database."""
    async with deps.database.connection() as connection:
        oldest_seconds, refused = await calendar_leases.find_figures(connection)
    OLDEST.set(oldest_seconds)
    REFUSED.set(refused)
