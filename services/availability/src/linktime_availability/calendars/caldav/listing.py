"""Which objects of a calendar changed, by whichever means its server has.

A sync token (RFC 6578) is tried first. Without one the collection tag says whether anything
changed, and the versions of all objects say what.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, ValidationError

from linktime_availability.calendars.caldav.bodies import (
    CTAG,
    ETAG,
    RESOURCE_TYPE,
    propfind,
    sync_collection,
)
from linktime_availability.calendars.caldav.multistatus import DavMember, Multistatus
from linktime_availability.calendars.caldav.requests import DavClient
from linktime_availability.calendars.caldav.versions import version_of
from linktime_availability.calendars.port import Invalid
from linktime_availability.domain.calendars import MOST_OBJECTS, TOO_MANY_OBJECTS

MOST_PAGES = 200
MOST_TOKEN_CHARACTERS = 4_000
MOST_AGAIN = 1_000
MOST_SHOWN_CHARACTERS = 200
NOT_THERE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
# The server has no such report, wants no report for the whole calendar, or not this token.
REFUSES_TOKENS = frozenset({400, 403, 405, 409, 412, 415, 422, 501, 507})


class ListingState(BaseModel):
    """What the last synchronisation left: a sync token, or a collection tag without tokens.

    `again` are the names of objects that failed then: no token or tag leads to them.
    """

    model_config = ConfigDict(frozen=True)

    token: str = ""
    ctag: str = ""
    has_tokens: bool = True
    again: tuple[str, ...] = ()

    @classmethod
    def read(cls, text: str | None) -> "ListingState":
        """Return the stored state; one that cannot be read starts from the beginning."""
        try:
            return cls.model_validate_json(text or "{}")
        except ValidationError:
            return cls()

    def asking_again(self, names: Collection[str]) -> "ListingState":
        """Return the state from which these objects are asked for, too."""
        if len(names) > MOST_AGAIN:
            # Without token and tag, all versions are compared the next time.
            return ListingState(has_tokens=self.has_tokens)
        return self.model_copy(update={"again": tuple(sorted(names))})


@dataclass(frozen=True)
class Listing:
    """Names with their versions: of all objects if `is_complete`, else of those that changed."""

    present: Mapping[str, str]
    removed: frozenset[str]
    unreadable: frozenset[str]
    state: ListingState
    is_complete: bool


async def list_changes(dav: DavClient, calendar: str, state: ListingState) -> Listing:
    """Return what changed since the state; raises CalendarError."""
    if not state.has_tokens:
        return await _by_versions(dav, calendar, state)
    listing = None
    if state.token:
        listing = await _by_token(dav, calendar, state.token)
    if listing is None:
        listing = await _by_token(dav, calendar, "")
    if listing is None:
        listing = await _by_versions(dav, calendar, ListingState(has_tokens=False))
    return listing


async def _by_token(dav: DavClient, calendar: str, since: str) -> Listing | None:
    """Return the changes since the token; None if it or the report cannot be used."""
    found = _Found()
    token = since
    for _ in range(MOST_PAGES):
        answer = await dav.ask(
            "REPORT", calendar, sync_collection(token), depth=0, is_first=not since
        )
        if _refuses(answer.status, token):
            return None
        parts = await dav.members(calendar, answer)
        found.add(parts)
        if found.is_refused or not 0 < len(parts.sync_token) <= MOST_TOKEN_CHARACTERS:
            return None
        if not found.is_truncated:
            return found.listing(ListingState(token=parts.sync_token), is_complete=not since)
        if parts.sync_token == token:
            break
        token = parts.sync_token
    raise Invalid("The server's list of changes does not end")


def _refuses(status: int, token: str) -> bool:
    # Some servers answer 410 to an old token; without a token it means the calendar.
    return status in REFUSES_TOKENS or (bool(token) and status == HTTPStatus.GONE)


async def _by_versions(dav: DavClient, calendar: str, state: ListingState) -> Listing:
    """Return all objects, or no change if the collection tag is the same.

    The tag is read first: what changes meanwhile is found the next time.
    """
    tag = await dav.read_members("PROPFIND", calendar, propfind((CTAG,)), depth=0)
    found = _Found()
    found.add(tag)
    ctag = next((member.text(CTAG) for member in tag.members), "")[:MOST_TOKEN_CHARACTERS]
    if ctag and ctag == state.ctag:
        return found.listing(state, is_complete=False)
    everything = await dav.read_members(
        "PROPFIND", calendar, propfind((ETAG, RESOURCE_TYPE)), depth=1, is_first=True
    )
    found.add(everything)
    if found.is_truncated:
        # What is missing would be free time. No token leads on here.
        raise Invalid("The server did not list all events of the calendar")
    if not found.has_collection:
        # Otherwise an empty answer would free all the host's time.
        raise Invalid("The server's list of events does not contain the calendar itself")
    return found.listing(ListingState(ctag=ctag, has_tokens=False), is_complete=True)


@dataclass
class _Found:
    """Collects the members of answers about one calendar.

    What the last answer says of the calendar itself: it is there, there are more members than the
    server sent, or the server refuses it.
    """

    present: dict[str, str] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)
    has_collection: bool = False
    is_truncated: bool = False
    is_refused: bool = False

    def add(self, parts: Multistatus) -> None:
        """Add an answer's members."""
        own = [member for member in parts.members if member.name == ""]
        self.has_collection = any(member.is_found for member in own)
        self.is_truncated = parts.is_truncated
        self.is_refused = not (self.has_collection or self.is_truncated) and bool(own)
        for member in parts.members:
            # A folder in a calendar contains nothing of it.
            if member.name != "" and not member.href.endswith("/"):
                self._add_object(member)
        if len(self.present) + len(self.removed) + len(self.unreadable) > MOST_OBJECTS:
            raise Invalid(TOO_MANY_OBJECTS)

    def _add_object(self, member: DavMember) -> None:
        name = member.name
        if name is None:
            self.unreadable.add(quote(member.href)[-MOST_SHOWN_CHARACTERS:])
        elif member.status in NOT_THERE:
            self.removed.add(name)
        elif member.is_found or member.fails_now:
            # One that fails now has no version, so it is fetched like one that changed.
            self.present[name] = version_of(member.text(ETAG))
        else:
            self.unreadable.add(name)

    def listing(self, state: ListingState, *, is_complete: bool) -> Listing:
        """Return what was found; an object that is both present and not will be fetched."""
        return Listing(
            present=self.present,
            removed=frozenset(self.removed - self.present.keys()),
            unreadable=frozenset(self.unreadable - self.present.keys()),
            state=state,
            is_complete=is_complete,
        )
