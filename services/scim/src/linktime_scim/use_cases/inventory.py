"""What the operator compares; see `linktime reconcile`."""

from collections.abc import Mapping

from linktime_common.inventory import InventoryKind
from linktime_scim.store import inventory

KINDS: Mapping[str, InventoryKind] = {
    "users": InventoryKind(inventory.USERS),
    "organizations": InventoryKind(inventory.ORGANIZATIONS),
}
