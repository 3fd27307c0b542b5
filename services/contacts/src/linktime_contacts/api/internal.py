"""Internal endpoints for bookings and the operator."""

from uuid import UUID

from aiohttp import web

from linktime_common.contracts.internal_api.contacts import (
    FoundContact,
    IdentifiedContact,
    StoredPerson,
)
from linktime_common.contracts.internal_api.resync import Resync, Resynced
from linktime_common.contracts.wire import Text
from linktime_common.http import bodies
from linktime_common.http.fields import QueryModel
from linktime_common.http.paths import path_id
from linktime_contacts.deps import DEPS
from linktime_contacts.domain.contact import Contact
from linktime_contacts.domain.errors import ContactNotFound
from linktime_contacts.store import contacts, meetings, personal_data
from linktime_contacts.use_cases.rebuild import rebuild

MOST_ENTRIES = 500


class OwnerQuery(QueryModel):
    owner_id: UUID


class ContactQuery(OwnerQuery):
    email: Text


async def find_contact(request: web.Request) -> web.Response:
    query = bodies.read_query(request, ContactQuery)
    async with request.app[DEPS].database.connection() as connection:
        contact = await contacts.find_by_email(connection, query.owner_id, query.email)
    if contact is None:
        raise ContactNotFound(owner_id=query.owner_id)
    return bodies.reply(_found(contact))


async def get_contact(request: web.Request) -> web.Response:
    query = bodies.read_query(request, OwnerQuery)
    contact_id = path_id(request, "id", otherwise=ContactNotFound)
    deps = request.app[DEPS]
    async with deps.database.connection() as connection:
        contact, _ = await contacts.find(
            connection, query.owner_id, contact_id, now=deps.clock.now()
        )
    found = _found(contact).model_dump(by_alias=False)
    return bodies.reply(IdentifiedContact(**found, other_emails=list(contact.other_emails)))


async def get_personal_data(request: web.Request) -> web.Response:
    query = bodies.read_query(request, OwnerQuery)
    contact_id = path_id(request, "id", otherwise=ContactNotFound)
    deps, owner_id = request.app[DEPS], query.owner_id
    async with deps.database.connection() as connection:
        contact, figures = await contacts.find(
            connection, owner_id, contact_id, now=deps.clock.now()
        )
        phones = [one for one in (contact.phone, *contact.other_phones) if one]
        bookings = await meetings.bookings_of(connection, owner_id, contact_id)
        messages = await personal_data.messages(connection, owner_id, phones)
        calls = await personal_data.calls(connection, owner_id, phones, bookings)
    return bodies.reply(
        StoredPerson(
            contact=contact.state(figures),
            other_emails=list(contact.other_emails),
            other_phones=list(contact.other_phones),
            messages=messages,
            calls=calls,
            has_more=personal_data.has_more(messages, calls),
            booking_ids=bookings,
        )
    )


def _found(contact: Contact) -> FoundContact:
    return FoundContact(
        id=contact.id,
        name=contact.name,
        email=contact.email,
        phone=contact.phone,
        company=contact.company,
    )


async def post_resync(request: web.Request) -> web.Response:
    """Rebuild meetings from bookings; users are ignored."""
    body = await bodies.read(request, Resync)
    if len(body.bookings) + len(body.users) > MOST_ENTRIES:
        raise bodies.invalid("bookings", f"At most {MOST_ENTRIES} entries at a time")
    return bodies.reply(Resynced(applied=await rebuild(body.bookings, request.app[DEPS])))
