"""A message is told, for the first time or again."""

from dataclasses import dataclass, replace
from uuid import UUID

from linktime_common.idempotency import WriteAttempt
from linktime_common.ids import new_id
from linktime_common.postgres import Connection
from linktime_contacts.deps import Deps
from linktime_contacts.domain.message import Message, StoredMessage, Thread
from linktime_contacts.store import conversations, messages
from linktime_contacts.use_cases.taken import Ingested


@dataclass(frozen=True, kw_only=True)
class TakeMessage:
    owner_id: UUID
    thread: Thread
    message: Message


async def take_message(
    command: TakeMessage, deps: Deps, attempt: WriteAttempt[Ingested]
) -> Ingested:
    """Keep it, or merge what is told into what is known; the first word names its thread."""
    async with deps.database.transaction() as connection:
        await messages.take_turn(connection, command.owner_id, command.message)
        known = await messages.find(connection, command.owner_id, command.message)
        if known is None:
            taken = Ingested(await _add(connection, command), is_new=True)
        else:
            await _merge(connection, command, known)
            taken = Ingested(known.id, is_new=False)
        await attempt.keep(connection, taken)
    return taken


async def _add(connection: Connection, command: TakeMessage) -> UUID:
    message = command.message
    conversation_id = await conversations.enter(
        connection,
        command.thread,
        owner_id=command.owner_id,
        new_id=new_id(),
        sent_at=message.sent_at,
    )
    stored = StoredMessage(new_id(), conversation_id, message)
    await messages.insert(connection, command.owner_id, stored)
    return stored.id


async def _merge(connection: Connection, command: TakeMessage, known: StoredMessage) -> None:
    merged = replace(known, message=known.message.merged(command.message))
    if merged == known:
        return
    is_moved = merged.message.sent_at != known.message.sent_at
    if is_moved:
        await conversations.lock(connection, command.owner_id, known.conversation_id)
    await messages.save(connection, command.owner_id, merged)
    if is_moved:
        await conversations.measure(connection, command.owner_id, known.conversation_id)
