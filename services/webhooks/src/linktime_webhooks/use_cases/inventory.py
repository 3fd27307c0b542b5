"""What the operator compares and removes; see `linktime reconcile`."""

from collections.abc import Mapping

from linktime_common.inventory import InventoryKind, removes_user
from linktime_webhooks.store import inventory

KINDS: Mapping[str, InventoryKind] = {"owners": InventoryKind(inventory.OWNERS, removes_user)}
