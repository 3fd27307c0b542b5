"""Decide which requested mails about accounts are sent, and publish them."""

from datetime import datetime, timedelta

from linktime_common.contracts.events import next_version
from linktime_common.contracts.events.gateway import AccountMailKind, AccountMailRequested
from linktime_common.messaging import outbox
from linktime_common.postgres import Connection
from linktime_gateway.deps import Deps
from linktime_gateway.domain.account_mails import (
    GIVEN_UP_AFTER,
    MOST_IN_A_PERIOD,
    PERIOD,
    MailAddressee,
    MailReason,
    mail_for,
)
from linktime_gateway.store import account_mail_requests, logins
from linktime_gateway.store.account_mail_requests import MailRequest

LATER = timedelta(seconds=5)


async def publish_account_mails(deps: Deps) -> None:
    """Process all due requests; safe to run in several processes at the same time."""
    while await _process_one(deps):
        pass


async def _process_one(deps: Deps) -> bool:
    now = deps.clock.now()
    async with deps.database.transaction() as connection:
        request = await account_mail_requests.take(connection, now)
        if request is None:
            return False
        user = await _addressee(connection, request)
        if user is None and _may_still_come(request, now):
            await account_mail_requests.postpone(connection, request.id, now + LATER)
            return True
        kind = None if user is None else await _kind(connection, request.reason, user, now, deps)
        if user is None or kind is None:
            await account_mail_requests.drop(connection, request.id)
            return True
        await account_mail_requests.mark_published(connection, request.id, user.user_id, now)
        await outbox.add(connection, _event(user, kind, now))
    return True


async def _addressee(connection: Connection, request: MailRequest) -> MailAddressee | None:
    user_id = request.user_id
    if user_id is None:
        login = await logins.find(connection, request.email_key or "")
        user_id = login.user_id if login else None
    return await logins.lock_addressee(connection, user_id) if user_id is not None else None


def _may_still_come(request: MailRequest, now: datetime) -> bool:
    """Whether the account of the request may be of a sign-up that is not complete yet."""
    return request.reason is MailReason.CREATED and now < request.requested_at + GIVEN_UP_AFTER


async def _kind(
    connection: Connection, reason: MailReason, user: MailAddressee, now: datetime, deps: Deps
) -> AccountMailKind | None:
    """Return the mail, or None if there is none to send or the user had enough of them.

    The lock on the user's login keeps other processes from counting at the same time.
    """
    recent = await account_mail_requests.published_since(connection, user.user_id, now - PERIOD)
    if recent >= MOST_IN_A_PERIOD:
        return None
    return mail_for(reason, user, may_set_password=deps.account_mails.may_set_password)


def _event(user: MailAddressee, kind: AccountMailKind, now: datetime) -> AccountMailRequested:
    return AccountMailRequested(
        occurred_at=now,
        owner_id=user.user_id,
        aggregate_id=user.user_id,
        aggregate_version=next_version(0, now),
        user_id=user.user_id,
        kind=kind,
    )
