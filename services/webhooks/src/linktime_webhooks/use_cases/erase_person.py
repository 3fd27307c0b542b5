"""Erase a person whom a host has erased from the contacts."""

from linktime_common.contracts.events.contacts import ErasureRequested
from linktime_common.contracts.events.webhooks import DeliveriesErased
from linktime_common.erased_person import person_of
from linktime_common.erasure import erase_copies
from linktime_common.messaging import outbox
from linktime_common.postgres import Connection
from linktime_webhooks.store import erasure


async def erase_person(connection: Connection, event: ErasureRequested) -> None:
    """Remove the person from events, receivers' answers and copies of both, and confirm it.

    A repeat has the same result. Runs in the caller's transaction.
    """
    person = person_of(event)
    await erasure.empty(connection, person)
    await erase_copies(connection, person)
    confirmed = DeliveriesErased(
        occurred_at=event.occurred_at,
        owner_id=event.owner_id,
        aggregate_id=event.aggregate_id,
        aggregate_version=event.aggregate_version,
    )
    await outbox.add(connection, confirmed)
