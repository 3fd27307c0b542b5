"""Invitees are removed from bookings after a retention, if one is set."""

from dataclasses import replace
from datetime import timedelta

from services.bookings.tests.calls import Caller, slot
from services.bookings.tests.rows import change, rows

from linktime_bookings.deps import Deps
from linktime_bookings.use_cases.empty_old_bookings import empty_old_bookings
from linktime_common.postgres import Database

AGE = """
    UPDATE bookings
       SET starts_at = now() - $1::interval - interval '30 minutes', ends_at = now() - $1::interval
"""
INVITEES = "SELECT invitee_name, invitee_email, invitee_phone, notes, answers FROM bookings"
ERASED = [("Erased", "erased@erased.invalid", None, None, [])]


async def test_old_bookings_are_emptied(host: Caller, deps: Deps, database: Database) -> None:
    """Never without the setting; with it, as soon as the meeting is that long ago."""
    await host.booked(slot(0))
    before = await rows(database, INVITEES)
    await change(database, AGE, timedelta(days=31))
    await empty_old_bookings(deps)
    limited = replace(deps, invitee_retention=timedelta(days=30))
    await change(database, AGE, timedelta(days=29))
    await empty_old_bookings(limited)
    assert await rows(database, INVITEES) == before != ERASED
    await change(database, AGE, timedelta(days=31))
    for _ in range(2):
        await empty_old_bookings(limited)
    assert await rows(database, INVITEES) == ERASED
