"""The adapter port for an iCalendar feed at an address: one calendar, which can only be read."""
# ruff: noqa: ARG002 - a feed needs less than the port gives

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus

from pydantic import BaseModel, ConfigDict, ValidationError

from linktime_availability.calendars.event_lines import unfolded
from linktime_availability.calendars.failures import AnswerOversized, of_failure, of_status
from linktime_availability.calendars.port import (
    Calendar,
    CalendarObject,
    Changes,
    EventVersion,
    Invalid,
    Known,
    Transient,
    Unauthorized,
)
from linktime_common.egress.client import GuardedAnswer, GuardedClient, RequestLimits
from linktime_common.egress.errors import RequestFailed
from linktime_common.egress.urls import UrlRefused, canonical_url
from linktime_common.shown_texts import one_line

REF = "feed"  # the address is a secret, so it is not a ref
MOST_MEGABYTES = 10
MOST_HEADER_CHARACTERS = 500
MOST_NAME_CHARACTERS = 200
HEAD_BYTES = 16 * 1024
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
WEBCAL = re.compile(r"webcals?://", re.IGNORECASE)
NAME_LINE = re.compile(rb"(?im)^X-WR-CALNAME(?:;[^:\r\n]*)?:(.*?)\r?$")
COLOUR_LINE = re.compile(rb"(?im)^X-APPLE-CALENDAR-COLOR:(#[0-9a-f]{6})")
# Some servers write the time of the request here, into each event.
STAMP_LINE = re.compile(rb"(?im)^DTSTAMP[;:].*$")
ESCAPED = re.compile(r"\\(.)")
BEGIN, END = b"BEGIN:VCALENDAR", b"END:VCALENDAR"

WEB_PAGE = (
    "The address leads to a web page, not to a calendar feed. Copy the secret address of the"
    " calendar in iCalendar format; it usually ends in .ics"
)
TOO_LARGE = f"The feed is longer than {MOST_MEGABYTES} MB"
READ_ONLY = "A calendar feed can only be read"


class FeedState(BaseModel):
    """What the last answer said about itself; `digest` is that of its body."""

    model_config = ConfigDict(frozen=True)

    etag: str = ""
    modified: str = ""
    digest: str = ""

    @classmethod
    def read(cls, text: str | None) -> "FeedState":
        """Return the stored state; one that cannot be read starts from the beginning."""
        try:
            return cls.model_validate_json(text or "{}")
        except ValidationError:
            return cls()

    @property
    def conditions(self) -> dict[str, str]:
        """The headers that ask for the feed only if it changed."""
        conditions = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in conditions.items() if value}


def feed_url(given: str) -> str:
    """Return the address that is requested; `webcal:` means `https:`. Raises Invalid."""
    try:
        # Whether http is allowed at all is checked by the guarded client.
        return str(canonical_url(WEBCAL.sub("https://", given, count=1), allow_http=True))
    except UrlRefused as error:
        raise Invalid(str(error)) from None


class IcsFeed:
    """A feed; its address is usually the only secret that protects it."""

    def __init__(self, client: GuardedClient, url: str, *, call_seconds: float = 30.0) -> None:
        """Raises Invalid for an address that cannot be used."""
        self._url = feed_url(url)
        self._client = client
        self._limits = RequestLimits(
            call_seconds, idle_seconds=call_seconds, body_bytes=MOST_MEGABYTES * 1_000_000
        )

    async def list_calendars(self) -> Sequence[Calendar]:
        """Return the feed with the name and the colour that it gives itself."""
        head = unfolded(_calendar_text(await self._get({}))[:HEAD_BYTES])
        name, colour = NAME_LINE.search(head), COLOUR_LINE.search(head)
        return [
            Calendar(
                REF,
                (_unescaped(name[1]) if name else "") or "Calendar feed",
                colour[1].decode().lower() if colour else None,
                is_writable=False,
            )
        ]

    async def sync(self, calendar: str, state: str | None, known: Known) -> Changes:
        """Return the whole feed if it changed since `state`."""
        before = FeedState.read(state)
        answer = await self._get(before.conditions)
        if answer.status == HTTPStatus.NOT_MODIFIED and before.conditions:
            return Changes((), (), (), before.model_dump_json())
        text = _calendar_text(answer)
        after = FeedState(
            etag=_header(answer, "ETag"),
            modified=_header(answer, "Last-Modified"),
            digest=_digest(text),
        )
        is_same = after.digest == before.digest
        changed = () if is_same else (CalendarObject(REF, after.digest, text),)
        return Changes(changed, (), (), after.model_dump_json())

    async def query(
        self,
        calendar: str,
        since: datetime,
        until: datetime,
    ) -> Sequence[CalendarObject]:
        """Return the whole feed: nothing less can be asked for."""
        text = _calendar_text(await self._get({}))
        return [CalendarObject(REF, _digest(text), text)]

    async def find_event(self, calendar: str, uid: str) -> CalendarObject | None:
        """Raise Invalid."""
        raise Invalid(READ_ONLY)

    async def put_event(
        self, calendar: str, uid: str, data: bytes, expected: EventVersion | None
    ) -> EventVersion:
        """Raise Invalid."""
        raise Invalid(READ_ONLY)

    async def delete_event(self, calendar: str, expected: EventVersion) -> None:
        """Raise Invalid."""
        raise Invalid(READ_ONLY)

    async def _get(self, conditions: dict[str, str]) -> GuardedAnswer:
        headers = {"Accept": "text/calendar, */*;q=0.1", **conditions}
        try:
            return await self._client.request(
                "GET", self._url, headers=headers, limits=self._limits
            )
        except RequestFailed as error:
            failure = of_failure(error)
            raise Invalid(TOO_LARGE) if isinstance(failure, AnswerOversized) else failure from None


def _calendar_text(answer: GuardedAnswer) -> bytes:
    """Return the iCalendar text; raises CalendarError for anything else."""
    if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise Unauthorized(
            "The address of the feed no longer gives access. Copy it again from your calendar"
        )
    if answer.status != HTTPStatus.OK:
        raise of_status(answer)
    # What the header says about the type is often wrong, so only the text counts.
    text = answer.body.removeprefix(BYTE_ORDER_MARK).strip()
    if text.startswith(b"<"):
        raise Invalid(WEB_PAGE)
    if text[: len(BEGIN)].upper() != BEGIN:
        raise Invalid("The address leads to something that is no iCalendar feed")
    if text[-len(END) :].upper() != END:
        # The events that are missing would count as free time.
        raise Transient("The feed ends in the middle")
    return text + b"\r\n"


def _digest(text: bytes) -> str:
    return hashlib.sha256(STAMP_LINE.sub(b"", text)).hexdigest()


def _header(answer: GuardedAnswer, name: str) -> str:
    """Return a header that can be sent back; empty if it cannot."""
    value = answer.headers.get(name, "")
    is_usable = len(value) <= MOST_HEADER_CHARACTERS and value.isascii() and value.isprintable()
    return value if is_usable else ""


def _unescaped(value: bytes) -> str:
    text = ESCAPED.sub(lambda found: found[1].replace("n", " "), value.decode(errors="replace"))
    return one_line(text, MOST_NAME_CHARACTERS)
