"""Set the public holidays on which a host takes no bookings."""

from uuid import UUID

from linktime_availability.deps import Deps
from linktime_availability.domain.holidays import HolidaySettings
from linktime_availability.store import holiday_settings
from linktime_common.idempotency import WriteAttempt


async def set_holidays(
    host_id: UUID,
    settings: HolidaySettings | None,
    deps: Deps,
    attempt: WriteAttempt[HolidaySettings | None],
) -> HolidaySettings | None:
    """Replace the stored host's settings; None takes bookings on all holidays."""
    async with deps.database.transaction() as connection:
        await attempt.keep(connection, settings)
        await holiday_settings.replace(connection, host_id, settings)
    return settings
