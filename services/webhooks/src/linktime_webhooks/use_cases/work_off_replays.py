"""Replays of a range are worked off: the events are chosen, then become deliveries in batches.

Each step is a transaction of its own; a process that dies leaves the rest to any other.
"""

from linktime_common.postgres import Connection
from linktime_webhooks.deps import Deps
from linktime_webhooks.domain.delivery import MOST_REPLAYED
from linktime_webhooks.domain.replay import ReplayState
from linktime_webhooks.store import endpoints, replay_ranges
from linktime_webhooks.store.replay_ranges import LockedReplay

BATCH = 500


async def work_off(deps: Deps) -> None:
    """Until no replay is left that nobody else works on."""
    while await _step(deps):
        pass


async def _step(deps: Deps) -> bool:
    """One batch of one replay; False when there is none."""
    async with deps.database.transaction() as connection:
        locked = await replay_ranges.lock_next(connection)
        if locked is None:
            return False
        if not await endpoints.share_in_use(connection, locked.endpoint_id):
            await replay_ranges.finish(connection, locked, ReplayState.CANCELLED)
        elif locked.replay.chosen is None:
            await replay_ranges.choose(connection, locked, limit=MOST_REPLAYED)
        else:
            await _replay_some(connection, locked)
    return True


async def _replay_some(connection: Connection, locked: LockedReplay) -> None:
    taken = await replay_ranges.take_some(connection, locked, limit=BATCH)
    if taken < BATCH:
        await replay_ranges.finish(connection, locked, ReplayState.DONE)
