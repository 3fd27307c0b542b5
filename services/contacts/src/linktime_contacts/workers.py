"""The background jobs of this service; any number of processes may run them."""

import asyncio
from functools import partial

from linktime_common.endless import periodic
from linktime_common.erasure import ERASURE_SECONDS, do_rounds
from linktime_common.supervision import SupervisedTask
from linktime_contacts.deps import Deps
from linktime_contacts.store import erased_texts
from linktime_contacts.use_cases.erase_contact import advance_erasures, confirm_own_round
from linktime_contacts.use_cases.retain import retain

RETENTION_SECONDS = 600.0


def workers(deps: Deps, confirmed: asyncio.Event) -> list[SupervisedTask]:
    """Return the jobs; `confirmed` wakes the one that advances erasures."""
    erase = partial(do_rounds, deps.database, erased_texts.erase, confirm_own_round)
    advance = partial(advance_erasures, deps)
    return [
        periodic("erasure worker", erase, every_seconds=ERASURE_SECONDS),
        periodic("erasure coordinator", advance, every_seconds=ERASURE_SECONDS, wake=confirmed),
        periodic("retention worker", partial(retain, deps), every_seconds=RETENTION_SECONDS),
    ]
