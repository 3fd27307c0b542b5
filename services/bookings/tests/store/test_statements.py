"""Every statement fits the schema, and lists use their indexes."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import product

import pytest
from services.bookings.tests.surroundings import Surroundings, surroundings_of

from linktime_bookings import store
from linktime_bookings.store import active_bookings, booking_lists, erasure, host_deletion
from linktime_common.ids import new_id
from linktime_common.keyset import Order
from linktime_common.postgres import Connection, Database
from linktime_local.testing.databases import TemplateDatabases
from linktime_local.testing.sql_constants import refused_constants, sql_constants


@pytest.fixture
async def prepared(
    template_databases: TemplateDatabases,
) -> AsyncIterator[Surroundings]:
    """Of each test: they change the schema and its statistics."""
    async with surroundings_of(template_databases) as made:
        yield made


async def test_every_statement_fits_the_schema(database: Database) -> None:
    """PostgreSQL can prepare it on the migrated database."""
    assert len(sql_constants(store)) >= 40
    async with database.connection() as connection:
        assert await refused_constants(connection, store) == {}


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
    ("more", "index"),
    [
        ("", "bookings_by_start"),
        (", 'CONFIRMED'", "bookings_by_status_and_start"),
    ],
)
async def test_page_uses_its_index(database: Database, more: str, index: str) -> None:
    """A deep page skips index entries only, and counts no rows."""
    owner = new_id()
    statement = booking_lists.page_statement(
        has_status=bool(more), order=Order.DESC, is_continued=False
    )
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


MIXED = """
    INSERT INTO bookings
    SELECT gen_random_uuid(), $1, n, 0, CASE n % 4 WHEN 0 THEN 'CANCELLED' ELSE 'CONFIRMED' END,
           s, s + interval '30 minutes', 0, 0, 'G', 'G' || n % 200 || '@navy.example', 'UTC', NULL,
           NULL, '[]', CASE n % 100 WHEN 0 THEN $2 ELSE md5('' || n % 50)::uuid END, 'Intro',
           'intro', 30, 'Ada', 'ada@host.example', 'ada', NULL, 'api', gen_random_uuid(), s,
           timestamptz '2020-01-01Z' + (n * 7919 % 5000) * interval '1 minute',
           CASE n % 4 WHEN 0 THEN s END, NULL
      FROM generate_series(1, 5000) AS n,
           LATERAL (SELECT timestamptz '2020-01-01Z' + n * interval '30 minutes' AS s) AS start
"""
LATER = datetime(2021, 1, 1, tzinfo=UTC)


async def test_bookings_of_an_invitee_are_counted_in_their_index(database: Database) -> None:
    """Those of others with the host and the event type are not read, also by a generic plan."""
    host_id, event_type_id = new_id(), new_id()
    async with database.connection() as connection:
        await connection.execute("ALTER TABLE bookings DISABLE TRIGGER USER")
        await connection.execute(MIXED, host_id, event_type_id, timeout=60)
        await connection.execute("VACUUM ANALYZE bookings")
        await connection.execute(f"PREPARE counted AS {active_bookings.COUNT}")
        for mode in ("force_custom_plan", "force_generic_plan"):
            await connection.execute(f"SET plan_cache_mode = {mode}")
            values = f"'{host_id}', 'g100@navy.example', '2020-01-02Z', '{event_type_id}'"
            plan = await _plan(connection, f"EXECUTE counted({values}, 'CONFIRMED')")
            assert "bookings_by_invitee" in plan, plan
            assert "Seq Scan on bookings" not in plan, plan
            assert _most_rows(plan) <= 25, plan


async def test_each_filter_is_answered_from_an_index(database: Database) -> None:
    """Only rows that match are read, also by a generic plan and after a cursor."""
    host_id, event_type_id = new_id(), new_id()
    of_type = f"'{event_type_id}'"
    filters = {
        ("event_type_id",): ("bookings_by_event_type", [of_type], 50),
        ("status", "event_type_id"): ("bookings_by_event_type", ["'CANCELLED'", of_type], 50),
        ("invitee_emails",): ("bookings_by_invitee", ["'{g7@navy.example}'"], 25),
        ("updated_since",): ("bookings_by_change", ["'2020-01-04 10:29Z'"], 51),
    }
    async with database.connection() as connection:
        await connection.execute("ALTER TABLE bookings DISABLE TRIGGER USER")
        await connection.execute(MIXED, host_id, event_type_id, timeout=60)
        await connection.execute("VACUUM ANALYZE bookings")
        for mode, order, names in product(
            ("force_custom_plan", "force_generic_plan"), Order, filters
        ):
            index, values, most = filters[names]
            await connection.execute(f"SET plan_cache_mode = {mode}")
            wanted = booking_lists.matching_statement(names, order, is_continued=True)
            literals = ", ".join([*values, f"'{LATER}'", f"'{new_id()}'"])
            await connection.execute(f"PREPARE wanted AS {wanted}")
            plan = await _plan(connection, f"EXECUTE wanted('{host_id}', 20, 0, {literals})")
            await connection.execute("DEALLOCATE wanted")
            assert index in plan, (names, plan)
            assert "Seq Scan on bookings" not in plan, (names, plan)
            assert _most_rows(plan) <= most, (names, plan)


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
async def test_the_bookings_of_an_erased_person_are_found_in_indexes(
    database: Database, mode: str
) -> None:
    """By id and by address; none of the host's other 5,000 bookings is read."""
    host_id, event_type_id = new_id(), new_id()
    async with database.connection() as connection:
        await connection.execute("ALTER TABLE bookings DISABLE TRIGGER USER")
        await connection.execute(MIXED, host_id, event_type_id, timeout=60)
        await connection.execute("VACUUM ANALYZE bookings")
        booking_id = await connection.fetchval("SELECT id FROM bookings LIMIT 1")
        await connection.execute(f"SET plan_cache_mode = {mode}")
        await connection.execute(f"PREPARE wanted AS {erasure.FIND}")
        values = f"'{host_id}', '{{{booking_id}}}', '{{g7@navy.example}}', '{LATER}'"
        plan = await _plan(connection, f"EXECUTE wanted({values})")
    assert "bookings_by_invitee" in plan
    assert _most_rows(plan) <= 26, plan


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize(
    ("values", "index"),
    [
        ([], "bookings_by_start"),
        (["'CONFIRMED'"], "bookings_by_status_and_start"),
    ],
)
async def test_a_cursor_starts_in_the_index(
    database: Database, order: Order, values: list[str], index: str
) -> None:
    """None of the 1,000 rows before the position is read, in either order."""
    host_id = new_id()
    async with database.connection() as connection:
        for filled in (host_id, new_id(), new_id()):
            await connection.execute(FILL, filled, 2_000)
        await connection.execute("VACUUM ANALYZE bookings")
        wanted = booking_lists.page_statement(
            has_status=bool(values), order=order, is_continued=True
        )
        middle = ", ".join([*values, "'2020-01-20Z'", f"'{new_id()}'"])
        await connection.execute(f"PREPARE wanted AS {wanted}")
        plan = await _plan(connection, f"EXECUTE wanted('{host_id}', NULL, NULL, 20, 0, {middle})")
    assert re.search(f"Index Only Scan (Backward )?using {index} ", plan), plan
    assert _most_rows(plan) <= 100, plan


FILL_ANSWERS = """
    INSERT INTO idempotency_records
           (scope, key, method, path, fingerprint, memory, claim, claimed_until)
    SELECT kind || gen_random_uuid() || CASE kind WHEN 'event type ' THEN ' ' || encode(
               sha256(n::text::bytea), 'hex') ELSE '' END,
           'key', 'POST', '/', '', jsonb_build_object('bookingId', gen_random_uuid()),
           gen_random_uuid(), now()
      FROM generate_series(1, 3000) AS n,
           unnest(ARRAY['event type ', 'invitee of ', 'user ']) AS kind
"""


@pytest.mark.parametrize(
    ("statement", "types"),
    [
        (host_deletion.DELETE_ANSWERS, ("uuid[]",)),
        (host_deletion.DELETE_ANSWERS_OF_TYPES, ("uuid[]", "uuid[]")),
    ],
)
async def test_answers_of_a_deleted_host_are_found_by_an_index(
    database: Database, statement: str, types: tuple[str, ...]
) -> None:
    """For each batch of bookings; the table contains the answers of all hosts."""
    async with database.connection() as connection:
        await connection.execute(FILL_ANSWERS)
        await connection.execute("VACUUM ANALYZE idempotency_records")
        await connection.execute(f"PREPARE wanted ({', '.join(types)}) AS {statement}")
        ids = (
            "ARRAY [" + ", ".join(f"'{new_id()}'" for _ in range(host_deletion.BATCH)) + "]::uuid[]"
        )
        few = f"ARRAY ['{new_id()}', '{new_id()}']::uuid[]"
        given = ", ".join([ids, few][: len(types)])
        plan = await _plan(connection, f"EXECUTE wanted({given})")
    assert "idempotency_records_pkey" in plan, plan
    assert "Seq Scan" not in plan, plan


def _most_rows(plan: str) -> int:
    """Return the largest number of rows of any plan node, over all its loops."""
    steps = re.findall(r"actual rows=([\d.]+) loops=(\d+)", plan)
    return max(int(float(rows) * int(loops)) for rows, loops in steps)


async def _plan(connection: Connection, execute: str) -> str:
    found = await connection.fetch(
        f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) {execute}"
    )
    return "\n".join(row[0] for row in found)
