"""Each dispatcher's slots of an endpoint, and the tokens of its rate."""

from collections.abc import Sequence
from uuid import UUID

from asyncpg import Record

from linktime_common.postgres import Connection
from linktime_webhooks.domain.turns import TakenSlots, Turn

ADD = """
    INSERT INTO endpoint_turns (endpoint_id)
    SELECT endpoint_id FROM endpoint_health WHERE endpoint_id = ANY ($1) ORDER BY endpoint_id
    ON CONFLICT DO NOTHING
"""

# One that another dispatcher has locked is left out: its claim ends in a moment. Every decision
# uses only the locked row, which has the latest committed values.
LOCK = """
    SELECT t.endpoint_id, e.rate_per_second,
           h.breaker = 'closed' OR h.breaker_until <= now() AS may_send,
           h.breaker <> 'closed' AS is_probe,
           t.tokens, t.tokens_at, t.taken, clock_timestamp() AS now
      FROM endpoint_turns t
      JOIN endpoints e ON e.id = t.endpoint_id
      JOIN endpoint_health h ON h.endpoint_id = t.endpoint_id
     WHERE t.endpoint_id = ANY ($1)
     ORDER BY t.endpoint_id
       FOR UPDATE OF t SKIP LOCKED
"""

SAVE = """
    UPDATE endpoint_turns t
       SET tokens = n.tokens, tokens_at = n.tokens_at, taken = n.taken
      FROM unnest($1::uuid[], $2::float8[], $3::timestamptz[], $4::jsonb[])
        AS n (endpoint_id, tokens, tokens_at, taken)
     WHERE t.endpoint_id = n.endpoint_id
"""


async def add(connection: Connection, endpoint_ids: Sequence[UUID]) -> None:
    """Create the turns of endpoints that have none."""
    await connection.execute(ADD, endpoint_ids)


async def lock(connection: Connection, endpoint_ids: Sequence[UUID]) -> dict[UUID, Turn]:
    """Lock and return the turns, except those that others have locked."""
    turns = map(_turn, await connection.fetch(LOCK, endpoint_ids))
    return {turn.endpoint_id: turn.refilled() for turn in turns}


async def save(connection: Connection, turns: Sequence[Turn]) -> None:
    """Write locked turns back."""
    if turns:
        await connection.execute(
            SAVE,
            [one.endpoint_id for one in turns],
            [one.tokens for one in turns],
            [one.tokens_at for one in turns],
            [{owner: list(held) for owner, held in one.taken.items()} for one in turns],
        )


def _turn(row: Record) -> Turn:
    endpoint_id, rate, may_send, is_probe, tokens, tokens_at, taken, now = row
    holders = {owner: TakenSlots(*one) for owner, one in taken.items()}
    return Turn(endpoint_id, rate, may_send, is_probe, tokens, tokens_at, holders, now)
