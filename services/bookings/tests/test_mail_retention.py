"""Personal data of mails is removed after its retention."""

from datetime import timedelta

from services.bookings.tests.calls import Caller, slot
from services.bookings.tests.rows import change, rows

from linktime_bookings.deps import Deps
from linktime_bookings.use_cases.empty_old_emails import empty_old_emails
from linktime_common.postgres import Database

AGE = "UPDATE email_messages SET created_at = now() - $1::interval"


async def test_old_mails_are_emptied(host: Caller, deps: Deps, database: Database) -> None:
    """After 30 days only the line for the log is left, with a masked address."""
    await host.booked(slot(0))
    await change(
        database,
        "UPDATE email_messages SET status = 'FAILED', error = '550 <grace@navy.example>', "
        "content = 'x' WHERE kind = 'confirmation'",
    )
    await change(
        database,
        "UPDATE email_messages SET status = 'DEFERRED', recipient = 'ada@host.example', "
        "content = 'x' WHERE kind = 'host_booked'",
    )
    await change(database, AGE, timedelta(days=29))
    await empty_old_emails(deps)
    assert await rows(database, "SELECT FROM email_messages WHERE facts IS NULL") == []
    await change(database, AGE, timedelta(days=31))
    for _ in range(2):
        await empty_old_emails(deps)
    emptied = """
        SELECT recipient, recipient_name, facts, content, status, error
          FROM email_messages ORDER BY kind
    """
    assert await rows(database, emptied) == [
        ("g…@navy.example", None, None, None, "FAILED", None),
        ("a…@host.example", None, None, None, "SUPPRESSED", None),
    ]


async def test_counts_of_earlier_days_are_deleted(deps: Deps, database: Database) -> None:
    """Today's and yesterday's stay."""
    await change(
        database,
        "INSERT INTO email_counts SELECT (now() AT TIME ZONE 'UTC')::date - n, 'k', 1 "
        "FROM generate_series(0, 3) AS n",
    )
    await empty_old_emails(deps)
    assert await rows(database, "SELECT count(*) FROM email_counts") == [(2,)]
