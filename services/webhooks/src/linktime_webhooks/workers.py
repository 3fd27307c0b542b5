"""What runs beside requests and events, and how often; any number of processes may run it."""

from functools import partial

from linktime_common.endless import periodic
from linktime_common.supervision import SupervisedTask
from linktime_webhooks.deps import Deps
from linktime_webhooks.dispatcher.dispatcher import Dispatcher
from linktime_webhooks.use_cases.retain import retain
from linktime_webhooks.use_cases.sweep import sweep
from linktime_webhooks.use_cases.work_off_replays import work_off

SWEEP_SECONDS = 5.0
REPLAY_SECONDS = 0.5
RETAIN_SECONDS = 600.0


def workers(deps: Deps, dispatcher: Dispatcher) -> list[SupervisedTask]:
    """The dispatcher has a rhythm of its own."""
    return [
        SupervisedTask("dispatcher", dispatcher.run),
        periodic("webhooks are swept", partial(sweep, deps), every_seconds=SWEEP_SECONDS),
        periodic("replays are worked off", partial(work_off, deps), every_seconds=REPLAY_SECONDS),
        periodic("webhooks are retained", partial(retain, deps), every_seconds=RETAIN_SECONDS),
    ]
