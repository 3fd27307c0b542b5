"""Stores what became of leased mails, also when the database is away for a while."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar

from linktime_bookings.domain.mail_retry import Settlement
from linktime_bookings.domain.refused_mail import mail_refused
from linktime_bookings.mail import metrics
from linktime_bookings.store import email_leases, emails
from linktime_bookings.store.emails import LeasedEmail
from linktime_common.errors import Unavailable
from linktime_common.logs import logger
from linktime_common.postgres import Connection, Database

AGAIN_SECONDS = 0.5

Result = TypeVar("Result")


async def settle(database: Database, email: LeasedEmail, settlement: Settlement) -> bool:
    """Store the outcome; return whether a mail about a refused one was added.

    It is tried until it is stored, also after the lease, since a mail without it is sent again.
    """
    has_added = await _until_stored(partial(_write, database, email, settlement))
    metrics.SETTLED.labels(settlement.status.lower()).inc()
    return has_added


async def give_back(database: Database, unsent: Sequence[LeasedEmail]) -> None:
    """End the leases of mails that were not sent; tried until it is stored.

    A process that is being stopped tries once: the mails are then due when their leases end.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        with suppress(Unavailable):
            await _end_leases(database, unsent)
    else:
        await _until_stored(partial(_end_leases, database, unsent))


async def _until_stored(store: Callable[[], Awaitable[Result]]) -> Result:
    is_logged = False
    while True:
        try:
            return await store()
        except Unavailable as error:
            if not is_logged:
                logger().warning("the outcome of mails is stored later", reason=error)
            is_logged = True
        await asyncio.sleep(AGAIN_SECONDS)


async def _end_leases(database: Database, unsent: Sequence[LeasedEmail]) -> None:
    async with database.connection() as connection:
        await email_leases.give_back(connection, unsent)


async def _write(database: Database, email: LeasedEmail, settlement: Settlement) -> bool:
    if settlement.is_refused and email.kind.for_invitee:
        async with database.transaction() as connection:
            is_stored = await _settle_row(connection, email, settlement)
            if is_stored:
                await emails.add(connection, [mail_refused(email, settlement.error)])
            return is_stored
    async with database.single_write() as connection:
        await _settle_row(connection, email, settlement)
    return False


async def _settle_row(connection: Connection, email: LeasedEmail, settlement: Settlement) -> bool:
    return await emails.settle(
        connection,
        email,
        status=settlement.status,
        due_at=settlement.due_at,
        smtp_code=settlement.code,
        error=settlement.error,
        may_be_accepted=settlement.may_be_accepted,
    )
