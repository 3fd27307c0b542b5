"""Leases, fencing and fairness: what one dispatcher may claim and write."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

from services.webhooks.tests.deliveries import ENDED, LIVE, REASONS, rows, subscribe, take_in
from services.webhooks.tests.events import booking_created
from services.webhooks.tests.subscribers import Subscriber, dispatching, leases_end

from linktime_common.ids import new_id
from linktime_local.testing.waiting import eventually
from linktime_webhooks.deps import Deps
from linktime_webhooks.dispatcher.recording import AttemptResult, Recorder
from linktime_webhooks.dispatcher.slots import Lane, SendSlots
from linktime_webhooks.dispatcher.targets import Targets
from linktime_webhooks.domain.health import HealthSample
from linktime_webhooks.store import deliveries, endings, endpoints, leases
from linktime_webhooks.store.attempts import AttemptRow
from linktime_webhooks.store.deliveries import BEGINNING, Allotment, Candidate, Claimed, Completed


async def claim(deps: Deps, owner: UUID, endpoint_id: UUID, count: int = 8) -> list[Claimed]:
    async with deps.database.connection() as connection:
        return await deliveries.claim(
            connection, [Allotment(endpoint_id, False, count)], owner=owner
        )


def delivered(claimed: Claimed) -> AttemptResult:
    """Return the result of an attempt with the response 204."""
    return AttemptResult(
        Completed(claimed.id, claimed.attempt, claimed.attempt + 1, "delivered", "ok", 0.0),
        AttemptRow(
            id=new_id(),
            delivery_id=claimed.id,
            endpoint_id=claimed.endpoint_id,
            attempt=claimed.attempt + 1,
            at=datetime.now(UTC),
            url="http://127.0.0.1/",
            address=None,
            request_headers={},
            status=204,
            reason="ok",
            dns_ms=None,
            connect_ms=None,
            tls_ms=None,
            first_byte_ms=None,
            total_ms=1,
            response_headers=b"",
            response_body=b"",
            response_truncated=False,
        ),
        None,
        claimed.occurred_at,
        Lane.FAST,
    )


async def record(deps: Deps, owner: UUID, *results: AttemptResult) -> None:
    """Record these as the dispatcher `owner`."""
    recorder = Recorder(
        deps.database,
        deps.clock,
        owner,
        on_recorded=lambda _result: None,
        on_health=lambda *_health: None,
        on_gone=lambda _endpoint: None,
    )
    await recorder._write(results)


async def test_a_dead_dispatchers_claim_is_sent_by_another(
    deps: Deps, receiver: Subscriber
) -> None:
    """After the lease ends the row is due again, and the crash costs no attempt."""
    owner = uuid4()
    endpoint_id, _secret = await subscribe(deps, owner, receiver.url)
    await take_in(deps, booking_created(owner))
    assert len(await claim(deps, uuid4(), endpoint_id)) == 1
    assert await claim(deps, uuid4(), endpoint_id) == []
    await leases_end(deps)
    assert await rows(deps, LIVE) == [(0, 1)]
    async with dispatching(deps):
        await eventually(lambda: receiver.received, what="the delivery")
    assert await rows(deps, ENDED) == [("delivered", 1)]


async def test_a_dead_dispatchers_retry_is_sent_too(deps: Deps, receiver: Subscriber) -> None:
    """Not only first attempts are freed (frain-dev/convoy#1977); later ones keep their count."""
    owner = uuid4()
    endpoint_id, _secret = await subscribe(deps, owner, receiver.url)
    await take_in(deps, booking_created(owner))
    async with deps.database.connection() as connection:
        await connection.execute("UPDATE deliveries SET attempt = 2")
    assert len(await claim(deps, uuid4(), endpoint_id)) == 1
    await leases_end(deps)
    async with dispatching(deps):
        await eventually(lambda: receiver.received, what="the delivery")
    assert await rows(deps, ENDED) == [("delivered", 3)]


async def test_a_live_lease_is_not_returned(deps: Deps, receiver: Subscriber) -> None:
    """The sweeper only frees expired leases."""
    owner = uuid4()
    endpoint_id, _secret = await subscribe(deps, owner, receiver.url)
    await take_in(deps, booking_created(owner))
    await claim(deps, uuid4(), endpoint_id)
    async with deps.database.connection() as connection:
        assert await leases.return_expired(connection, limit=10) == (0, 0)
    assert await claim(deps, uuid4(), endpoint_id) == []


async def test_a_late_result_of_a_lost_lease_changes_nothing(
    deps: Deps, receiver: Subscriber
) -> None:
    """Completion is fenced by the lease's owner; the attempt itself is recorded."""
    owner, loser = uuid4(), uuid4()
    endpoint_id, _secret = await subscribe(deps, owner, receiver.url)
    await take_in(deps, booking_created(owner))
    (claimed,) = await claim(deps, loser, endpoint_id)
    await leases_end(deps)
    (again,) = await claim(deps, uuid4(), endpoint_id)
    await record(deps, loser, delivered(claimed))
    assert again.id == claimed.id
    assert await rows(deps, LIVE) == [(0, 1)]
    assert await rows(deps, ENDED) == []
    assert await rows(deps, REASONS) == [("ok",)]


async def test_a_result_written_twice_has_its_effect_once(deps: Deps, receiver: Subscriber) -> None:
    """The result of a COMMIT may be lost: the same batch is written again."""
    owner, sender = uuid4(), uuid4()
    endpoint_id, _secret = await subscribe(deps, owner, receiver.url)
    await take_in(deps, booking_created(owner))
    (claimed,) = await claim(deps, sender, endpoint_id)
    result = delivered(claimed)
    await record(deps, sender, result)
    await record(deps, sender, result)
    assert await rows(deps, ENDED) == [("delivered", 1)]
    assert await rows(deps, REASONS) == [("ok",)]


async def test_a_target_that_expires_during_a_lookup_is_used(
    deps: Deps, receiver: Subscriber
) -> None:
    """Otherwise its claims would wait for their leases to end."""
    owner = uuid4()
    known, unknown = [(await subscribe(deps, owner, receiver.url))[0] for _ in range(2)]
    targets = Targets(deps.database, deps.sealer)
    await targets.find([known])
    looking = asyncio.create_task(targets.find([known, unknown]))
    await asyncio.sleep(0)  # started, and waiting for the database
    targets._on_change(str(known))
    assert set(await looking) == {known, unknown}


async def test_a_result_for_an_endpoint_deleted_meanwhile_is_recorded(
    deps: Deps, receiver: Subscriber
) -> None:
    """Its claimed rows end by their results; no row keeps failing (svix-webhooks#1511)."""
    owner, sender = uuid4(), uuid4()
    endpoint_id, _secret = await subscribe(deps, owner, receiver.url)
    await take_in(deps, booking_created(owner))
    (claimed,) = await claim(deps, sender, endpoint_id)
    async with deps.database.transaction() as connection:
        await endpoints.delete(connection, owner_id=owner, endpoint_id=endpoint_id)
        await endings.end_some(connection, endpoint_id)
    await record(deps, sender, delivered(claimed))
    assert await rows(deps, LIVE) == []
    assert await rows(deps, ENDED) == [("delivered", 1)]
    assert await rows(deps, REASONS) == [("ok",)]


async def test_two_processes_completing_for_the_same_endpoints_do_not_deadlock(
    deps: Deps, receiver: Subscriber
) -> None:
    """Forty concurrent batches, each for all endpoints in another order: all are written."""
    owner, senders = uuid4(), [uuid4() for _ in range(8)]
    ids = [(await subscribe(deps, owner, receiver.url))[0] for _ in range(5)]
    await take_in(deps, *[booking_created(owner) for _ in range(40)])
    batches = []
    for number, sender in enumerate(senders):
        results = []
        for endpoint_id in ids[number % 5 :] + ids[: number % 5]:
            results += [delivered(one) for one in await claim(deps, sender, endpoint_id, 5)]
        batches.append((sender, results[::-1] if number % 2 else results))
    answered = HealthSample(True, False, 5, 204, None)
    await asyncio.gather(
        *(
            record(deps, sender, *(one._replace(answer=answered) for one in results))
            for sender, results in batches
        )
    )
    assert await rows(deps, ENDED) == [("delivered", 1)] * 200


async def test_due_endpoints_are_found_behind_any_backlog(deps: Deps, receiver: Subscriber) -> None:
    """Each once, and page by page for many."""
    owners = [uuid4() for _ in range(5)]
    ids = set()
    for owner in owners:
        endpoint_id, _secret = await subscribe(deps, owner, receiver.url)
        ids.add(endpoint_id)
        for _ in range(3):
            await take_in(deps, booking_created(owner))
    async with deps.database.connection() as connection:
        first = await deliveries.ready(connection, after=BEGINNING, limit=3)
        rest = await deliveries.ready(connection, after=(False, first[-1].endpoint_id), limit=3)
    assert len(first) == 3
    assert {one.endpoint_id for one in first + rest} == ids
    assert len(first + rest) == 5


def candidate(endpoint_id: UUID | None = None, **more: bool) -> Candidate:
    flags = {"is_replay": False, "slow": False, "is_probe": False, "has_turn": True} | more
    return Candidate(endpoint_id or uuid4(), rate=None, **flags)


def warm(slots: SendSlots, *candidates: Candidate) -> None:
    """Open all slots of these endpoints by successes."""
    for one in candidates:
        for _ in range(8):
            slots.take(one.endpoint_id, Lane.FAST)
            slots.give_back(one.endpoint_id, Lane.FAST, delivered=True)


def dealt(slots: SendSlots, *candidates: Candidate) -> dict[UUID, int]:
    return {one.endpoint_id: one.count for one in slots.allot(candidates, most=10_000)}


def test_an_endpoint_begins_with_one_slot_and_has_eight_at_most() -> None:
    """After a start a backlog is not sent all at once; after failures it is one again."""
    slots, one = SendSlots(), candidate()
    assert dealt(slots, one) == {one.endpoint_id: 1}
    warm(slots, one)
    assert dealt(slots, one) == {one.endpoint_id: 8}
    slots.take(one.endpoint_id, Lane.FAST)
    assert dealt(slots, one) == {one.endpoint_id: 7}
    slots.give_back(one.endpoint_id, Lane.FAST, delivered=False)
    slots.restart(one.endpoint_id)
    assert dealt(slots, one) == {one.endpoint_id: 1}


def test_a_probe_is_alone() -> None:
    """A half-open breaker allows one delivery, whatever was allowed before."""
    slots, one = SendSlots(), candidate()
    warm(slots, one)
    probe = candidate(one.endpoint_id, is_probe=True)
    assert dealt(slots, probe) == {one.endpoint_id: 1}
    slots.take(one.endpoint_id, Lane.FAST)
    assert dealt(slots, probe) == {}


def test_slow_endpoints_and_replays_have_limited_slots() -> None:
    """Forty of each with all slots open get 64; fast ones get the rest, 256 in all."""
    slots = SendSlots()
    slow = [candidate(slow=True) for _ in range(40)]
    replays = [candidate(is_replay=True) for _ in range(40)]
    fast = [candidate() for _ in range(40)]
    warm(slots, *slow, *replays, *fast)
    assert sum(dealt(slots, *slow).values()) == 64
    assert sum(dealt(slots, *replays).values()) == 64
    together = dealt(slots, *slow, *replays, *fast)
    assert sum(together.values()) == 256
    assert sum(together[one.endpoint_id] for one in fast) >= 128


def test_slots_are_allotted_round_robin() -> None:
    """With more endpoints than slots none has two; with fewer all have the same number."""
    slots = SendSlots()
    many = [candidate() for _ in range(300)]
    warm(slots, *many)
    assert set(dealt(slots, *many).values()) == {1}
    assert set(dealt(slots, *many[:64]).values()) == {4}


def test_replays_and_new_events_share_their_endpoints_slots() -> None:
    """Eight in all to one endpoint, new events first."""
    slots, live = SendSlots(), candidate()
    warm(slots, live)
    replay = candidate(live.endpoint_id, is_replay=True)
    allotted = {one.is_replay: one.count for one in slots.allot([replay, live], most=100)}
    assert allotted == {False: 4, True: 4}
