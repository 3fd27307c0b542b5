"""The jobs of this service; any number of processes may run them."""

from functools import partial

from linktime_availability.calendars.metrics import measure
from linktime_availability.calendars.sync import sync_due
from linktime_availability.calendars.writing import delete_old_links, write_due
from linktime_availability.deps import Deps
from linktime_availability.store import erasure
from linktime_availability.use_cases.measure_holds import measure_holds
from linktime_common.contracts.events.availability import CalendarInviteeErased
from linktime_common.endless import periodic
from linktime_common.erasure import ERASURE_SECONDS, do_rounds, publish
from linktime_common.supervision import SupervisedTask

SYNC_SECONDS = 1.0
WRITE_SECONDS = 1.0
MEASURE_SECONDS = 30.0
HOLD_FIGURES_SECONDS = 15.0
DELETE_SECONDS = 600.0


def workers(deps: Deps) -> list[SupervisedTask]:
    """Return the jobs of roles that work."""
    erase = partial(do_rounds, deps.database, erasure.erase, publish(CalendarInviteeErased))
    measure = partial(measure_holds, deps)
    return [
        periodic("erasure worker", erase, every_seconds=ERASURE_SECONDS),
        periodic("hold figures", measure, every_seconds=HOLD_FIGURES_SECONDS),
    ]


def sync_workers(deps: Deps) -> list[SupervisedTask]:
    """Return reading and writing of calendars, and their figures; for roles that sync."""
    return [
        periodic("calendar sync", partial(sync_due, deps), every_seconds=SYNC_SECONDS),
        periodic("calendar writes", partial(write_due, deps), every_seconds=WRITE_SECONDS),
        periodic(
            "calendar link retention",
            partial(delete_old_links, deps),
            every_seconds=DELETE_SECONDS,
        ),
        periodic("calendar figures", partial(measure, deps), every_seconds=MEASURE_SECONDS),
    ]
