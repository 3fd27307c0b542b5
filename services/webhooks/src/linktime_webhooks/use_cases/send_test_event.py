"""A user sends a sample event to an endpoint."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linktime_common import request_ids
from linktime_common.idempotency import WriteAttempt
from linktime_common.ids import new_id
from linktime_webhooks.deps import Deps
from linktime_webhooks.domain.delivery import Delivery, DeliveryKind
from linktime_webhooks.domain.samples import body_for_test
from linktime_webhooks.store import log, replays
from linktime_webhooks.use_cases.replay import lock_enabled


@dataclass(frozen=True, kw_only=True)
class SendTestEvent:
    owner_id: UUID
    endpoint_id: UUID
    event_type: str
    now: datetime


async def send_test_event(
    command: SendTestEvent, deps: Deps, attempt: WriteAttempt[Delivery]
) -> Delivery:
    """Return the delivery.

    Raises EndpointNotFound, EndpointDisabled, TooManyTests.
    """
    names = {"owner_id": command.owner_id, "endpoint_id": command.endpoint_id}
    async with deps.database.transaction() as connection:
        await lock_enabled(connection, **names)
        await replays.count_test(connection, command.endpoint_id)
        event = await replays.insert_test_event(
            connection,
            event_id=new_id(),
            owner_id=command.owner_id,
            event_type=command.event_type,
            body=body_for_test(command.event_type, command.now),
            occurred_at=command.now,
            request_id=request_ids.current.get(),
        )
        delivery_id, _is_new = await replays.insert_one(
            connection, event, endpoint_id=command.endpoint_id, kind=DeliveryKind.TEST
        )
        delivery = await log.find(connection, **names, delivery_id=delivery_id)
        await attempt.keep(connection, delivery)
    return delivery
