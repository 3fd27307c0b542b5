"""Bodies of webhooks go after 30 days, with everything that came of them."""

from uuid import uuid4

from services.webhooks.tests.conftest import Subscriber
from services.webhooks.tests.events import booking_created
from services.webhooks.tests.test_delivery import rows, subscribe, take_in

from linktime_webhooks.deps import Deps
from linktime_webhooks.retention import forget_old

AGE = "UPDATE messages SET created_at = now() - make_interval(days => $2) WHERE owner_id = $1"


async def test_old_messages_go_and_young_and_pending_ones_stay(
    deps: Deps, receiver: Subscriber
) -> None:
    """31 days and delivered: gone. 31 days and still tried, or 29 days: kept."""
    done, pending, young = uuid4(), uuid4(), uuid4()
    for owner, days in [(done, 31), (pending, 31), (young, 29)]:
        await subscribe(deps, owner, receiver.url)
        await take_in(deps, booking_created(owner))
        async with deps.database.connection() as connection:
            await connection.execute(AGE, owner, days)
    async with deps.database.connection() as connection:
        await connection.execute(
            "UPDATE deliveries SET state = 'delivered' FROM messages m"
            " WHERE m.id = message_id AND m.owner_id = ANY ($1)",
            [done, young],
        )
    await forget_old(deps.database)
    left = await rows(deps, "SELECT owner_id FROM messages")
    assert set(left) == {(pending,), (young,)}
    assert await rows(deps, "SELECT count(*) FROM deliveries") == [(2,)]
