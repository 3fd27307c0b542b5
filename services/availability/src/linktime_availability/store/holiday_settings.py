"""The `holiday_settings` table; a host without a row takes bookings on public holidays."""

from collections.abc import Sequence
from uuid import UUID

from linktime_availability.domain.holidays import HolidaySettings
from linktime_common.columns import Columns
from linktime_common.postgres import Connection

SETTINGS = Columns("country", "region", "disabled")

FIND = f"SELECT {SETTINGS} FROM holiday_settings WHERE host_id = $1"  # noqa: S608 - a constant

REPLACE = f"""
    INSERT INTO holiday_settings (host_id, {SETTINGS})
    VALUES ($1, {SETTINGS.placeholders(first=2)})
    ON CONFLICT (host_id) DO UPDATE
       SET {SETTINGS.assignments_from("excluded")}
"""  # noqa: S608 - the columns are a constant

DELETE = "DELETE FROM holiday_settings WHERE host_id = $1"


async def find(connection: Connection, host_id: UUID) -> HolidaySettings | None:
    row = await connection.fetchrow(FIND, host_id)
    return read(row["country"], row["region"], row["disabled"]) if row else None


async def replace(connection: Connection, host_id: UUID, settings: HolidaySettings | None) -> None:
    """Store the host's settings; with None holidays do not count."""
    if settings is None:
        await connection.execute(DELETE, host_id)
        return
    disabled = sorted(settings.disabled)
    await connection.execute(REPLACE, host_id, settings.country, settings.region, disabled)


def read(country: str, region: str | None, disabled: Sequence[str]) -> HolidaySettings:
    """Return the settings in a row's columns."""
    return HolidaySettings(country, region, frozenset(disabled))
