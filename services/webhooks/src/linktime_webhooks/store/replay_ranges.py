"""Replays of a date range: requested once, processed in batches."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from asyncpg import Record

from linktime_common.columns import Columns
from linktime_common.ids import new_id
from linktime_common.postgres import Connection
from linktime_webhooks.domain.delivery import DeliveryState
from linktime_webhooks.domain.errors import ReplayNotFound
from linktime_webhooks.domain.replay import Choice, RangeReplay, ReplayState

CHOICE = Columns("since", "until", "states", "event_types")
PROGRESS = Columns("id", "state", "chosen", "has_more", "replayed", "created_at", "finished_at")
_COLUMNS = (CHOICE + PROGRESS + Columns("endpoint_id")).qualified("r")

INSERT = f"""
    INSERT INTO replays (id, endpoint_id, {CHOICE})
    VALUES ($1, $2, {CHOICE.placeholders(first=3)})
    ON CONFLICT (endpoint_id) WHERE state = 'running' DO NOTHING
"""  # noqa: S608 - the columns are a constant

RUNNING = f"SELECT {_COLUMNS} FROM replays r WHERE r.endpoint_id = $1 AND r.state = 'running'"  # noqa: S608 - the parts are constants

FIND = f"""
    SELECT {_COLUMNS}
      FROM replays r
      JOIN endpoints e ON e.id = r.endpoint_id
     WHERE e.owner_id = $1
       AND r.endpoint_id = $2
       AND r.id = $3
       AND e.deleted_at IS NULL
"""  # noqa: S608 - the parts are constants

# The one processed longest ago: a long replay does not delay others.
LOCK_NEXT = f"""
    SELECT {_COLUMNS}
      FROM replays r
     WHERE r.state = 'running'
     ORDER BY r.worked_at NULLS FIRST, r.created_at, r.id
     LIMIT 1
       FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - the parts are constants

# The last delivery of each event received within the range decides.
CHOOSE = """
    WITH latest AS (
        SELECT DISTINCT ON (event_created_at, event_id) event_created_at, event_id, state
          FROM delivery_history
         WHERE endpoint_id = $2
           AND created_at >= $3
           AND event_created_at >= $3
           AND event_created_at < $4
           AND kind <> 'test'
         ORDER BY event_created_at, event_id, created_at DESC, id DESC
    )
    INSERT INTO replay_events (replay_id, event_created_at, event_id)
    SELECT $1, latest.event_created_at, latest.event_id
      FROM latest
      JOIN events e ON e.created_at = latest.event_created_at AND e.id = latest.event_id
     WHERE latest.state = ANY ($5)
       AND ($6::text[] IS NULL OR e.type = ANY ($6))
       AND NOT EXISTS (
           SELECT
             FROM deliveries d
            WHERE d.event_id = latest.event_id
              AND d.endpoint_id = $2
           )
     ORDER BY latest.event_created_at, latest.event_id
     LIMIT $7
"""

# The last one only shows that there are more.
DROP_ONE_TOO_MANY = """
    DELETE FROM replay_events
     WHERE replay_id = $1
       AND (event_created_at, event_id) IN (
           SELECT event_created_at, event_id
             FROM replay_events
            WHERE replay_id = $1
            ORDER BY event_created_at DESC, event_id DESC
            LIMIT 1
           )
"""

SET_CHOSEN = "UPDATE replays SET chosen = $2, has_more = $3, worked_at = now() WHERE id = $1"

# In the order in which intake inserts, so that the two do not deadlock.
TAKE_SOME = """
    WITH batch AS (
        DELETE FROM replay_events
         WHERE replay_id = $1
           AND (event_created_at, event_id) IN (
               SELECT event_created_at, event_id
                 FROM replay_events
                WHERE replay_id = $1
                ORDER BY event_created_at, event_id
                LIMIT $2
               )
        RETURNING event_created_at, event_id
    ),
    made AS (
        INSERT INTO deliveries (id, event_id, event_created_at, endpoint_id, kind, next_at,
                                created_at)
        SELECT gen_random_uuid(), e.id, e.created_at, $3, 'replay', now(), now()
          FROM batch
          JOIN events e ON e.created_at = batch.event_created_at AND e.id = batch.event_id
         ORDER BY e.id
        ON CONFLICT ON CONSTRAINT live_deliveries_are_once DO NOTHING
        RETURNING id
    )
    UPDATE replays
       SET replayed = replayed + (SELECT count(*) FROM made), worked_at = now()
     WHERE id = $1
    RETURNING (SELECT count(*) FROM batch) AS taken
"""

FINISH = """
    WITH rest AS (
        DELETE FROM replay_events WHERE replay_id = $1
    )
    UPDATE replays SET state = $2, finished_at = now() WHERE id = $1
"""

FORGET = """
    DELETE FROM replays
     WHERE id IN (SELECT id FROM replays WHERE finished_at < now() - $1::interval LIMIT $2)
"""


@dataclass(frozen=True)
class LockedReplay:
    """A running replay, locked until the transaction ends."""

    replay: RangeReplay
    endpoint_id: UUID


async def insert(
    connection: Connection, choice: Choice, *, endpoint_id: UUID
) -> tuple[RangeReplay, bool]:
    """Return the endpoint's running replay, and whether this call created it."""
    while True:  # the conflicting one may end at this moment
        made = new_id()
        await connection.execute(INSERT, made, endpoint_id, *CHOICE.values(choice))
        if row := await connection.fetchrow(RUNNING, endpoint_id):
            return _replay(row), row["id"] == made


async def find(
    connection: Connection, *, owner_id: UUID, endpoint_id: UUID, replay_id: UUID
) -> RangeReplay:
    """Return a replay of the owner's endpoint; raises ReplayNotFound."""
    row = await connection.fetchrow(FIND, owner_id, endpoint_id, replay_id)
    if row is None:
        raise ReplayNotFound(replay_id=replay_id)
    return _replay(row)


async def lock_next(connection: Connection) -> LockedReplay | None:
    """Lock and return a running replay that no other process has locked."""
    row = await connection.fetchrow(LOCK_NEXT)
    return None if row is None else LockedReplay(_replay(row), row["endpoint_id"])


async def choose(connection: Connection, locked: LockedReplay, *, limit: int) -> None:
    """Store the first `limit` matching events without a live delivery, oldest first."""
    replay = locked.replay
    values = [replay.id, locked.endpoint_id, *CHOICE.values(replay.choice)]
    status = await connection.execute(CHOOSE, *values, limit + 1)
    found = int(status.rsplit(" ", 1)[1])
    if found > limit:
        await connection.execute(DROP_ONE_TOO_MANY, replay.id)
    await connection.execute(SET_CHOSEN, replay.id, min(found, limit), found > limit)


async def take_some(connection: Connection, locked: LockedReplay, *, limit: int) -> int:
    """Create deliveries of up to `limit` chosen events, unless live; return how many it read."""
    values = (locked.replay.id, limit, locked.endpoint_id)
    return int(await connection.fetchval(TAKE_SOME, *values))


async def finish(connection: Connection, locked: LockedReplay, state: ReplayState) -> None:
    """Mark the replay as ended."""
    await connection.execute(FINISH, locked.replay.id, state)


async def forget(connection: Connection, *, older_than: timedelta, limit: int) -> int:
    """Delete up to `limit` replays that ended longer ago than that; return how many."""
    status = await connection.execute(FORGET, older_than, limit)
    return int(status.rsplit(" ", 1)[1])


def _replay(row: Record) -> RangeReplay:
    choice, progress = CHOICE.fields(row), PROGRESS.fields(row)
    choice["states"] = tuple(DeliveryState(one) for one in choice["states"])
    if choice["event_types"] is not None:
        choice["event_types"] = tuple(choice["event_types"])
    progress["state"] = ReplayState(progress["state"])
    return RangeReplay(**progress, choice=Choice(**choice))
