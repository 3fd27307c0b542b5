"""Contacts, as the key's owner sees them."""

from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import StringConstraints

from linktime_common.contracts.events.bookings import BookedEventType, BookingStatus
from linktime_common.contracts.events.contacts import ContactState
from linktime_common.contracts.wire import Instant, Storable, WireModel
from linktime_common.http import auth, bodies
from linktime_common.http.models import Paging
from linktime_common.http.paths import path_id
from linktime_contacts.deps import DEPS
from linktime_contacts.domain.errors import ContactNotFound
from linktime_contacts.domain.meeting import Meeting
from linktime_contacts.store import contacts, meetings

MOST_MEETINGS = 50


class ContactsQuery(Paging):
    search: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), Storable] = ""


class MeetingBody(WireModel):
    id: UUID
    start_time: Instant
    end_time: Instant
    status: BookingStatus
    event_type: BookedEventType


class ContactDetail(ContactState):
    upcoming_meetings: list[MeetingBody]
    past_meetings: list[MeetingBody]


async def list_contacts(request: web.Request) -> web.Response:
    query = bodies.read_query(request, ContactsQuery)
    deps = request.app[DEPS]
    async with deps.database.connection() as connection:
        found, total = await contacts.list_page(
            connection,
            auth.user_id(request),
            search=query.search or None,
            limit=query.limit,
            offset=bodies.offset(query.page, query.limit),
            now=deps.clock.now(),
        )
    page = [contact.state(figures) for contact, figures in found]
    return bodies.reply_list(page, page=query.page, limit=query.limit, total=total)


async def get_contact(request: web.Request) -> web.Response:
    owner_id = auth.user_id(request)
    contact_id = path_id(request, "id", otherwise=ContactNotFound)
    deps = request.app[DEPS]
    now = deps.clock.now()
    async with deps.database.connection() as connection:
        found = await contacts.find(connection, owner_id, contact_id, now=now)
        if found is None:
            raise ContactNotFound(contact_id=contact_id)
        upcoming = await meetings.upcoming(
            connection, owner_id, contact_id, now=now, limit=MOST_MEETINGS
        )
        past = await meetings.past(connection, owner_id, contact_id, now=now, limit=MOST_MEETINGS)
    contact, figures = found
    return bodies.reply(
        ContactDetail(
            **contact.state(figures).model_dump(by_alias=False),
            upcoming_meetings=[_meeting(meeting) for meeting in upcoming],
            past_meetings=[_meeting(meeting) for meeting in past],
        )
    )


def _meeting(meeting: Meeting) -> MeetingBody:
    return MeetingBody(
        id=meeting.booking_id,
        start_time=meeting.starts_at,
        end_time=meeting.ends_at,
        status=meeting.status,
        event_type=meeting.event_type,
    )
