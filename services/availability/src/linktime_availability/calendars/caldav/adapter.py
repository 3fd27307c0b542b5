"""The adapter port for a CalDAV account."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from http import HTTPStatus
from urllib.parse import quote

from linktime_availability.calendars.caldav import objects
from linktime_availability.calendars.caldav.addresses import is_usable
from linktime_availability.calendars.caldav.discovery import find_calendars
from linktime_availability.calendars.caldav.listing import ListingState, list_changes
from linktime_availability.calendars.caldav.requests import (
    CalDavAccount,
    CalDavTimeouts,
    DavClient,
)
from linktime_availability.calendars.caldav.versions import version_of
from linktime_availability.calendars.failures import of_status
from linktime_availability.calendars.port import (
    Calendar,
    CalendarObject,
    Changes,
    EventVersion,
    Invalid,
    Known,
    Transient,
)
from linktime_common.egress.client import GuardedAnswer, GuardedClient

CALENDAR_TYPE = "text/calendar; charset=utf-8"
TIMEOUTS = CalDavTimeouts()
WRITTEN = frozenset({HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT})


class CalDavAdapter:
    """Calendars of one account; `ref` of an object is its name in the calendar."""

    def __init__(
        self,
        client: GuardedClient,
        account: CalDavAccount,
        timeouts: CalDavTimeouts = TIMEOUTS,
    ) -> None:
        """Raises Invalid for an address or a user name that cannot be used."""
        self._dav = DavClient(client, account, timeouts)
        self._timeouts = timeouts

    async def list_calendars(self) -> Sequence[Calendar]:
        """Return the calendars that can contain events."""
        async with _within(self._timeouts.call_seconds):
            return await find_calendars(self._dav)

    async def sync(self, calendar: str, state: str | None, known: Known) -> Changes:
        """Return the changes since `state`, or everything if there is none."""
        async with _within(self._timeouts.first_sync_seconds):
            before = ListingState.read(state)
            listing = await list_changes(self._dav, calendar, before)
            stored = await known() if listing.is_complete else {}
            wanted = [
                name
                for name, version in listing.present.items()
                if not version or stored.get(name) != version
            ]
            if not listing.is_complete:
                wanted += set(before.again) - listing.present.keys() - listing.removed
            fetched = await objects.fetch(self._dav, calendar, wanted)
        unreadable = listing.unreadable | fetched.unreadable
        vanished = stored.keys() - listing.present.keys()
        return Changes(
            changed=tuple(fetched.objects.values()),
            removed=tuple((listing.removed | fetched.missing | vanished) - unreadable),
            unreadable=tuple(unreadable),
            state=listing.state.asking_again(fetched.failing).model_dump_json(),
        )

    async def query(
        self, calendar: str, since: datetime, until: datetime
    ) -> Sequence[CalendarObject]:
        """Return at least the objects that overlap the range, as the server has them now."""
        async with _within(self._timeouts.call_seconds):
            return await objects.find_between(self._dav, calendar, since, until)

    async def find_event(self, calendar: str, uid: str) -> CalendarObject | None:
        """Return the event with this UID."""
        async with _within(self._timeouts.call_seconds):
            return await objects.find_by_uid(self._dav, calendar, _name_of(uid), uid)

    async def put_event(
        self, calendar: str, uid: str, data: bytes, expected: EventVersion | None
    ) -> EventVersion:
        """Change the event if it has the expected version, or create it if None is expected."""
        name = expected.ref if expected else _name_of(uid)
        condition = {"If-Match": _version(expected)} if expected else {"If-None-Match": "*"}
        headers = {"Content-Type": CALENDAR_TYPE, **condition}
        async with _within(self._timeouts.call_seconds):
            answer = await self._write("PUT", calendar, name, headers, data)
            version = version_of(answer.headers.get("ETag", ""))
            if not version:  # the server stored something else than was sent
                stored = await objects.fetch(self._dav, calendar, [name])
                version = stored.objects[name].version if name in stored.objects else ""
        return EventVersion(name, version)

    async def delete_event(self, calendar: str, expected: EventVersion) -> None:
        """Delete the event if it has the expected version."""
        headers = {"If-Match": _version(expected)}
        async with _within(self._timeouts.call_seconds):
            await self._write("DELETE", calendar, expected.ref, headers)

    async def _write(
        self, method: str, calendar: str, name: str, headers: dict[str, str], body: bytes = b""
    ) -> GuardedAnswer:
        answer = await self._dav.write(method, calendar + name, headers, body)
        if answer.status == HTTPStatus.FORBIDDEN:
            raise Invalid("The server does not let this account change the calendar")
        if answer.status not in WRITTEN:
            raise of_status(answer)
        return answer


@contextlib.asynccontextmanager
async def _within(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise Transient("The server did not answer in time") from None


def _name_of(uid: str) -> str:
    """Return our name for an event: the part of its UID before the domain."""
    name = f"{uid.partition('@')[0]}.ics".encode()
    if not is_usable(name):
        raise Invalid("This UID cannot be the name of an event")
    return quote(name, safe="")


def _version(expected: EventVersion) -> str:
    if not expected.version:
        raise Invalid("The server gives no versions, so the event cannot be changed safely")
    return expected.version
