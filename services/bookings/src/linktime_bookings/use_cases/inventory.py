"""What the operator compares and removes; see `linktime reconcile`."""

from collections.abc import Mapping

from linktime_bookings.store import inventory
from linktime_common.inventory import Kind, removes

KINDS: Mapping[str, Kind] = {
    "bookings": Kind(inventory.BOOKINGS),
    "mails": Kind(inventory.MAILS, removes(inventory.DELETE_MAIL)),
    "reminders": Kind(inventory.REMINDERS, removes(inventory.DELETE_REMINDERS)),
}
