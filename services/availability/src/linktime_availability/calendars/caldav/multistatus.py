"""Reads the XML of answers; it was written by a stranger."""

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from lxml import etree

from linktime_availability.calendars.caldav.bodies import DAV
from linktime_availability.calendars.failures import passes
from linktime_availability.calendars.port import Invalid

RESPONSE = f"{{{DAV}}}response"
HREF = f"{{{DAV}}}href"
STATUS = f"{{{DAV}}}status"
PROPSTAT = f"{{{DAV}}}propstat"
PROP = f"{{{DAV}}}prop"
SYNC_TOKEN = f"{{{DAV}}}sync-token"
MULTISTATUS = f"{{{DAV}}}multistatus"

FIRST_SUCCESS, FIRST_REDIRECT = 200, 300
MOST_MEMBERS = 21_000
"""Of one answer: those of the largest calendar, itself, and some folders."""
# Longer documents would stop the event loop for too long.
PARSED_AT_ONCE_BYTES = 64 * 1024
# `HTTP/1.1 404 Not Found`; some servers leave out the version or the phrase.
STATUS_CODE = re.compile(r"(?:^|\s)([1-5]\d\d)(?:\s|$)")


Name = Callable[[str], str | None]
"""Returns the name of an address in a collection, empty for the collection, None for no member."""


@dataclass(frozen=True)
class DavMember:
    """One resource of an answer; `name` is its name in the collection that was asked for.

    `status` is that of the resource, None if there are only those of its properties; 0 is one that
    cannot be read. `properties` are the successful ones by their qualified names. `fails_now` is
    whether it, or a property of it, is refused with a status that passes.
    """

    href: str
    status: int | None
    properties: Mapping[str, etree._Element] = field(repr=False)
    name: str | None = None
    fails_now: bool = False

    def text(self, name: str) -> str:
        """Return the text of a property without surrounding space; empty if it is missing."""
        found = self.properties.get(name)
        return "" if found is None else (found.text or "").strip()

    @property
    def is_found(self) -> bool:
        """Return whether the resource exists and was delivered."""
        return self.status is None or _is_success(self.status)


@dataclass(frozen=True)
class Multistatus:
    """An answer with one status for each resource; `sync_token` is empty if there is none."""

    members: tuple[DavMember, ...]
    sync_token: str = field(repr=False)

    @property
    def is_truncated(self) -> bool:
        """Return whether the server left something out: what was asked for then has this status."""
        return any(
            member.status == HTTPStatus.INSUFFICIENT_STORAGE and not member.name
            for member in self.members
        )


async def read_multistatus(body: bytes, name: Name | None = None) -> Multistatus:
    """Return the parsed answer, its members with what `name` returns; raises CalendarError."""
    if len(body) > PARSED_AT_ONCE_BYTES:
        return await asyncio.to_thread(_multistatus, body, name)
    return _multistatus(body, name)


def _multistatus(body: bytes, name: Name | None) -> Multistatus:
    root = _parsed(body)
    if root.tag != MULTISTATUS:
        raise Invalid("The server's answer is not that of a calendar server")
    members: list[DavMember] = []
    for response in root.iterchildren(RESPONSE):
        for member in _members(response, name):
            if len(members) == MOST_MEMBERS:
                raise Invalid(f"The server's answer has more than {MOST_MEMBERS} entries")
            members.append(member)
    return Multistatus(tuple(members), (root.findtext(SYNC_TOKEN) or "").strip())


def _parsed(body: bytes) -> etree._Element:
    """Return the root; raises Invalid for a document that is not XML or declares entities."""
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        # Without the cause: its text quotes the answer.
        raise Invalid("The server's answer is not XML, so this is not a calendar server") from None
    if root is None or root.getroottree().docinfo.internalDTD is not None:
        raise Invalid("The server's answer contains a document type, which is not allowed")
    return root


def _members(response: etree._Element, name: Name | None) -> Iterator[DavMember]:
    """Yield one member for each address: an answer may have several with the same status."""
    status_text = response.findtext(STATUS)
    status = None if status_text is None else _code(status_text)
    parts = [
        (_code(propstat.findtext(STATUS) or ""), propstat)
        for propstat in response.iterchildren(PROPSTAT)
    ]
    fails_now = any(map(passes, [status or 0, *(code for code, _ in parts)]))
    properties = {
        found.tag: found
        for code, propstat in parts
        if _is_success(code)
        for prop in propstat.iterchildren(PROP)
        for found in prop
        if isinstance(found.tag, str)
    }
    for element in response.iterchildren(HREF):
        href = (element.text or "").strip()
        yield DavMember(href, status, properties, name(href) if name else None, fails_now)


def _code(text: str) -> int:
    found = STATUS_CODE.search(text)
    return int(found[1]) if found else 0


def _is_success(status: int) -> bool:
    return FIRST_SUCCESS <= status < FIRST_REDIRECT
