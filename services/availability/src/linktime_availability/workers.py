"""The jobs of the role `sync`; any number of processes may run them."""

from functools import partial

from linktime_availability.calendars.metrics import measure
from linktime_availability.calendars.sync import sync_due
from linktime_availability.deps import Deps
from linktime_common.endless import periodic
from linktime_common.supervision import SupervisedTask

SYNC_SECONDS = 1.0
MEASURE_SECONDS = 30.0


def sync_workers(deps: Deps) -> list[SupervisedTask]:
    """Return the synchronisation of calendars and its figures."""
    return [
        periodic("calendar sync", partial(sync_due, deps), every_seconds=SYNC_SECONDS),
        periodic("calendar figures", partial(measure, deps), every_seconds=MEASURE_SECONDS),
    ]
