"""What the operator compares; see `linktime reconcile`."""

from collections.abc import Mapping

from linktime_common.inventory import Kind
from linktime_scim.store import inventory

KINDS: Mapping[str, Kind] = {"users": Kind(inventory.USERS)}
