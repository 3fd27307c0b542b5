"""Every statement fits the schema, and lists use their indexes."""

import re
from types import ModuleType

import pytest

from linktime_bookings.store import (
    booking_lists,
    bookings,
    email_counts,
    email_logs,
    email_retention,
    emails,
    fates,
    history,
    new_bookings,
    notices,
    reminders,
)
from linktime_common.ids import new_id
from linktime_common.postgres import Connection, Database

STATEMENT = re.compile(r"\s*(WITH|SELECT|INSERT|UPDATE|DELETE)\s")


def _statements(module: ModuleType) -> list[str]:
    values = [value for name, value in vars(module).items() if name.isupper()]
    return [value for value in values if isinstance(value, str) and STATEMENT.match(value)]


async def test_every_statement_fits_the_schema(database: Database) -> None:
    """PostgreSQL can prepare it on the migrated database."""
    found = [
        one
        for module in (
            booking_lists,
            bookings,
            email_counts,
            email_logs,
            email_retention,
            emails,
            fates,
            history,
            new_bookings,
            notices,
            reminders,
        )
        for one in _statements(module)
    ]
    assert len(found) >= 28
    async with database.connection() as connection:
        for statement in found:
            await connection.prepare(statement)


FILL = """
    INSERT INTO bookings
    SELECT gen_random_uuid(), $1, n, 0, CASE n % 4 WHEN 0 THEN 'CANCELLED' ELSE 'CONFIRMED' END,
           s, s + interval '30 minutes', 0, 0, 'G', 'g@navy.example', 'UTC', NULL, NULL, '[]',
           $1, 'Intro', 'intro', 30, 'Ada', 'ada@host.example', 'ada', NULL, 'api',
           gen_random_uuid(), s, s, CASE n % 4 WHEN 0 THEN s END, NULL
      FROM generate_series(1, $2::int) AS n,
           LATERAL (SELECT timestamptz '2020-01-01Z' + n * interval '30 minutes' AS s) AS start
"""


@pytest.mark.parametrize(
    ("statement", "more", "index"),
    [
        (booking_lists.PAGE, "", "bookings_by_start"),
        (booking_lists.PAGE_OF_STATUS, ", 'CONFIRMED'", "bookings_by_status_and_start"),
    ],
)
async def test_page_uses_its_index(
    database: Database, statement: str, more: str, index: str
) -> None:
    """A deep page skips index entries only, and counts no rows."""
    owner = new_id()
    async with database.connection() as connection:
        for host_id in (owner, new_id(), new_id()):
            await connection.execute(FILL, host_id, 2_000)
        await connection.execute("VACUUM ANALYZE bookings")
        await connection.execute(f"PREPARE page AS {statement}")
        unbounded = f"EXECUTE page('{owner}', NULL, NULL, 20, 1000{more})"
        plan = await _plan(connection, unbounded)
        assert f"Index Only Scan using {index} " in plan
        assert "Seq Scan on bookings" not in plan
        assert plan.count(" on bookings") == 2, "the page and its rows; nothing is counted"
        bounded = unbounded.replace("NULL, NULL", "'2020-01-10Z', '2020-01-12Z'")
        assert "Seq Scan on bookings" not in await _plan(connection, bounded)


async def _plan(connection: Connection, execute: str) -> str:
    found = await connection.fetch(
        f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) {execute}"
    )
    return "\n".join(row[0] for row in found)
