"""The feed of a host's bookings: its address, and the calendar behind it."""

import asyncio
from functools import partial

from aiohttp import ETag, hdrs, web

from linktime_bookings.deps import DEPS, Deps
from linktime_bookings.domain.calendar_feeds import tag_of
from linktime_bookings.domain.errors import CalendarFeedNotFound
from linktime_bookings.domain.events import state_of
from linktime_bookings.mail import calendar_feed
from linktime_bookings.store import calendar_feeds
from linktime_bookings.use_cases.make_calendar_feed import NewFeed, make_calendar_feed
from linktime_bookings.use_cases.open_calendar_feed import open_calendar_feed
from linktime_bookings.use_cases.revoke_calendar_feed import revoke_calendar_feed
from linktime_common.contracts.internal_api.bookings import MadeCalendarFeed, RevokedCalendarFeed
from linktime_common.contracts.wire import Instant, WireModel
from linktime_common.http import auth, bodies
from linktime_common.http.etags import is_known
from linktime_common.http.operations import Operation, TextReply
from linktime_common.http.writes import answer, write
from linktime_common.idempotency import WriteReply

TAG = "Calendar feed"
MEDIA_TYPE = "text/calendar"
CACHED = "private, max-age=300"
PATH = "/api/public/feeds/{token}.ics"


class CalendarFeedReply(WireModel):
    """Whether there is an address, and since when; the address itself is not stored."""

    enabled: bool
    created_at: Instant | None


MADE = MadeCalendarFeed(
    url="https://linktime.example/api/public/feeds/lt_feed_Zr0qUo5X1cV7mQm2Jm3vY8n2wq4s6t8u.ics",
    created_at="2026-03-01T14:00:00Z",
)
EXAMPLE = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//LinkTime//LinkTime//EN\r
METHOD:PUBLISH\r
X-WR-CALNAME:LinkTime bookings\r
END:VCALENDAR\r
"""


@Operation(
    summary="Read whether there is a feed of your bookings",
    tag=TAG,
    reply=CalendarFeedReply(enabled=True, created_at=MADE.created_at),
)
async def get_feed(request: web.Request) -> web.Response:
    host_id = auth.user_id(request)
    async with request.app[DEPS].database.connection() as connection:
        made = await calendar_feeds.created_at(connection, host_id)
    return bodies.reply(CalendarFeedReply(enabled=made is not None, created_at=made))


@Operation(
    summary="Make the address of a feed of your bookings",
    description=(
        "Any calendar program can subscribe to it. An earlier address ends. `url` is returned only "
        "once; null when the Idempotency-Key is repeated."
    ),
    tag=TAG,
    reply=MADE,
    status=201,
    idempotent=True,
)
async def post_feed(request: web.Request) -> web.Response:
    deps = request.app[DEPS]
    act = partial(make_calendar_feed, auth.user_id(request), deps)
    return await write(request, deps.database, act, partial(_made, deps))


@Operation(
    summary="Revoke the address of the feed of your bookings",
    description="Without one nothing happens, and `revoked` is false.",
    tag=TAG,
    reply=RevokedCalendarFeed(revoked=True),
    idempotent=True,
)
async def delete_feed(request: web.Request) -> web.Response:
    deps = request.app[DEPS]
    act = partial(revoke_calendar_feed, auth.user_id(request), deps)
    return await write(request, deps.database, act, _revoked)


@Operation(
    summary="Read a host's bookings as a calendar",
    description=(
        "For calendar programs: the confirmed bookings since 30 days ago, 1,000 at most, the next "
        "ones first. `token` is from the address that the host made. With the `ETag` of an earlier "
        "response in `If-None-Match`, an unchanged calendar is not sent again."
    ),
    tag="Public",
    text=TextReply(MEDIA_TYPE, EXAMPLE),
    also={304: "The calendar is the one that `If-None-Match` names"},
    errors={CalendarFeedNotFound: "The address is unknown or revoked, or its host is not active"},
)
async def get_calendar(request: web.Request) -> web.Response:
    deps = request.app[DEPS]
    now, sender = deps.clock.now(), deps.sender
    opened, host = await open_calendar_feed(request.match_info["token"], now, deps)
    layout = calendar_feed.layout(sender, host.locale)
    if is_known(request, tag := tag_of(layout, opened.versions)):
        return _tagged(web.Response(status=304), tag)
    async with deps.database.connection() as connection:
        bookings = await calendar_feeds.shown(connection, opened.host_id, now)
    states = map(state_of, bookings)
    # In a thread: other requests need not wait while a thousand bookings are written.
    content = await asyncio.to_thread(calendar_feed.rendered, states, sender, host.locale)
    response = web.Response(body=content, content_type=MEDIA_TYPE, charset="utf-8")
    # Of what was rendered: a booking may have changed since the feed was opened.
    return _tagged(response, tag_of(layout, ((one.id, one.version) for one in bookings)))


def _tagged(response: web.Response, tag: str) -> web.Response:
    response.etag = ETag(tag)
    response.headers[hdrs.CACHE_CONTROL] = CACHED
    return response


def _revoked(was_there: bool) -> WriteReply:
    return answer(RevokedCalendarFeed(revoked=was_there))


def _made(deps: Deps, new: NewFeed) -> WriteReply:
    url = None
    if new.token is not None:
        url = deps.sender.public_url.rstrip("/") + PATH.format(token=new.token)
    return answer(MadeCalendarFeed(url=url, created_at=new.created_at), 201)
