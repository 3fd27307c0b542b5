"""Processes replays of a range: chooses the events, then creates deliveries in batches.

Each step is a separate transaction; any process continues after a crash.
"""

from linktime_common.postgres import Connection
from linktime_webhooks.deps import Deps
from linktime_webhooks.domain.delivery import MOST_REPLAYED
from linktime_webhooks.domain.replay import ReplayState
from linktime_webhooks.store import endpoints, replay_ranges
from linktime_webhooks.store.replay_ranges import LockedReplay

BATCH = 500


async def process_replays(deps: Deps) -> None:
    """Run until every running replay is ended or locked by another process."""
    while await _step(deps):
        pass


async def _step(deps: Deps) -> bool:
    """Process one batch of one replay; return False when there is none."""
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
