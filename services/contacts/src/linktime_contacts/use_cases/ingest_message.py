"""Insert or update a message."""

from dataclasses import dataclass, replace
from uuid import UUID

from linktime_common.idempotency import WriteAttempt
from linktime_common.ids import new_id
from linktime_common.postgres import Connection
from linktime_contacts.deps import Deps
from linktime_contacts.domain.message import Message, StoredMessage, Thread
from linktime_contacts.store import conversations, messages
from linktime_contacts.use_cases.ingested import Ingested


@dataclass(frozen=True, kw_only=True)
class IngestMessage:
    owner_id: UUID
    thread: Thread
    message: Message


async def ingest_message(
    command: IngestMessage, deps: Deps, attempt: WriteAttempt[Ingested]
) -> Ingested:
    """Insert the message into its thread, or merge it into the stored one."""
    async with deps.database.transaction() as connection:
        await messages.lock(connection, command.owner_id, command.message)
        stored = await messages.find(connection, command.owner_id, command.message)
        if stored is None:
            ingested = Ingested(await _add(connection, command), is_new=True)
        else:
            await _merge(connection, command, stored)
            ingested = Ingested(stored.id, is_new=False)
        await attempt.keep(connection, ingested)
    return ingested


async def _add(connection: Connection, command: IngestMessage) -> UUID:
    message = command.message
    conversation_id = await conversations.open_or_lock(
        connection,
        command.thread,
        owner_id=command.owner_id,
        new_id=new_id(),
        sent_at=message.sent_at,
    )
    stored = StoredMessage(new_id(), conversation_id, message)
    await messages.insert(connection, command.owner_id, stored)
    return stored.id


async def _merge(connection: Connection, command: IngestMessage, stored: StoredMessage) -> None:
    merged = replace(stored, message=stored.message.merged(command.message))
    if merged == stored:
        return
    is_moved = merged.message.sent_at != stored.message.sent_at
    if is_moved:
        await conversations.lock(connection, command.owner_id, stored.conversation_id)
    await messages.save(connection, command.owner_id, merged)
    if is_moved:
        await conversations.recompute_times(connection, command.owner_id, stored.conversation_id)
