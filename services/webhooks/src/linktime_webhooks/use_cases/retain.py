"""Deletes deliveries and events after 30 days, a day at a time."""

from datetime import date, timedelta

from prometheus_client import Gauge

from linktime_common.messaging import inbox
from linktime_common.postgres import Database
from linktime_webhooks.deps import Deps
from linktime_webhooks.store import events, partitions, replay_ranges
from linktime_webhooks.store.partitions import PARTITIONED

KEPT_DAYS = 30
DAYS_AHEAD = 7
SEEN_KEPT = inbox.KEPT  # an event that is published again after a restore is not delivered again
BATCH = 1_000

IN_DEFAULT = Gauge(
    "linktime_webhooks_default_partition_rows",
    "Rows without a partition of their day; should be 0",
    ["table"],
)


async def retain(deps: Deps) -> None:
    """Run once, for today."""
    await retain_until(deps.database, deps.clock.now().date())


async def retain_until(database: Database, today: date) -> None:
    """Keep the partitions of the last 30 days and the next seven."""
    oldest = today - timedelta(days=KEPT_DAYS)
    expired = BATCH
    while expired == BATCH:
        async with database.connection() as connection:
            expired = await partitions.expire_live(connection, before=oldest, limit=BATCH)
    async with database.connection() as connection:
        is_sending = await partitions.has_live(connection, before=oldest)
    for table in PARTITIONED:
        await _add_days(database, table, today)
        # A request in progress may have to be repeated: the next run drops its event.
        if table != "events" or not is_sending:
            await _drop_days(database, table, oldest)
    await _forget_seen(database)
    await _forget_replays(database)


async def _forget_replays(database: Database) -> None:
    forgotten, kept = BATCH, timedelta(days=KEPT_DAYS)
    while forgotten == BATCH:
        async with database.connection() as connection:
            forgotten = await replay_ranges.forget(connection, older_than=kept, limit=BATCH)


async def _forget_seen(database: Database) -> None:
    forgotten = BATCH
    while forgotten == BATCH:
        async with database.connection() as connection:
            forgotten = await events.forget_seen(connection, older_than=SEEN_KEPT, limit=BATCH)


async def _add_days(database: Database, table: str, today: date) -> None:
    ahead = {today + timedelta(days=number) for number in range(DAYS_AHEAD + 1)}
    async with database.connection() as connection:
        IN_DEFAULT.labels(table).set(await partitions.count_default(connection, table))
        found = await partitions.days_in_default(connection, table)
        missing = (ahead | found) - await partitions.days_of(connection, table)
    for day in sorted(missing):
        async with database.transaction() as connection:
            await partitions.lock(connection)
            if day not in await partitions.days_of(connection, table):
                await partitions.add_day(connection, table, day)


async def _drop_days(database: Database, table: str, oldest: date) -> None:
    async with database.connection() as connection:
        days = await partitions.days_of(connection, table)
    for day in sorted(one for one in days if one < oldest):
        async with database.transaction() as connection:
            await partitions.lock(connection)
            if day in await partitions.days_of(connection, table):
                await partitions.drop_day(connection, table, day)
