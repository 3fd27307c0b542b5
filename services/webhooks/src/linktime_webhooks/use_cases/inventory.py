"""What the operator compares and removes; see `linktime reconcile`."""

from collections.abc import Mapping

from linktime_common.contracts.internal_api.inventory import RowToRemove
from linktime_common.inventory import InventoryKind
from linktime_common.postgres import Connection
from linktime_common.user_deletion import request_deletion
from linktime_webhooks.store import inventory


async def _delete(connection: Connection, row: RowToRemove) -> bool:
    await request_deletion(connection, row.id)
    return True


KINDS: Mapping[str, InventoryKind] = {"owners": InventoryKind(inventory.OWNERS, _delete)}
