"""What the operator compares and removes; see `linktime reconcile`."""

from collections.abc import Mapping

from linktime_bookings.store import inventory
from linktime_common.inventory import InventoryKind, removes, removes_user

KINDS: Mapping[str, InventoryKind] = {
    "bookings": InventoryKind(inventory.BOOKINGS),
    "mails": InventoryKind(inventory.MAILS, removes(inventory.DELETE_MAIL)),
    "reminders": InventoryKind(inventory.REMINDERS, removes(inventory.DELETE_REMINDERS)),
    "hosts": InventoryKind(inventory.HOSTS, removes_user),
}
