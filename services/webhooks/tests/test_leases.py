"""How a claim ends: only a crash is counted as a crash."""

from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from services.webhooks.tests.deliveries import ENDED, LIVE, rows, subscribe, take_in
from services.webhooks.tests.events import booking_created
from services.webhooks.tests.subscribers import Subscriber, dispatching, leases_end

from linktime_common.sealing import Sealer
from linktime_local.testing.waiting import eventually
from linktime_webhooks.deps import Deps
from linktime_webhooks.store import deliveries, leases
from linktime_webhooks.store.deliveries import Allotment, Claimed, Completed

End = Callable[[Deps, UUID, Claimed], Awaitable[None]]
PUT_BACK = "SELECT crashes FROM deliveries WHERE lease_until IS NULL AND next_at > now()"
MANY = 8  # more than the crashes that make a delivery poison
WRONG_KEY = "k1:" + urlsafe_b64encode(b"w" * 32).decode()


async def claim(deps: Deps, owner: UUID, endpoint_id: UUID) -> list[Claimed]:
    async with deps.database.connection() as connection:
        await connection.execute("UPDATE deliveries SET next_at = now()")
        return await deliveries.claim(connection, [Allotment(endpoint_id, False, 1)], owner=owner)


async def complete(deps: Deps, owner: UUID, claimed: Claimed, *, is_charged: bool) -> None:
    attempts = claimed.attempt + is_charged
    result = Completed(claimed.id, claimed.attempt, attempts, "pending", "any", 30.0)
    async with deps.database.connection() as connection:
        assert await deliveries.complete(connection, [result], owner=owner) == {
            claimed.id: "pending"
        }


async def fail(deps: Deps, owner: UUID, claimed: Claimed) -> None:
    await complete(deps, owner, claimed, is_charged=True)


async def fail_uncharged(deps: Deps, owner: UUID, claimed: Claimed) -> None:
    await complete(deps, owner, claimed, is_charged=False)


async def release(deps: Deps, owner: UUID, _claimed: Claimed) -> None:
    async with deps.database.connection() as connection:
        await leases.release(connection, owner)


async def put_back(deps: Deps, owner: UUID, claimed: Claimed) -> None:
    async with deps.database.connection() as connection:
        await leases.put_back(connection, [claimed.id], owner=owner, seconds=30.0)


@pytest.mark.parametrize("end", [fail, fail_uncharged, release, put_back])
async def test_a_completed_or_returned_claim_is_no_crash(
    deps: Deps, receiver: Subscriber, end: End
) -> None:
    """However often that happens: a crash after it is the first."""
    owner = uuid4()
    endpoint_id, _secret = await subscribe(deps, owner, receiver.url)
    await take_in(deps, booking_created(owner))
    for _ in range(MANY):
        dispatcher_id = uuid4()
        (claimed,) = await claim(deps, dispatcher_id, endpoint_id)
        await end(deps, dispatcher_id, claimed)
    assert len(await claim(deps, uuid4(), endpoint_id)) == 1
    await leases_end(deps)
    assert await rows(deps, LIVE) == [(MANY if end is fail else 0, 1)]
    assert await rows(deps, ENDED) == []


async def test_a_delivery_that_kills_dispatchers_is_poison(
    deps: Deps, receiver: Subscriber
) -> None:
    """After more than five crashes it is ended; until then it is sent again."""
    owner = uuid4()
    endpoint_id, _secret = await subscribe(deps, owner, receiver.url)
    await take_in(deps, booking_created(owner))
    for _ in range(5):
        assert len(await claim(deps, uuid4(), endpoint_id)) == 1
        await leases_end(deps)
    assert await rows(deps, LIVE) == [(0, 5)]
    await claim(deps, uuid4(), endpoint_id)
    await leases_end(deps)
    assert await rows(deps, LIVE) == []
    assert await rows(deps, ENDED) == [("poison", 0)]


async def test_a_delivery_whose_secret_cannot_be_decrypted_waits_for_the_key(
    deps: Deps, receiver: Subscriber
) -> None:
    """It is put back at once, counts no crash, and is sent when the key is configured."""
    owner = uuid4()
    await subscribe(deps, owner, receiver.url)
    await take_in(deps, booking_created(owner))
    async with dispatching(replace(deps, sealer=Sealer([WRONG_KEY]))):

        async def is_put_back() -> bool:
            return await rows(deps, PUT_BACK) == [(0,)]

        await eventually(is_put_back)
    async with deps.database.connection() as connection:
        await connection.execute("UPDATE deliveries SET next_at = now()")
    async with dispatching(deps):
        await eventually(lambda: receiver.received, what="the delivery")
