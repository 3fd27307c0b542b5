"""What the operator compares and removes; see `linktime reconcile`."""

from collections.abc import Mapping

from linktime_common.contracts.internal_api.inventory import RowToRemove
from linktime_common.inventory import InventoryKind, removes
from linktime_common.postgres import Connection
from linktime_common.user_deletion import request_deletion
from linktime_gateway.store import account_deletion, inventory


async def _delete(connection: Connection, row: RowToRemove) -> bool:
    await request_deletion(connection, row.id)
    await account_deletion.delete_account(connection, row.id)
    return True


KINDS: Mapping[str, InventoryKind] = {
    "accounts": InventoryKind(inventory.ACCOUNTS, _delete),
    "scim-tokens": InventoryKind(inventory.SCIM_TOKENS, removes(inventory.REVOKE_SCIM_TOKEN)),
    "ending-api-keys": InventoryKind(inventory.ENDING_API_KEYS),
}
