"""What the pages of hosts show: read from the services and kept for seconds.

A page that many people open causes one read in that time, so a crowd on it delays no other host.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final
from urllib.parse import quote

import orjson

from linktime_common.clock import Clock
from linktime_common.errors import SafeToLog, Unavailable
from linktime_gateway.clients.connections import UpstreamResponse
from linktime_gateway.clients.public_reads import PublicReads
from linktime_gateway.clients.short_cache import ShortCache
from linktime_gateway.domain.months import (
    first_months,
    following,
    has_start,
    of_month,
    shortened,
    utc_dates,
)

FRESH_SECONDS = 2.0
MOST_PAGES = 500
OK, SERVER_ERROR = 200, 500
PUBLIC: Final = "/api/public"


class ReadRefused(SafeToLog):
    """The service answered with an error below 500, such as an unknown host."""

    def __init__(self, answer: UpstreamResponse) -> None:
        super().__init__(f"the service answered {answer.status}")
        self.answer = answer


@dataclass(frozen=True)
class PageContent:
    """The public data of a page.

    `months` are starts by month, as `domain.months.shortened` writes them. `rendered` keeps what
    is made of this content, by language and by whether it is for a frame.
    """

    data: Mapping[str, Any]
    now: datetime
    months: Mapping[str, list[int]] = field(default_factory=dict)
    rendered: dict[tuple[str, bool], Any] = field(default_factory=dict)


class PageContents:
    """Contents by host and event type. Methods raise ReadRefused and Unavailable."""

    def __init__(self, reads: PublicReads, clock: Clock) -> None:
        self._reads = reads
        self._clock = clock
        self._cache: ShortCache[PageContent | UpstreamResponse] = ShortCache(
            FRESH_SECONDS, MOST_PAGES
        )

    async def host(self, username: str, request_id: str) -> PageContent:
        """Return the host with its event types."""
        path = f"{PUBLIC}/{username.lower()}"
        return await self._get(path, lambda: self._read_host(path, request_id))

    async def event_type(self, username: str, slug: str, request_id: str) -> PageContent:
        """Return the event type with this month's slots.

        The next month's are included if this one ends soon or has none, so the page shows its first
        free time in every time zone without another request.
        """
        path = f"{PUBLIC}/{username.lower()}/{slug.lower()}"
        return await self._get(path, lambda: self._read_event_type(path, request_id))

    async def booking(self, token: str, request_id: str) -> PageContent:
        """Return the booking as its invitee sees it; it is never kept."""
        path = f"{PUBLIC}/bookings/{quote(token, safe='')}"
        answer = await self._reads.read(path, request_id=request_id)
        return PageContent(_data(answer), self._clock.now())

    async def _get(self, path: str, read: Any) -> PageContent:
        async def settled() -> PageContent | UpstreamResponse:
            try:
                found: PageContent = await read()
            except ReadRefused as refused:  # kept too: unknown names are asked for again and again
                return refused.answer
            return found

        content = await self._cache.get(path, settled)
        if isinstance(content, UpstreamResponse):
            raise ReadRefused(content)
        return content

    async def _read_host(self, path: str, request_id: str) -> PageContent:
        answer = await self._reads.read(path, request_id=request_id)
        return PageContent(_data(answer), self._clock.now())

    async def _read_event_type(self, path: str, request_id: str) -> PageContent:
        now = self._clock.now()
        months = first_months(now)
        answer, starts = await asyncio.gather(
            self._reads.read(path, request_id=request_id),
            self._read_starts(path, months, now, request_id),
        )
        data = _data(answer)
        if not has_start(months[-1], starts):
            months.append(following(months[-1]))
            starts += await self._read_starts(path, months[-1:], now, request_id)
            starts = sorted(set(starts))  # the lists have some dates in common
        by_month = {one.isoformat()[:7]: shortened(of_month(one, starts)) for one in months}
        return PageContent(data, now, by_month)

    async def _read_starts(
        self, path: str, months: Sequence[date], now: datetime, request_id: str
    ) -> list[datetime]:
        first, last = utc_dates(months[0], months[-1], now.astimezone(UTC).date())
        query = f"timezone=UTC&startDate={first}&endDate={last}"
        answer = await self._reads.read(f"{path}/slots", request_id=request_id, query=query)
        slots = _data(answer)["data"]
        return [datetime.fromisoformat(slot["startTime"]) for slot in slots]


def _data(answer: UpstreamResponse) -> dict[str, Any]:
    if answer.status >= SERVER_ERROR:
        raise Unavailable(f"a service answered {answer.status}")
    if answer.status != OK:
        raise ReadRefused(answer)
    try:
        data: dict[str, Any] = orjson.loads(answer.body)
    except orjson.JSONDecodeError as error:
        raise Unavailable("a service sent no JSON") from error
    return data
