"""A user replays one delivery, or the events that an endpoint missed."""

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
    """The live delivery; `is_new` unless its event was already pending."""

    delivery: Delivery
    is_new: bool


@dataclass(frozen=True, kw_only=True)
class ReplayMany:
    owner_id: UUID
    endpoint_id: UUID
    choice: Choice


@dataclass(frozen=True)
class AskedReplay:
    """The running replay; `is_new` unless the same one was running already."""

    replay: RangeReplay
    is_new: bool


async def replay_delivery(
    command: ReplayDelivery, deps: Deps, attempt: WriteAttempt[Replay]
) -> Replay:
    """Send the event of a delivery again; a live one is returned unchanged.

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
    """Request a replay of the chosen events, up to 10,000; a worker creates the deliveries.

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
    """Lock the endpoint in share mode; raises EndpointNotFound, EndpointDisabled.

    A concurrent disabling or deletion waits, and ends the deliveries added here.
    """
    endpoint = await endpoints.lock_for_deliveries(
        connection, owner_id=owner_id, endpoint_id=endpoint_id
    )
    if endpoint.disabled_at is not None:
        raise EndpointDisabled(endpoint_id=endpoint_id)
