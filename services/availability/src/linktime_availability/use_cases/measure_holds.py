"""Metrics of holds that bookings has not settled although they have expired."""

from prometheus_client import Gauge

from linktime_availability.deps import Deps
from linktime_availability.store import reservations

OVERDUE = Gauge("linktime_availability_overdue_holds", "Expired holds that are not settled")
OLDEST = Gauge(
    "linktime_availability_oldest_overdue_hold_seconds", "How long ago the first of them expired"
)


async def measure_holds(deps: Deps) -> None:
    """Set the gauges from the database."""
    async with deps.database.connection() as connection:
        holds, oldest_seconds = await reservations.find_overdue(connection)
    OVERDUE.set(holds)
    OLDEST.set(oldest_seconds)
