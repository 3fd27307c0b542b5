"""How many mails wait, and for how long."""

from collections.abc import Mapping
from dataclasses import dataclass

from linktime_bookings.domain.emails import Status
from linktime_bookings.domain.mail_retry import NOT_FORWARDED, OWN_ERROR, SERVER_REFUSES
from linktime_common.postgres import Connection

WAITING = (Status.QUEUED, Status.SENDING, Status.DEFERRED)

# As patterns; the texts contain no wildcard.
OF_OPERATOR = [f"{text}%" for text in (SERVER_REFUSES, NOT_FORWARDED, OWN_ERROR)]

READ = """
    SELECT status,
           count(*) AS emails,
           count(*) FILTER (WHERE error = $1) AS with_fault,
           max(error) FILTER (WHERE error LIKE ANY($2)) AS waits_because,
           coalesce(extract(epoch FROM now() - min(due_at)), 0)::float AS oldest_seconds
      FROM email_messages
     WHERE status IN ('QUEUED', 'SENDING', 'DEFERRED')
     GROUP BY status
"""


@dataclass(frozen=True)
class EmailFigures:
    """`oldest_due_seconds` is how long the oldest due mail has been due; 0 if none is.

    `with_fault` is the number of mails whose last attempt ended with an error of LinkTime,
    `waits_because` a reason that the operator has to repair.
    """

    waiting: Mapping[Status, int]
    oldest_due_seconds: float
    with_fault: int
    waits_because: str | None


async def read(connection: Connection) -> EmailFigures:
    """Return the figures of all hosts' mails."""
    rows = await connection.fetch(READ, OWN_ERROR, OF_OPERATOR)
    found = {Status(row["status"]): row["emails"] for row in rows}
    oldest = max((row["oldest_seconds"] for row in rows), default=0.0)
    return EmailFigures(
        {status: found.get(status, 0) for status in WAITING},
        max(oldest, 0.0),
        sum(row["with_fault"] for row in rows),
        max((row["waits_because"] for row in rows if row["waits_because"]), default=None),
    )
