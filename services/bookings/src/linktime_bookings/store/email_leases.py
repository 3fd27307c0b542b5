"""How leased mails that were not sent are given back."""

from collections.abc import Sequence

from linktime_bookings.store.emails import LeasedEmail
from linktime_common.postgres import Connection

# The first lease of a mail is counted against limits, so at least one attempt remains.
GIVE_BACK = """
    UPDATE email_messages
       SET status = 'QUEUED', leased_until = NULL, attempts = greatest(attempts - 1, 1)
      FROM unnest($1::uuid[], $2::timestamptz[]) AS lease (id, leased_until)
     WHERE email_messages.id = lease.id
       AND email_messages.leased_until = lease.leased_until
       AND status IN ('QUEUED', 'DEFERRED', 'SENDING')
"""


async def give_back(connection: Connection, leased: Sequence[LeasedEmail]) -> None:
    """End the leases of mails that were not sent; they are due at once.

    A mail that another process has leased since then stays as it is.
    """
    ids = [email.id for email in leased]
    await connection.execute(GIVE_BACK, ids, [email.leased_until for email in leased])
