"""Deletes all rows of an owner who was deleted."""

from uuid import UUID

from linktime_common.owned_rows import delete_rows, delete_unindexed
from linktime_common.postgres import Database

# Rows before those that they refer to; counts last, because deleting contacts changes them.
INDEXED = ("messages", "conversations", "calls", "contact_aliases", "contacts", "contact_counts")
UNINDEXED = ("meetings", "erasures", "erasure_rounds")


async def delete_owner(database: Database, owner_id: UUID) -> bool:
    """Delete the owner's rows in batches; nothing has to wait."""
    for table in UNINDEXED:
        await delete_unindexed(database, table, owner_id)
    for table in INDEXED:
        await delete_rows(database, table, owner_id)
    return True
