"""Fetches objects of a calendar: by their names, by time, or by UID."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from linktime_availability.calendars.caldav.bodies import (
    CALENDAR_DATA,
    ETAG,
    events_between,
    events_with_uid,
    multiget,
)
from linktime_availability.calendars.caldav.listing import NOT_THERE
from linktime_availability.calendars.caldav.multistatus import DavMember, Multistatus
from linktime_availability.calendars.caldav.requests import DavClient
from linktime_availability.calendars.caldav.versions import version_of
from linktime_availability.calendars.event_lines import unfolded
from linktime_availability.calendars.failures import AnswerOversized
from linktime_availability.calendars.port import CalendarObject, Invalid, Transient
from linktime_availability.domain.calendars import MOST_OBJECT_BYTES, TOO_LARGE_OBJECTS

BATCH = 100
WITHHELD = "The server did not deliver all events that were asked for"
UID_LINE = re.compile(rb"(?im)^UID(?:;[^:\r\n]*)?:(.*?)\r?$")


@dataclass
class Fetched:
    """Objects by name, and the names without one; `failing` are the unreadable ones for now."""

    objects: dict[str, CalendarObject] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)
    failing: set[str] = field(default_factory=set)
    count: int = 0  # bytes

    def add(self, name: str, member: DavMember) -> None:
        """Add what an answer says of an object; raises Invalid if it is too much."""
        data = member.text(CALENDAR_DATA).encode()
        if member.is_found and data:
            self.count += len(data)
            self.objects[name] = CalendarObject(name, version_of(member.text(ETAG)), data)
        elif member.status in NOT_THERE:
            self.missing.add(name)
        else:
            self.unreadable.add(name)
            if member.fails_now:
                self.failing.add(name)
        if self.count > MOST_OBJECT_BYTES:
            raise Invalid(TOO_LARGE_OBJECTS)


async def fetch(dav: DavClient, calendar: str, names: Sequence[str]) -> Fetched:
    """Return the named objects. One that the server leaves out is unreadable, not missing."""
    fetched = Fetched()
    batches = [names[at : at + BATCH] for at in range(0, len(names), BATCH)]
    while batches:
        batch = batches.pop(0)
        try:
            answer = await _multiget(dav, calendar, batch)
        except AnswerOversized:
            half = len(batch) // 2
            if half:
                batches[:0] = [batch[:half], batch[half:]]
            else:
                fetched.unreadable.update(batch)
            continue
        wanted = set(batch)
        for member in answer.members:
            if member.name in wanted:
                fetched.add(member.name, member)
            elif member.name == "" and member.fails_now:
                fetched.failing |= wanted
    delivered = fetched.objects.keys() | fetched.missing
    fetched.missing -= fetched.objects.keys()
    fetched.unreadable = set(names) - delivered
    fetched.failing -= delivered
    return fetched


async def find_between(
    dav: DavClient, calendar: str, since: datetime, until: datetime
) -> list[CalendarObject]:
    """Return the objects that overlap the range, as the server reads them."""
    return await _query(dav, calendar, events_between(since, until))


async def find_by_uid(dav: DavClient, calendar: str, name: str, uid: str) -> CalendarObject | None:
    """Return the event with this UID: under our own name for it, or under another one."""
    fetched = await fetch(dav, calendar, [name])
    found = _with_uid(fetched.objects.values(), uid)
    if not found:
        found = _with_uid(await _query(dav, calendar, events_with_uid(uid)), uid)
    if not found and fetched.failing:
        raise Transient(WITHHELD)  # it may be there
    return next(iter(found), None)


def _with_uid(objects: Iterable[CalendarObject], uid: str) -> list[CalendarObject]:
    return [one for one in objects if uid.encode() in UID_LINE.findall(unfolded(one.data))]


async def _multiget(dav: DavClient, calendar: str, names: Sequence[str]) -> Multistatus:
    folder = urlsplit(calendar).path
    body = multiget(folder + one for one in names)
    return await dav.read_members("REPORT", calendar, body, depth=1)


async def _query(dav: DavClient, calendar: str, body: bytes) -> list[CalendarObject]:
    answer = await dav.read_members("REPORT", calendar, body, depth=1)
    fetched = Fetched()
    for member in answer.members:
        if member.name:
            fetched.add(member.name, member)
    # Some servers say of the calendar that it is not found, if no event matches.
    refusals = [
        member
        for member in answer.members
        if member.name == "" and not member.is_found and member.status not in NOT_THERE
    ]
    if fetched.failing or answer.is_truncated or any(one.fails_now for one in refusals):
        raise Transient(WITHHELD)
    if fetched.unreadable or refusals:
        raise Invalid(WITHHELD)
    return list(fetched.objects.values())
