"""A host's contacts, for API keys and the dashboard."""

from functools import partial
from typing import Annotated, Any

from aiohttp import web
from pydantic import AfterValidator, Field, StringConstraints, model_validator

from linktime_common.contracts.events.contacts import ContactState
from linktime_common.contracts.wire import Storable
from linktime_common.http import auth, bodies, cursors
from linktime_common.http.cursors import CursorPaging
from linktime_common.http.fields import (
    EmailAddress,
    Name,
    Note,
    OneLine,
    Phone,
    RequestModel,
    SearchOfQuery,
)
from linktime_common.http.models import Done
from linktime_common.http.operations import Operation, Refusals
from linktime_common.http.paths import path_id
from linktime_common.http.resources import below
from linktime_common.http.writes import answer, done, write
from linktime_common.identity import CallerKind
from linktime_common.ids import new_id
from linktime_contacts.api.meetings import MEETING, MeetingReply
from linktime_contacts.deps import DEPS
from linktime_contacts.domain.contact import WRITTEN, ContactFields
from linktime_contacts.domain.errors import ContactEmailTaken, ContactNotFound
from linktime_contacts.domain.search import Search
from linktime_contacts.store import contact_lists, contacts, meetings
from linktime_contacts.use_cases.change_contact import ChangeContact, change_contact
from linktime_contacts.use_cases.create_contact import CONTACT, CreateContact, create_contact
from linktime_contacts.use_cases.delete_contact import DeleteContact, delete_contact

TAG = "Contacts"
MOST_MEETINGS = 50
READ_ONLY = frozenset(
    {
        "id",
        "meetingCount",
        "lastMeetingAt",
        "createdAt",
        "updatedAt",
        "upcomingMeetings",
        "pastMeetings",
        "otherEmails",
        "otherPhones",
    }
)
"""Fields of responses that requests may repeat; they are ignored."""


def _blank_is_none(text: str | None) -> str | None:
    return text or None


Company = Annotated[
    Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), OneLine] | None,
    AfterValidator(_blank_is_none),
]
Notes = Annotated[Note | None, AfterValidator(_blank_is_none)]


class ContactsQuery(CursorPaging):
    search: Annotated[
        str,
        StringConstraints(strip_whitespace=True, max_length=200),
        Storable,
        SearchOfQuery,
        Field(
            description=(
                "A part of name, e-mail, phone or company, in any letter case and without accents; "
                "the phone in any spelling"
            )
        ),
    ] = ""


class NewContactRequest(RequestModel):
    """A contact to add."""

    name: Name
    email: EmailAddress
    phone: Phone | None = None
    company: Company = None
    notes: Notes = None

    @model_validator(mode="before")
    @classmethod
    def _ignore_read_only(cls, body: Any) -> Any:
        if isinstance(body, dict):
            return {name: value for name, value in body.items() if name not in READ_ONLY}
        return body


class ContactChangesRequest(NewContactRequest):
    """The fields to change. An absent field is not changed; null clears an optional one."""

    name: Name = Field(default_factory=str)  # never read unless it was sent
    email: EmailAddress = Field(default_factory=str)

    def values(self) -> dict[str, str | None]:
        """Return the fields that were sent."""
        return self.model_dump(include=self.model_fields_set)


class ContactDetailReply(ContactState):
    """A contact with up to fifty upcoming and fifty past meetings, and the e-mail addresses and
    phone numbers of contacts that were merged into it."""

    other_emails: list[str]
    other_phones: list[str]
    upcoming_meetings: list[MeetingReply]
    past_meetings: list[MeetingReply]


EXAMPLE = ContactState(
    id="01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e21",
    name="Zoë Quinn",
    email="zoe@example.com",
    phone="+4930123456",
    company="Example GmbH",
    notes="Prefers mornings",
    meeting_count=1,
    last_meeting_at="2026-03-01T14:00:00Z",
    created_at="2026-02-20T09:30:00Z",
    updated_at="2026-02-20T09:30:00Z",
)
NOT_FOUND: Refusals = {ContactNotFound: "There is no such contact, or it is not yours"}
EMAIL_TAKEN: Refusals = {
    ContactEmailTaken: "The owner has a contact with this e-mail, letter case aside"
}


@Operation(
    summary="List contacts",
    description=(
        "Newest first. `search` finds a part of name, e-mail, phone or company. `cursor` continues "
        "after the page before: no contact is listed twice or left out while others are added or "
        "deleted."
    ),
    tag=TAG,
    query=ContactsQuery,
    page_of=EXAMPLE,
)
async def list_contacts(request: web.Request) -> web.Response:
    query, owner_id = bodies.read_query(request, ContactsQuery), auth.user_id(request)
    deps = request.app[DEPS]
    wanted = cursors.requested(query, owner_id)
    search = Search.of(query.search, auth.caller(request).timezone)
    async with deps.database.connection() as connection:
        page = await contact_lists.list_page(
            connection,
            owner_id,
            filters=contact_lists.ContactFilters(
                search=search.text if search else None,
                other_search=search.other if search else None,
                updated_since=query.updated_since,
            ),
            order=query.order,
            limit=query.limit,
            offset=wanted.offset,
            after_position=wanted.after,
            now=deps.clock.now(),
        )
    states = [contact.state(figures) for contact, figures in page.contacts]
    return cursors.reply_list(
        states, query, owner_id, page=wanted.page, total=page.total, last=page.last
    )


@Operation(
    summary="Read a contact with its meetings",
    description="Upcoming meetings soonest first, past ones latest first, up to fifty of each.",
    tag=TAG,
    reply=ContactDetailReply(
        **EXAMPLE.model_dump(by_alias=False),
        other_emails=[],
        other_phones=[],
        upcoming_meetings=[],
        past_meetings=[MEETING],
    ),
    errors=NOT_FOUND,
    conditional=True,
)
async def get_contact(request: web.Request) -> web.Response:
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
            other_emails=list(contact.other_emails),
            other_phones=list(contact.other_phones),
            upcoming_meetings=[MeetingReply.of(meeting) for meeting in upcoming],
            past_meetings=[MeetingReply.of(meeting) for meeting in past],
        )
    )


@Operation(
    summary="Add a contact",
    description="Publishes the event `contact.created`.",
    tag=TAG,
    body=NewContactRequest,
    body_example=EXAMPLE.model_dump(mode="json", include=set(WRITTEN)),
    reply=EXAMPLE.model_copy(update={"meeting_count": 0, "last_meeting_at": None}),
    status=201,
    errors=EMAIL_TAKEN,
    idempotent=True,
    location=below("id"),
)
async def post_contact(request: web.Request) -> web.Response:
    body = await bodies.read(request, NewContactRequest)
    command = CreateContact(
        owner_id=auth.user_id(request),
        fields=ContactFields(**body.model_dump()),
        source="dashboard" if auth.caller(request).caller_kind is CallerKind.SESSION else "api",
    )
    deps = request.app[DEPS]
    return await write(
        request,
        deps.database,
        partial(create_contact, command, deps),
        partial(answer, status=201),
        memory={CONTACT: str(new_id())},
    )


@Operation(
    summary="Change a contact",
    description=(
        "A field that is not sent is not changed; null clears phone, company or notes. "
        "Other fields of a contact may be sent and are ignored."
    ),
    tag=TAG,
    body=ContactChangesRequest,
    body_example={"company": "Example GmbH", "notes": None},
    reply=EXAMPLE.model_copy(update={"notes": None}),
    errors=NOT_FOUND | EMAIL_TAKEN,
    idempotent=True,
)
async def patch_contact(request: web.Request) -> web.Response:
    body = await bodies.read(request, ContactChangesRequest)
    command = ChangeContact(
        owner_id=auth.user_id(request),
        contact_id=path_id(request, "id", otherwise=ContactNotFound),
        values=body.values(),
    )
    deps = request.app[DEPS]
    return await write(request, deps.database, partial(change_contact, command, deps), answer)


@Operation(
    summary="Delete a contact for good",
    description=(
        "Its bookings, messages and calls are kept, without it. Later changes of its bookings do "
        "not restore it; a new booking creates a new contact."
    ),
    tag=TAG,
    reply=Done(),
    errors=NOT_FOUND,
    idempotent=True,
)
async def remove_contact(request: web.Request) -> web.Response:
    command = DeleteContact(
        owner_id=auth.user_id(request),
        contact_id=path_id(request, "id", otherwise=ContactNotFound),
    )
    deps = request.app[DEPS]
    return await write(request, deps.database, partial(delete_contact, command, deps), done)
