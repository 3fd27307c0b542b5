"""Erase a person whom a host has erased from the contacts."""

from dataclasses import replace

from linktime_bookings.store import erasure
from linktime_common.contracts.events.bookings import InviteeErased
from linktime_common.contracts.events.contacts import ErasureRequested
from linktime_common.erased_person import person_of
from linktime_common.erasure import erase_copies
from linktime_common.messaging import outbox
from linktime_common.postgres import Connection


async def erase_invitee(connection: Connection, event: ErasureRequested) -> None:
    """Remove the person from bookings, mails and copies of both, and confirm it.

    A repeat has the same result. Runs in the caller's transaction.
    """
    person = person_of(event)
    found = await erasure.empty(connection, person)
    await erase_copies(connection, replace(person, ids=[*person.ids, *found]))
    confirmed = InviteeErased(
        occurred_at=event.occurred_at,
        owner_id=event.owner_id,
        aggregate_id=event.aggregate_id,
        aggregate_version=event.aggregate_version,
    )
    await outbox.add(connection, confirmed)
