"""Finds an account's calendars from the address that its host entered (RFC 6764, RFC 4791)."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from itertools import islice
from urllib.parse import urljoin

from linktime_availability.calendars.caldav.addresses import as_collection
from linktime_availability.calendars.caldav.bodies import (
    CALDAV,
    CALENDAR_HOME_SET,
    COLOUR,
    COMPONENTS,
    CURRENT_USER_PRINCIPAL,
    DAV,
    DISPLAY_NAME,
    OF_A_PLACE,
    PRIVILEGES,
    RESOURCE_TYPE,
    propfind,
)
from linktime_availability.calendars.caldav.multistatus import HREF, DavMember, read_multistatus
from linktime_availability.calendars.caldav.requests import DavAnswer, DavClient
from linktime_availability.calendars.failures import of_status
from linktime_availability.calendars.port import (
    Calendar,
    CalendarError,
    Forbidden,
    Gone,
    Invalid,
    OtherHost,
    Unauthorized,
)
from linktime_common.shown_texts import one_line

NO_SERVER = (
    "No calendar server answers at this address. Check it, or enter the calendar's own address"
)
WELL_KNOWN = "/.well-known/caldav"
IS_CALENDAR = f"{{{CALDAV}}}calendar"
PRIVILEGE = f"{{{DAV}}}privilege"
WRITES_ALL = frozenset({f"{{{DAV}}}all", f"{{{DAV}}}write"})
WRITES_PARTS = frozenset({f"{{{DAV}}}bind", f"{{{DAV}}}write-content"})
MOST_HOMES = 10
MOST_CALENDARS = 200
MOST_NAME_CHARACTERS = 200
COLOUR_TEXT = re.compile(r"#[0-9a-fA-F]{6}")


async def find_calendars(dav: DavClient) -> list[Calendar]:
    """Return the calendars of the account's homes, and the one at the given address.

    What is forbidden here is the account's, so it is Unauthorized.
    """
    try:
        return await _find_calendars(dav)
    except Forbidden as error:
        raise Unauthorized(str(error)) from None


async def _find_calendars(dav: DavClient) -> list[Calendar]:
    entrance = await _entrance(dav)
    homes = _addresses(dav, entrance, CALENDAR_HOME_SET)
    for principal in [] if homes else _addresses(dav, entrance, CURRENT_USER_PRINCIPAL)[:1]:
        answer = await dav.read("PROPFIND", principal, propfind(OF_A_PLACE), depth=0)
        homes = _addresses(dav, answer, CALENDAR_HOME_SET)
    found = {one.ref: one for one in _calendars(dav, entrance)}
    for home in homes:
        answer = await dav.read("PROPFIND", home, propfind(OF_A_PLACE), depth=1)
        if answer.parts.is_truncated:
            # A calendar that is missing would never be read, so its time would be free.
            raise Invalid("The server did not list all calendars")
        found |= {one.ref: one for one in _calendars(dav, answer)}
    if not (homes or found):
        raise Invalid("There is no calendar of this user at this address")
    return list(found.values())[:MOST_CALENDARS]


async def _entrance(dav: DavClient) -> DavAnswer:
    """Return the first answer that leads on: of the given address, or of the well-known one."""
    given = str(dav.addresses.given)
    addresses = [given, urljoin(given, WELL_KNOWN)]
    if dav.addresses.given.path == "/":
        addresses.reverse()
    refusal: CalendarError = Invalid(NO_SERVER)
    for address in addresses:
        try:
            answer = await dav.ask("PROPFIND", address, propfind(OF_A_PLACE), depth=0)
        except OtherHost as error:
            refusal = error
            continue
        if answer.status == HTTPStatus.MULTI_STATUS:
            place = DavAnswer(answer.url, await read_multistatus(answer.body))
            if _leads_on(place):
                return place
        elif answer.status == HTTPStatus.FORBIDDEN:  # often of the root, while a path is open
            refusal = of_status(answer)
        elif not isinstance(failure := of_status(answer), Gone | Invalid):
            raise failure
    raise refusal


def _leads_on(answer: DavAnswer) -> bool:
    return any(
        _hrefs(member, CURRENT_USER_PRINCIPAL)
        or _hrefs(member, CALENDAR_HOME_SET)
        or _is_calendar(member)
        for member in answer.parts.members
    )


def _addresses(dav: DavClient, answer: DavAnswer, name: str) -> list[str]:
    """Return where a property of addresses leads, the first of them; raises OtherHost."""
    hrefs = (href for member in answer.parts.members for href in _hrefs(member, name))
    return [dav.addresses.resolve(answer.url, href) for href in islice(hrefs, MOST_HOMES)]


def _hrefs(member: DavMember, name: str) -> list[str]:
    found = member.properties.get(name)
    if found is None:
        return []
    texts = [(one.text or "").strip() for one in found.iterchildren(HREF)]
    return [text for text in texts if text]


def _calendars(dav: DavClient, place: DavAnswer) -> Iterator[Calendar]:
    """Yield the first calendars of an answer."""
    usable = (one for one in place.parts.members if _is_calendar(one) and _holds_events(one))
    for member in islice(usable, MOST_CALENDARS):
        address = as_collection(dav.addresses.resolve(place.url, member.href))
        yield Calendar(address, _name(member, address), _colour(member), _is_writable(member))


def _is_calendar(member: DavMember) -> bool:
    found = member.properties.get(RESOURCE_TYPE)
    return member.is_found and found is not None and found.find(IS_CALENDAR) is not None


def _holds_events(member: DavMember) -> bool:
    """Return whether the calendar takes events; one that does not say takes everything."""
    found = member.properties.get(COMPONENTS)
    names = [] if found is None else [one.get("name", "").upper() for one in found]
    return not names or "VEVENT" in names


def _is_writable(member: DavMember) -> bool:
    """Return whether events can be put; a server that does not say decides at the write."""
    found = member.properties.get(PRIVILEGES)
    if found is None:
        return True
    granted = {one.tag for privilege in found.iterchildren(PRIVILEGE) for one in privilege}
    return bool(granted & WRITES_ALL) or granted >= WRITES_PARTS


def _name(member: DavMember, address: str) -> str:
    name = one_line(member.text(DISPLAY_NAME), MOST_NAME_CHARACTERS)
    return name or one_line(address.rstrip("/").rpartition("/")[2], MOST_NAME_CHARACTERS)


def _colour(member: DavMember) -> str | None:
    found = COLOUR_TEXT.match(member.text(COLOUR))
    return found[0].lower() if found else None
