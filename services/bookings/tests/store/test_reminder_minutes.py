"""The migration that gives coming bookings the minutes of their reminders."""

import asyncpg

from linktime_bookings.app import SERVICE
from linktime_common.ids import new_id
from linktime_common.migrate import migrate
from linktime_local.testing.databases import TemplateDatabases, migrate_before

BEFORE = migrate_before(SERVICE.migrations, "0016")
# The number distinguishes bookings; each starts in as many hours, or began that many ago.
ADD = """
    INSERT INTO bookings
    SELECT gen_random_uuid(), $1, n, 1, $2, s, s + interval '30 minutes', 0, 0, 'G',
           'g@navy.example', 'UTC', NULL, NULL, '[]', $1, 'Intro', 'intro', 30, 'Ada',
           'ada@host.example', 'ada', NULL, 'api', gen_random_uuid(), s, s,
           CASE $2 WHEN 'CANCELLED' THEN s END, NULL
      FROM unnest($3::int[]) AS n, LATERAL (SELECT now() + n * interval '1 hour' AS s) AS start
"""
REMIND = """
    INSERT INTO reminders (booking_id, sequence, minutes_before, due_at)
    SELECT id, $2, minutes, starts_at - minutes * interval '1 minute'
      FROM bookings, unnest($3::int[]) AS minutes
     WHERE version = $1
"""
FOUND = "SELECT version, reminder_minutes FROM bookings WHERE version <= 3 ORDER BY version"
MANY = list(range(100, 1300))


async def test_minutes_of_coming_bookings(template_databases: TemplateDatabases) -> None:
    """Of their present time; those without are known to have none. In more than one batch."""
    async with template_databases.fresh("bookings_before_reminder_minutes", BEFORE) as dsn:
        connection = await asyncpg.connect(dsn)
        await connection.execute(ADD, new_id(), "CONFIRMED", [1, 2, -3, *MANY])
        await connection.execute(ADD, new_id(), "CANCELLED", [3])
        await connection.execute(REMIND, 1, 1, [60, 30])
        await connection.execute(REMIND, 1, 0, [45])
        await migrate(dsn, *SERVICE.migrations)
        found = [tuple(row) for row in await connection.fetch(FOUND)]
        unknown = "SELECT count(*) FROM bookings WHERE version > 3 AND reminder_minutes <> '{}'"
        missing = "SELECT count(*) FROM bookings WHERE version > 3 AND reminder_minutes IS NULL"
        assert (await connection.fetchval(unknown), await connection.fetchval(missing)) == (0, 0)
        assert await connection.fetchval("SELECT bool_and(reminders_wanted) FROM bookings")
        await connection.close()
    assert found == [(-3, None), (1, [30, 60]), (2, []), (3, None)]
