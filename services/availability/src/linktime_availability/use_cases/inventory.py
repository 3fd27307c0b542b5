"""What the operator compares and removes; see `linktime reconcile`."""

from collections.abc import Mapping

from linktime_availability.store import booking_versions, inventory, reservations
from linktime_availability.use_cases.apply_user import close_host
from linktime_common.contracts.internal_api.inventory import RowToRemove
from linktime_common.inventory import InventoryKind, removes
from linktime_common.postgres import Connection


async def _free(connection: Connection, row: RowToRemove) -> bool:
    known = await reservations.find(connection, row.id)
    if known is None or known.freed:
        return False
    await reservations.free(connection, row.id)
    return True


async def _forget(connection: Connection, row: RowToRemove) -> bool:
    return row.version is not None and await booking_versions.forget(
        connection, row.id, version=row.version
    )


async def _close(connection: Connection, row: RowToRemove) -> bool:
    await close_host(connection, row.id)
    return True


KINDS: Mapping[str, InventoryKind] = {
    "reservations": InventoryKind(inventory.RESERVATIONS),
    "confirmed-reservations": InventoryKind(inventory.CONFIRMED, _free),
    "overdue-holds": InventoryKind(inventory.OVERDUE_HOLDS),
    "booking-versions": InventoryKind(inventory.BOOKING_VERSIONS, _forget),
    "hosts": InventoryKind(inventory.HOSTS, _close),
    "event-links": InventoryKind(inventory.EVENT_LINKS, removes(inventory.UNWANT_EVENT)),
}
