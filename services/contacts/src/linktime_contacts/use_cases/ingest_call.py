"""Insert or update a call."""

from dataclasses import dataclass
from uuid import UUID

from linktime_common.idempotency import WriteAttempt
from linktime_common.ids import new_id
from linktime_common.postgres import Connection
from linktime_contacts.deps import Deps
from linktime_contacts.domain.call import Call
from linktime_contacts.store import calls
from linktime_contacts.use_cases.ingested import Ingested


@dataclass(frozen=True, kw_only=True)
class IngestCall:
    owner_id: UUID
    call: Call


async def ingest_call(command: IngestCall, deps: Deps, attempt: WriteAttempt[Ingested]) -> Ingested:
    """Insert the call, or merge it into the stored one."""
    call_id = new_id()
    async with deps.database.transaction() as connection:
        # Not the insert alone: of an erased person's call it knows only the hash of the id.
        while (stored_id := await _merge(connection, command)) is None:
            if await calls.insert(connection, command.owner_id, call_id, command.call):
                break
        ingested = Ingested(stored_id or call_id, is_new=stored_id is None)
        await attempt.keep(connection, ingested)
    return ingested


async def _merge(connection: Connection, command: IngestCall) -> UUID | None:
    found = await calls.lock(connection, command.owner_id, command.call)
    if found is None:
        return None
    call_id, stored = found
    merged = stored.merged(command.call)
    if merged != stored:
        await calls.save(connection, command.owner_id, call_id, merged)
    return call_id
