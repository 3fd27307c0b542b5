"""Pages of 20 of a host with 100,000 bookings, through the gateway.

`python -m bench.lists` runs it alone and prints the query plans. SQL inserts the host's rows, then
rows of other hosts up to a million, which should have no effect.
"""

import asyncio
import statistics
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import aiohttp
import asyncpg
from bench.slots import Row
from bench.stack import bench_stack, show
from tests.hosts import Host, make_host

from linktime_bookings.store.booking_lists import PAGE, PAGE_OF_STATUS
from linktime_operator.stack.stack import Stack

HOSTS_BOOKINGS = 100_000
OTHER_HOSTS, OTHERS_EACH = 900, 1_000
CALLS = 200
FIRST_START = datetime(2024, 1, 1, tzinfo=UTC)
MONTH = {"from": "2026-03-01", "to": "2026-03-31"}
PAGES: Mapping[str, dict[str, str]] = {
    "first page": {},
    "page 500": {"page": "500"},
    "first page, confirmed": {"status": "CONFIRMED"},
    "page 500, confirmed": {"status": "CONFIRMED", "page": "500"},
    "first page of a month": MONTH,
    "page 30 of a month, confirmed": {**MONTH, "status": "CONFIRMED", "page": "30"},
}

# Half an hour each, consecutive; every tenth is cancelled. The counting trigger and the exclusion
# index are too slow for bulk inserts.
WITHOUT_CHECKS = """
    ALTER TABLE bookings DISABLE TRIGGER USER;
    ALTER TABLE bookings DROP CONSTRAINT bookings_host_time_is_free
"""
FILL = """
    INSERT INTO bookings
         ( id, host_id, version, sequence, status, starts_at, ends_at, buffer_before, buffer_after
         , invitee_name, invitee_email, invitee_timezone, answers
         , event_type_id, event_type_name, event_type_slug, event_type_minutes
         , host_name, host_email, host_username, source, reservation_id
         , created_at, updated_at, cancelled_at )
    SELECT gen_random_uuid(), host, 1, 0
         , CASE WHEN number % 10 = 0 THEN 'CANCELLED' ELSE 'CONFIRMED' END
         , $3::timestamptz + number * interval '30 minutes'
         , $3::timestamptz + (number + 1) * interval '30 minutes', 0, 0
         , 'Zoë Invitee', 'zoe-' || number || '@example.com', 'Europe/Berlin', '[]'
         , host, 'Meeting', 'meeting', 30
         , 'Ann Host', 'ann@example.com', 'ann', 'api', gen_random_uuid()
         , $3, $3, CASE WHEN number % 10 = 0 THEN $3 END
      FROM unnest($1::uuid[]) AS host, generate_series(0, $2::int - 1) AS number
"""
COUNT = """
    INSERT INTO booking_counts (host_id, status, bookings)
    SELECT host_id, status, count(*)
      FROM bookings
     WHERE host_id = any($1)
     GROUP BY host_id, status
"""
NEW_IDS = "SELECT array_agg(gen_random_uuid()) FROM generate_series(1, $1)"


async def run(stack: Stack) -> list[Row]:
    """Measure and return the rows in the order of printing. The stack's bookings have no checks
    afterwards."""
    rows, _plans = await measure(stack)
    return rows


async def measure(stack: Stack) -> tuple[list[Row], list[str]]:
    """Return the rows of `run` and the query plans."""
    connection = await asyncpg.connect(stack.file.postgres.databases["bookings"].dsn)
    try:
        async with aiohttp.ClientSession() as session:
            host = await make_host(stack, session)
            await connection.execute(WITHOUT_CHECKS)
            await _fill(connection, [host.id], HOSTS_BOOKINGS)
            alone = [await _median(host, query) for query in PAGES.values()]
            others = await connection.fetchval(NEW_IDS, OTHER_HOSTS)
            await _fill(connection, others, OTHERS_EACH)
            among = [await _median(host, query) for query in PAGES.values()]
        plans = [await _plan(connection, host, query) for query in PAGES.values()]
    finally:
        await connection.close()
    rows = []
    for name, before, after in zip(PAGES, alone, among, strict=True):
        rows += [
            Row(f"bookings, {name}, 100,000 in the table: p50", before, "ms"),
            Row(f"bookings, {name}, 1,000,000 in the table: p50", after, "ms"),
        ]
    return rows, plans


async def _fill(connection: "asyncpg.Connection", hosts: list[object], each: int) -> None:
    await connection.execute(FILL, hosts, each, FIRST_START, timeout=600)
    await connection.execute(COUNT, hosts, timeout=60)
    # As autovacuum would do later.
    await connection.execute("VACUUM (ANALYZE) bookings", timeout=600)


async def _median(host: Host, query: Mapping[str, str]) -> float:
    path = "/api/v1/bookings?" + urlencode({"limit": "20", **query})
    times = []
    for _ in range(CALLS):
        began = time.perf_counter()
        answer = await host.call("GET", path)
        times.append((time.perf_counter() - began) * 1000)
        if answer.status != 200 or len(answer.body["data"]) != 20:
            raise SystemExit(f"{path} was answered {answer.status}: {answer.body}")
    return round(statistics.median(times), 2)


async def _plan(connection: "asyncpg.Connection", host: Host, query: Mapping[str, str]) -> str:
    """Return the plan of a page; limit and offset are read from the query as by the API."""
    since = until = None
    if "from" in query:
        since = datetime.fromisoformat(query["from"]).replace(tzinfo=UTC)
        until = datetime.fromisoformat(query["to"]).replace(tzinfo=UTC) + timedelta(days=1)
    values = [host.id, since, until, 20, (int(query.get("page", 1)) - 1) * 20]
    statement = PAGE
    if "status" in query:
        statement = PAGE_OF_STATUS
        values.append(query["status"])
    lines = await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {statement}", *values)
    return "\n".join(line[0] for line in lines)


async def _print_alone() -> None:
    async with bench_stack() as stack:
        rows, plans = await measure(stack)
    for name, plan in zip(PAGES, plans, strict=True):
        print(f"{name}\n{plan}\n")
    show(rows)


if __name__ == "__main__":
    asyncio.run(_print_alone())
