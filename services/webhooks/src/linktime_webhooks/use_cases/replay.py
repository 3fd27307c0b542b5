"""A user has something sent again: one delivery, or what an endpoint missed."""

from dataclasses import dataclass
from uuid import UUID

from linktime_common.idempotency import WriteAttempt
from linktime_common.postgres import Connection
from linktime_webhooks.deps import Deps
from linktime_webhooks.domain.delivery import Delivery, DeliveryKind
from linktime_webhooks.domain.errors import EndpointDisabled, EventForgotten, ReplayRunning
from linktime_webhooks.domain.replay import Choice, RangeReplay
from linktime_webhooks.store import endpoints, log, replay_ranges, replays
from linktime_webhooks.store.replays import ChosenEvent


@dataclass(frozen=True, kw_only=True)
class ReplayDelivery:
    owner_id: UUID
    endpoint_id: UUID
    delivery_id: UUID


@dataclass(frozen=True)
class Replay:
    """The live delivery; `is_new` unless its event was being delivered already."""

    delivery: Delivery
    is_new: bool


@dataclass(frozen=True, kw_only=True)
class ReplayMany:
    owner_id: UUID
    endpoint_id: UUID
    choice: Choice


@dataclass(frozen=True)
class AskedReplay:
    """The running replay; `is_new` unless the same was asked for and is running already."""

    replay: RangeReplay
    is_new: bool


async def replay_delivery(
    command: ReplayDelivery, deps: Deps, attempt: WriteAttempt[Replay]
) -> Replay:
    """Send what a delivery carried once more; one that is live already goes on as it is.

    Raises EndpointNotFound, EndpointDisabled, DeliveryNotFound, EventForgotten, TooManyTests.
    """
    names = {"owner_id": command.owner_id, "endpoint_id": command.endpoint_id}
    async with deps.database.transaction() as connection:
        await lock_enabled(connection, **names)
        found = await log.find(connection, **names, delivery_id=command.delivery_id)
        if not await replays.event_is_kept(connection, found):
            raise EventForgotten(delivery_id=found.id)
        is_test = found.kind is DeliveryKind.TEST
        live_id, is_new = await replays.insert_one(
            connection,
            ChosenEvent(found.event_id, found.event_created_at),
            endpoint_id=command.endpoint_id,
            kind=DeliveryKind.TEST if is_test else DeliveryKind.REPLAY,
        )
        if is_test and is_new:
            await replays.count_test(connection, command.endpoint_id)
        live = await log.find(connection, **names, delivery_id=live_id)
        replay = Replay(live, is_new)
        await attempt.keep(connection, replay)
    return replay


async def replay_many(
    command: ReplayMany, deps: Deps, attempt: WriteAttempt[AskedReplay]
) -> AskedReplay:
    """Have what was chosen sent once more, up to 10,000; a worker makes the deliveries.

    Raises EndpointNotFound, EndpointDisabled, ReplayRunning.
    """
    async with deps.database.transaction() as connection:
        endpoint_id = command.endpoint_id
        await lock_enabled(connection, owner_id=command.owner_id, endpoint_id=endpoint_id)
        running, is_new = await replay_ranges.insert(
            connection, command.choice, endpoint_id=endpoint_id
        )
        if running.choice != command.choice:
            raise ReplayRunning(replay_id=running.id)
        asked = AskedReplay(running, is_new)
        await attempt.keep(connection, asked)
    return asked


async def lock_enabled(connection: Connection, *, owner_id: UUID, endpoint_id: UUID) -> None:
    """Keep the endpoint as it is for this transaction; raises EndpointNotFound, EndpointDisabled.

    Who disables or deletes it meanwhile waits, and ends what is added here.
    """
    endpoint = await endpoints.lock_for_deliveries(
        connection, owner_id=owner_id, endpoint_id=endpoint_id
    )
    if endpoint.disabled_at is not None:
        raise EndpointDisabled(endpoint_id=endpoint_id)
