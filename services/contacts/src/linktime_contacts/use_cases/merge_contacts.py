"""Merge one contact into another."""

from dataclasses import dataclass
from uuid import UUID

from linktime_common.contracts.events.contacts import ContactState
from linktime_common.idempotency import WriteAttempt
from linktime_common.messaging import outbox
from linktime_contacts.deps import Deps
from linktime_contacts.domain.contact import contact_merged
from linktime_contacts.domain.instants import whole_milliseconds
from linktime_contacts.store import contact_aliases, contacts, meetings


@dataclass(frozen=True, kw_only=True)
class MergeContacts:
    """`merged_id` is merged into `kept_id` and deleted."""

    owner_id: UUID
    kept_id: UUID
    merged_id: UUID


async def merge_contacts(
    command: MergeContacts, deps: Deps, attempt: WriteAttempt[ContactState]
) -> ContactState:
    """Return the kept contact; raises ContactNotFound, MergeTooLarge.

    Threads and calls are found by phone number, so they come with the numbers.
    """
    now = whole_milliseconds(deps.clock.now())
    owner_id = command.owner_id
    async with deps.database.transaction() as connection:
        kept, merged = await contacts.lock_two(
            connection, owner_id, command.kept_id, command.merged_id
        )
        result = kept.merged_with(merged, now=now)
        await meetings.move(connection, owner_id=owner_id, from_id=merged.id, to_id=kept.id)
        await contacts.delete(connection, owner_id, merged.id)
        await contacts.save(connection, result)
        await contact_aliases.replace(connection, result)
        saved, figures = await contacts.find(connection, owner_id, kept.id, now=now)
        state = saved.state(figures)
        await attempt.keep(connection, state)
        event = contact_merged(saved, figures, merged.id, occurred_at=now)
        await outbox.add(connection, event)
    return state
