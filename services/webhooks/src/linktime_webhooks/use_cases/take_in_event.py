"""An event becomes one message and a delivery for each endpoint that chose it."""

from linktime_common.contracts.events import Event
from linktime_common.postgres import Connection
from linktime_webhooks.domain.payloads import body_of
from linktime_webhooks.store import messages


async def take_in_event(connection: Connection, event: Event) -> None:
    """Fan out; the subscribers are those of this moment. Runs in the inbox's transaction."""
    endpoint_ids = await messages.subscribed(
        connection, owner_id=event.owner_id, event_type=event.type
    )
    if not endpoint_ids:
        return
    await messages.insert(
        connection,
        event_id=event.event_id,
        owner_id=event.owner_id,
        event_type=event.type,
        body=body_of(event),
        occurred_at=event.occurred_at,
        endpoint_ids=endpoint_ids,
    )
