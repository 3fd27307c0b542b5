"""Finds calendars that a host would read twice: each booking would ask the server twice."""

from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

from linktime_availability.calendars.accounts import Credentials, open_credentials
from linktime_availability.calendars.caldav.addresses import collection_key
from linktime_availability.calendars.ics import feed_url
from linktime_availability.calendars.port import Calendar
from linktime_availability.calendars.presets import ConnectionKind
from linktime_availability.domain.calendars import CalendarAccount
from linktime_availability.domain.errors import CalendarAlreadyConnected
from linktime_availability.store import calendar_accounts, calendars
from linktime_common.postgres import Connection
from linktime_common.sealing import SealBroken, Sealer


async def refuse_known(
    connection: Connection,
    account: CalendarAccount,
    credentials: Credentials,
    found: Sequence[Calendar],
    sealer: Sealer,
) -> None:
    """Raise CalendarAlreadyConnected if another account of the host has one of the calendars.

    The caller holds the host's lock: of two requests at once, the second one finds the account of
    the first.
    """
    accounts = await calendar_accounts.list_of(connection, account.host_id)
    others = {one.id: one for one in accounts if one.kind == account.kind and one.id != account.id}
    if account.kind == ConnectionKind.ICS:
        same = _with_feed(list(others.values()), credentials, sealer)
    else:
        refs = await calendars.list_refs(connection, account.host_id)
        same = _with_collections(account, list(others.values()), refs, found)
    if same is not None:
        raise CalendarAlreadyConnected(same, others[same].server)


def _with_feed(
    others: Sequence[CalendarAccount], credentials: Credentials, sealer: Sealer
) -> UUID | None:
    """Return the account with this address: all feeds have the same ref."""
    address = feed_url(credentials.url.get_secret_value())
    for one in others:
        with suppress(SealBroken):  # an account that cannot be opened does not hinder this one
            if feed_url(open_credentials(one, sealer).url.get_secret_value()) == address:
                return one.id
    return None


def _with_collections(
    account: CalendarAccount,
    others: Sequence[CalendarAccount],
    refs: Sequence[tuple[UUID, str]],
    found: Sequence[Calendar],
) -> UUID | None:
    """Return the account of the same user with one of the calendars, or that has all of them.

    Another user's account may share a calendar with it. Addresses are compared decoded.
    """
    wanted = {collection_key(one.ref) for one in found}
    for other in others:
        known = wanted & {collection_key(ref) for owner, ref in refs if owner == other.id}
        if known and (other.user_name == account.user_name or known == wanted):
            return other.id
    return None
