"""Connects an account: tests the credentials at the server, then stores it with its calendars."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from uuid import UUID

from pydantic import SecretStr

from linktime_availability.calendars.accounts import (
    Credentials,
    open_adapter,
    open_credentials,
    row_of,
)
from linktime_availability.calendars.caldav.addresses import TrustedAddresses
from linktime_availability.calendars.duplicates import refuse_known
from linktime_availability.calendars.port import Calendar, CalendarError, ErrorKind, OtherHost
from linktime_availability.calendars.presets import ConnectionKind, other_hosts_of
from linktime_availability.deps import Deps
from linktime_availability.domain.calendars import (
    MOST_ACCOUNTS,
    MOST_CALENDARS_LISTED,
    MOST_CALENDARS_READ,
    AccountState,
    CalendarAccount,
    FoundCalendar,
    HostCalendar,
)
from linktime_availability.domain.errors import CalendarAccountNotFound, TooManyCalendarAccounts
from linktime_availability.store import (
    calendar_accounts,
    calendar_event_links,
    calendars,
    hosts,
)
from linktime_availability.use_cases.find_host import find_host
from linktime_common.errors import InvalidRequest
from linktime_common.idempotency import WriteAttempt
from linktime_common.ids import new_id
from linktime_common.postgres import Connection

TEST_SECONDS = 8.0


@dataclass(frozen=True)
class ConnectedAccount:
    """An account with its calendars."""

    account: CalendarAccount
    calendars: Sequence[HostCalendar]


@dataclass(frozen=True)
class NewConnection:
    """What a host enters to connect an account."""

    kind: str
    preset: str
    credentials: Credentials


async def connect(
    host_id: UUID, new: NewConnection, deps: Deps, attempt: WriteAttempt[ConnectedAccount]
) -> ConnectedAccount:
    """Test the credentials, then store the account with its calendars, all of which are read.

    The first calendar that can be changed is written, if the host has none that is. Raises
    HostNotFound, TooManyCalendarAccounts, CalendarAlreadyConnected, and InvalidRequest with the
    sentence of the server's error.
    """
    await find_host(host_id, deps)
    found = await _ask(new.kind, new.credentials, deps)
    account = _account(host_id, new, deps)
    async with deps.database.transaction() as connection:
        # Two requests at once must not both see the last free place, or connect one calendar.
        await hosts.lock(connection, host_id)
        if await calendar_accounts.count(connection, host_id) >= MOST_ACCOUNTS:
            raise TooManyCalendarAccounts
        await refuse_known(connection, account, new.credentials, found, deps.sealer)
        await calendar_accounts.insert(connection, account)
        await _store_calendars(connection, account, found)
        result = await read_account(connection, host_id, account.id)
        await attempt.keep(connection, result)
    return result


async def reconnect(
    host_id: UUID,
    account_id: UUID,
    deps: Deps,
    attempt: WriteAttempt[ConnectedAccount],
    *,
    changes: Mapping[str, SecretStr] = MappingProxyType({}),
) -> ConnectedAccount:
    """Test the credentials, with `changes`, and let a worker read the calendars next.

    What the server accepts is stored; calendars that are new at the server are stored, not read.
    Raises CalendarAccountNotFound, CalendarAlreadyConnected for the address of another account,
    and InvalidRequest as `connect` or for another server.
    """
    async with deps.database.connection() as connection:
        account = await _find(connection, host_id, account_id)
    before = open_credentials(account, deps.sealer)
    credentials = before.model_copy(update=dict(changes))
    if account.kind == ConnectionKind.CALDAV:
        _check_server(before, credentials)
    try:
        found = await _ask(account.kind, credentials, deps)
    except InvalidRequest:
        if credentials == before:
            await _read_soon(account, deps)
        raise
    sealed = credentials.seal(deps.sealer, row_of(account.id))
    accepted = replace(
        account, state=AccountState.CONNECTED, server=credentials.server, credentials=sealed
    )
    async with deps.database.transaction() as connection:
        await hosts.lock(connection, host_id)
        if credentials.url != before.url:  # accounts that have one in common already still work
            await refuse_known(connection, accepted, credentials, found, deps.sealer)
        if not await calendar_accounts.set_connected(connection, accepted):
            raise CalendarAccountNotFound
        await _store_calendars(connection, accepted, found, is_new=False)
        ids = {"host_id": host_id, "account_id": account_id}
        if credentials != before:
            await calendars.start_again(connection, **ids)
        was_refused = account.state is AccountState.RECONNECT
        await calendars.sync_now(connection, **ids, was_refused=was_refused)
        await calendar_event_links.retry(connection, **ids)
        result = await read_account(connection, host_id, account_id)
        await attempt.keep(connection, result)
    return result


async def _read_soon(account: CalendarAccount, deps: Deps) -> None:
    """Let a worker read the calendars, which stores what is wrong and tells the host."""
    async with deps.database.connection() as connection:
        await calendars.sync_soon(connection, host_id=account.host_id, account_id=account.id)


async def read_account(connection: Connection, host_id: UUID, account_id: UUID) -> ConnectedAccount:
    """Return the account with its calendars; raises CalendarAccountNotFound."""
    account = await _find(connection, host_id, account_id)
    found = await calendars.list_of_account(connection, host_id=host_id, account_id=account_id)
    return ConnectedAccount(account, found)


async def _find(connection: Connection, host_id: UUID, account_id: UUID) -> CalendarAccount:
    account = await calendar_accounts.find(connection, host_id=host_id, account_id=account_id)
    if account is None:
        raise CalendarAccountNotFound
    return account


def _check_server(before: Credentials, after: Credentials) -> None:
    """Raise InvalidRequest for another server: the calendars are stored with their addresses."""
    new, old = after.url.get_secret_value(), before.url.get_secret_value()
    try:
        TrustedAddresses(new, other_hosts_of(new)).check(old)
    except OtherHost:
        problem = "This is the address of another server. Connect it as a new account"
        raise InvalidRequest({"url": problem}) from None
    except CalendarError as error:
        raise InvalidRequest({"url": str(error)}) from None


async def _ask(kind: str, credentials: Credentials, deps: Deps) -> Sequence[Calendar]:
    """Return the calendars at the server; raises InvalidRequest."""
    try:
        async with asyncio.timeout(TEST_SECONDS):
            adapter = open_adapter(kind, credentials, deps.guarded, seconds=TEST_SECONDS)
            found = await adapter.list_calendars()
    except TimeoutError:
        raise InvalidRequest({"url": "The server did not answer in time"}) from None
    except CalendarError as error:
        is_refused = error.kind is ErrorKind.AUTH and kind == ConnectionKind.CALDAV
        raise InvalidRequest({"password" if is_refused else "url": str(error)}) from None
    if not found:
        raise InvalidRequest({"url": "The account has no calendar that can contain events"})
    if len(found) > MOST_CALENDARS_LISTED:
        problem = f"The account has more than {MOST_CALENDARS_LISTED} calendars"
        raise InvalidRequest({"url": problem})
    return found


def _account(host_id: UUID, new: NewConnection, deps: Deps) -> CalendarAccount:
    account_id = new_id()
    return CalendarAccount(
        id=account_id,
        host_id=host_id,
        kind=new.kind,
        preset=new.preset,
        server=new.credentials.server,
        user_name=new.credentials.user,
        credentials=new.credentials.seal(deps.sealer, row_of(account_id)),
    )


async def _store_calendars(
    connection: Connection,
    account: CalendarAccount,
    found: Sequence[Calendar],
    *,
    is_new: bool = True,
) -> None:
    """Store the calendars; those of a new account are read, as far as the limit allows."""
    read, written = await calendars.count_read_and_written(connection, account.host_id)
    stored = []
    for one in found:
        reads = is_new and read < MOST_CALENDARS_READ
        writes = is_new and reads and one.is_writable and not written
        stored.append(
            FoundCalendar(
                id=new_id(),
                account_id=account.id,
                host_id=account.host_id,
                ref=one.ref,
                name=one.name,
                colour=one.colour,
                is_writable=one.is_writable,
                reads=reads,
                writes=writes,
            )
        )
        read, written = read + reads, written + writes
    await calendars.upsert(connection, stored)
