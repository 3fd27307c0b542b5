"""The background jobs of this service; any number of processes may run them."""

import asyncio
from functools import partial

from linktime_common.endless import periodic
from linktime_common.supervision import SupervisedTask
from linktime_contacts.deps import Deps
from linktime_contacts.use_cases.erase_contact import advance_erasures
from linktime_contacts.use_cases.retain import retain

ERASURE_SECONDS = 5.0
RETENTION_SECONDS = 600.0


def workers(deps: Deps, confirmed: asyncio.Event) -> list[SupervisedTask]:
    """Return the jobs; `confirmed` wakes the one that advances erasures."""
    advance = partial(advance_erasures, deps)
    return [
        periodic("erasure worker", advance, every_seconds=ERASURE_SECONDS, wake=confirmed),
        periodic("retention worker", partial(retain, deps), every_seconds=RETENTION_SECONDS),
    ]
