"""A host's contacts, over API keys and from the dashboard."""

from functools import partial

from aiohttp import web

from linktime_common.contracts.events.contacts import ContactState
from linktime_common.http import auth, bodies
from linktime_common.http.models import Done
from linktime_common.http.paths import path_id
from linktime_common.idempotency import Answer
from linktime_common.identity import Door
from linktime_common.ids import new_id
from linktime_contacts.api.contact_requests import (
    ContactChangesRequest,
    ContactsQuery,
    NewContactRequest,
)
from linktime_contacts.api.replies import ContactDetailReply, MeetingReply
from linktime_contacts.api.writes import write
from linktime_contacts.deps import DEPS
from linktime_contacts.domain.errors import ContactNotFound
from linktime_contacts.store import contacts, meetings
from linktime_contacts.use_cases.change_contact import ChangeContact, change_contact
from linktime_contacts.use_cases.create_contact import CONTACT, CreateContact, create_contact
from linktime_contacts.use_cases.delete_contact import DeleteContact, delete_contact

MOST_MEETINGS = 50


async def list_contacts(request: web.Request) -> web.Response:
    """One page of the owner's contacts, newest first."""
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
    """One contact with its meetings."""
    owner_id = auth.user_id(request)
    contact_id = path_id(request, "id", otherwise=ContactNotFound)
    deps = request.app[DEPS]
    now = deps.clock.now()
    async with deps.database.connection() as connection:
        contact, figures = await contacts.find(connection, owner_id, contact_id, now=now)
        upcoming = await meetings.upcoming(
            connection, owner_id, contact_id, now=now, limit=MOST_MEETINGS
        )
        past = await meetings.past(connection, owner_id, contact_id, now=now, limit=MOST_MEETINGS)
    return bodies.reply(
        ContactDetailReply(
            **contact.state(figures).model_dump(by_alias=False),
            upcoming_meetings=[MeetingReply.of(meeting) for meeting in upcoming],
            past_meetings=[MeetingReply.of(meeting) for meeting in past],
        )
    )


async def post_contact(request: web.Request) -> web.Response:
    """Add a contact."""
    body = await bodies.read(request, NewContactRequest)
    caller = auth.caller(request)
    command = CreateContact(
        owner_id=auth.user_id(request),
        name=body.name,
        email=body.email,
        phone=body.phone,
        company=body.company,
        notes=body.notes,
        source="dashboard" if caller.door is Door.SESSION else "api",
    )
    act = partial(create_contact, command, request.app[DEPS])
    return await write(request, act, partial(_contact, 201), memory={CONTACT: str(new_id())})


async def patch_contact(request: web.Request) -> web.Response:
    """Change a contact."""
    body = await bodies.read(request, ContactChangesRequest)
    command = ChangeContact(
        owner_id=auth.user_id(request),
        contact_id=path_id(request, "id", otherwise=ContactNotFound),
        values=body.values(),
    )
    act = partial(change_contact, command, request.app[DEPS])
    return await write(request, act, partial(_contact, 200))


async def delete_one_contact(request: web.Request) -> web.Response:
    """Delete a contact for good."""
    command = DeleteContact(
        owner_id=auth.user_id(request),
        contact_id=path_id(request, "id", otherwise=ContactNotFound),
    )
    return await write(request, partial(delete_contact, command, request.app[DEPS]), _done)


def _contact(status: int, contact: ContactState) -> Answer:
    return Answer(status, contact.model_dump(mode="json"))


def _done(_result: None) -> Answer:
    return Answer(200, Done().model_dump(mode="json"))
