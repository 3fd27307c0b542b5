"""What the operator compares and removes; see `linktime reconcile`."""

from collections.abc import Mapping

from linktime_common.inventory import InventoryKind, removes_user, removes_version
from linktime_contacts.store import inventory

KINDS: Mapping[str, InventoryKind] = {
    "meetings": InventoryKind(inventory.MEETINGS, removes_version(inventory.DELETE_MEETING)),
    "owners": InventoryKind(inventory.OWNERS, removes_user),
}
