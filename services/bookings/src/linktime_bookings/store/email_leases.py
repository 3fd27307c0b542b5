"""How leased mails that were not sent are given back."""

from collections.abc import Sequence

from linktime_bookings.store.emails import LeasedEmail
from linktime_common.postgres import Connection

# The first lease of a mail is counted against limits, so at least one attempt remains. A message
# that was not offered in this lease stays only if it may have been accepted in an earlier one.
GIVE_BACK = """
    UPDATE email_messages
       SET status = 'QUEUED',
           leased_until = NULL,
           attempts = greatest(attempts - 1, 1),
           content = CASE WHEN lease.may_be_accepted THEN content END
      FROM unnest($1::uuid[], $2::timestamptz[], $3::boolean[])
        AS lease (id, leased_until, may_be_accepted)
     WHERE email_messages.id = lease.id
       AND email_messages.leased_until = lease.leased_until
       AND status IN ('QUEUED', 'DEFERRED', 'SENDING')
"""


async def give_back(connection: Connection, leased: Sequence[LeasedEmail]) -> None:
    """End the leases of mails that were not sent; they are due at once.

    A mail that another process has leased since then stays as it is.
    """
    await connection.execute(
        GIVE_BACK,
        [email.id for email in leased],
        [email.leased_until for email in leased],
        [email.may_be_accepted for email in leased],
    )
