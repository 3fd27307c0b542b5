"""The background jobs of this service; any number of processes may run them."""

from functools import partial

from linktime_common.contracts.events.webhooks import DeliveriesErased
from linktime_common.endless import periodic
from linktime_common.erasure import ERASURE_SECONDS, do_rounds, publish
from linktime_common.supervision import SupervisedTask
from linktime_webhooks.deps import Deps
from linktime_webhooks.dispatcher.dispatcher import Dispatcher
from linktime_webhooks.store import erasure
from linktime_webhooks.use_cases.process_replays import process_replays
from linktime_webhooks.use_cases.retain import retain
from linktime_webhooks.use_cases.sweep import sweep

SWEEP_SECONDS = 5.0
REPLAY_SECONDS = 0.5
RETAIN_SECONDS = 600.0


def workers(deps: Deps, dispatcher: Dispatcher) -> list[SupervisedTask]:
    """Return the dispatcher and the periodic jobs."""
    erase = partial(do_rounds, deps.database, erasure.erase, publish(DeliveriesErased))
    return [
        SupervisedTask("dispatcher", dispatcher.run),
        periodic("webhook sweeper", partial(sweep, deps), every_seconds=SWEEP_SECONDS),
        periodic("replay worker", partial(process_replays, deps), every_seconds=REPLAY_SECONDS),
        periodic("erasure worker", erase, every_seconds=ERASURE_SECONDS),
        periodic("webhook retention", partial(retain, deps), every_seconds=RETAIN_SECONDS),
    ]
