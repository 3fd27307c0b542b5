"""Query plans for lists of owners with many rows."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from linktime_common.keyset import Order
from linktime_common.postgres import Database, connect
from linktime_contacts.store import calls, contact_lists, conversations, messages

OWNER = UUID(int=1)
NOW = datetime(2026, 3, 1, tzinfo=UTC)
NEWEST = contact_lists.page_statement(
    contact_lists.ContactFilters(), Order.DESC, is_continued=False
)

OWNED = """('00000000-0000-0000-0000-00000000000' || (1 + n % 4))::uuid AS o,
           timestamptz '2026-01-01' + n * interval '1 s' AS t"""

FILL = f"""
    INSERT INTO contacts (id, owner_id, name, email, email_key, phone, search_key, version,
                          created_at, updated_at)
    SELECT gen_random_uuid(), o, 'n', e, e,
           '+49' || (1000000 + n), md5(n::text) || E'\\n' || e, 1, t, t
      FROM generate_series(1, 20000) AS n,
           LATERAL (SELECT n || '@example.com' AS e, {OWNED}) AS m;
    INSERT INTO conversations (id, owner_id, channel, contact_address, our_address,
                               first_message_at, last_message_at)
    SELECT gen_random_uuid(), o, 'SMS',
           '+49' || (1000000 + n), '+4930999999', t, t
      FROM generate_series(1, 20000) AS n,
           LATERAL (SELECT {OWNED}) AS m;
    INSERT INTO messages (id, owner_id, conversation_id, source, external_id, direction, content,
                          media, sent_at)
    SELECT gen_random_uuid(), owner_id, id, 's', id::text, 'INBOUND', 'c', '[]', last_message_at
      FROM conversations;
    INSERT INTO calls (id, owner_id, source, external_id, direction, contact_phone, started_at,
                       duration_seconds, status, transcript, metadata)
    SELECT gen_random_uuid(), o, 's', n::text, 'INBOUND',
           '+49' || (1000000 + n), t, 1,
           CASE WHEN n % 3 = 0 THEN 'FAILED' ELSE 'COMPLETED' END, '[]', '{{}}'
      FROM generate_series(1, 20000) AS n, LATERAL (SELECT {OWNED}) AS m;
"""


@pytest.fixture(scope="module")
async def crowded(fresh_dsn: Any) -> AsyncIterator[Database]:
    """A database with 20,000 rows per table, a quarter of them the owner's."""
    async with fresh_dsn() as dsn:
        database = await connect(dsn, application_name="test")
        try:
            async with database.connection() as connection:
                await connection.execute(FILL, timeout=60)
                for table in ("contacts", "conversations", "messages", "calls"):
                    await connection.execute(f"VACUUM ANALYZE {table}", timeout=60)
            yield database
        finally:
            await database.close()


async def plan(database: Database, statement: str, *values: object) -> str:
    async with database.connection() as connection:
        rows = await connection.fetch(
            f"EXPLAIN (ANALYZE, COSTS off, TIMING off) {statement}", *values
        )
    return "\n".join(row[0] for row in rows)


def most_rows(text: str) -> int:
    """Return the largest number of rows of any plan node, over all its loops."""
    steps = re.findall(r"actual rows=([\d.]+) loops=(\d+)", text)
    return max(int(float(rows) * int(loops)) for rows, loops in steps)


@pytest.mark.parametrize(
    ("statement", "values", "index"),
    [
        (NEWEST, (20, 0, NOW), "contacts_newest_first"),
        (contact_lists.COUNT, (), "contact_counts_pkey"),
        (calls.PAGE, (None, None, 20, 0), "calls_newest_first"),
        (calls.PAGE_OF_STATUS, (None, None, 20, 0, "FAILED"), "calls_by_status"),
        (conversations.PAGE, (None, None, 20, 0), "conversations_newest_first"),
        (
            conversations.PAGE_OF_ADDRESS,
            (None, None, 20, 0, "+491000008"),
            "conversations_are_one_for_each_pair",
        ),
    ],
)
async def test_a_page_is_found_in_an_index(
    crowded: Database, statement: str, values: tuple[object, ...], index: str
) -> None:
    """Only the rows up to the end of the page are read; the contact's number has an index as
    well."""
    text = await plan(crowded, statement, OWNER, *values)
    assert index in text, text
    assert "Seq Scan" not in text, text
    assert most_rows(text) <= 20, text


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (NEWEST, (20, 4_980, NOW)),
        (calls.PAGE, (None, None, 20, 4_980)),
        (calls.COUNT, (None, None)),
        (calls.COUNT_OF_STATUS, (None, None, "FAILED")),
        (conversations.PAGE, (None, None, 20, 4_980)),
        (conversations.COUNT, (None, None)),
    ],
)
async def test_skipped_and_counted_rows_use_index_only_scans(
    crowded: Database, statement: str, values: tuple[object, ...]
) -> None:
    """OFFSET and count do not read the table."""
    text = await plan(crowded, statement, OWNER, *values)
    assert "Index Only Scan" in text, text
    assert "Seq Scan" not in text, text


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("search", [None, "c20ad4d7", "zq"])
async def test_changed_contacts_are_found_in_their_index(
    crowded: Database, order: Order, search: str | None
) -> None:
    """Only contacts that have changed are read, also by a generic plan and after a cursor."""
    filters = contact_lists.ContactFilters(search=search, updated_since=NOW)
    page = contact_lists.page_statement(filters, order, is_continued=True)
    count = contact_lists.count_statement(filters)
    values = ", ".join(f"'{value}'" for value in filters.values())
    position = f"'{NOW}', '{UUID(int=2)}'"
    async with crowded.transaction() as connection:
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await connection.execute(f"PREPARE page AS {page}")
        await connection.execute(f"PREPARE counted AS {count}")
        for call in (
            f"page('{OWNER}', 20, 0, '{NOW}', {values}, {position})",
            f"counted('{OWNER}', {values})",
        ):
            rows = await connection.fetch(
                f"EXPLAIN (ANALYZE, COSTS off, TIMING off) EXECUTE {call}"
            )
            text = "\n".join(row[0] for row in rows)
            assert "contacts_by_change" in text or "contacts_search" in text, text
            assert "Seq Scan" not in text, text
            assert most_rows(text) <= 20, text
        await connection.execute("DEALLOCATE page")
        await connection.execute("DEALLOCATE counted")


@pytest.mark.parametrize("order", Order)
async def test_a_cursor_starts_in_the_index(crowded: Database, order: Order) -> None:
    """No contacts before the position are read, in either order."""
    middle = datetime(2026, 1, 1, 3, tzinfo=UTC)
    page = contact_lists.page_statement(contact_lists.ContactFilters(), order, is_continued=True)
    text = await plan(crowded, page, OWNER, 20, 0, NOW, middle, UUID(int=2))
    assert "contacts_newest_first" in text, text
    assert most_rows(text) <= 20, text


def counted(**filters: str) -> str:
    return contact_lists.count_statement(contact_lists.ContactFilters(**filters))


async def test_a_search_uses_the_trigram_index(crowded: Database) -> None:
    """A search does not read all contacts."""
    text = await plan(crowded, counted(search="c20ad4d7"), OWNER, "%c20ad4d7%")
    assert "contacts_search" in text, text


async def test_a_search_for_two_spellings_uses_the_trigram_index(crowded: Database) -> None:
    """For both, also in a generic plan."""
    statement = counted(search="c20ad4d7", other_search="+4930123")
    async with crowded.transaction() as connection:
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await connection.execute(f"PREPARE both_spellings (uuid, text, text) AS {statement}")
        rows = await connection.fetch(
            f"EXPLAIN EXECUTE both_spellings ('{OWNER}', '%c20ad4d7%', '%4930123%')"
        )
        await connection.execute("DEALLOCATE both_spellings")
    text = "\n".join(row[0] for row in rows)
    assert text.count("contacts_search") == 2, text


async def test_a_short_search_does_not_use_the_trigram_index(crowded: Database) -> None:
    """Also in a generic plan."""
    async with crowded.transaction() as connection:
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await connection.execute(f"PREPARE short (uuid, text) AS {counted(search='zq')}")
        rows = await connection.fetch(f"EXPLAIN EXECUTE short ('{OWNER}', '%zq%')")
        await connection.execute("DEALLOCATE short")
    text = "\n".join(row[0] for row in rows)
    assert "contacts_search" not in text, text


async def test_the_newest_messages_use_their_index(crowded: Database) -> None:
    """For the threads of one page."""
    async with crowded.connection() as connection:
        rows = await connection.fetch("SELECT id FROM conversations LIMIT 50")
    wanted = [row["id"] for row in rows]
    text = await plan(crowded, messages.NEWEST, OWNER, wanted, None, None, 50)
    assert "messages_in_order" in text, text
    assert most_rows(text) <= 50, text
