"""Everything that is stored of one person, for the dashboard and the operator."""

from uuid import UUID

from aiohttp import web

from linktime_bookings.api.bookings import DETAIL, EXAMPLE, BookingReply
from linktime_bookings.deps import DEPS
from linktime_bookings.domain.errors import ContactNotFound
from linktime_bookings.store import personal_data
from linktime_common.caseless import lowercase_key
from linktime_common.contracts.internal_api.contacts import HeldByContacts, HeldCall, HeldMessage
from linktime_common.contracts.wire import Instant, WireModel
from linktime_common.http import auth, bodies
from linktime_common.http.operations import Operation
from linktime_common.http.paths import path_id


class ReasonedChangeReply(WireModel):
    """A change of a booking for which somebody gave a reason."""

    booking_id: UUID
    type: str
    at: Instant
    by: str
    reason: str


class InviteeMailReply(WireModel):
    """A mail to the person."""

    booking_id: UUID
    type: str
    recipient: str
    recipient_name: str | None
    status: str
    created_at: Instant


class PersonalDataReply(HeldByContacts):
    """A person's contact, bookings with reasons and mails, messages and calls, newest first.

    `reminders_stopped` names the bookings of which the person wants no reminders.
    """

    bookings: list[BookingReply]
    reminders_stopped: list[UUID]
    changes: list[ReasonedChangeReply]
    mails: list[InviteeMailReply]


PERSON = PersonalDataReply(
    contact={
        "id": DETAIL.contact.id,
        "name": "Zoë Quinn",
        "email": "zoe@example.com",
        "phone": "+4930123456",
        "company": "Example GmbH",
        "notes": None,
        "meeting_count": 1,
        "last_meeting_at": None,
        "created_at": EXAMPLE.created_at,
        "updated_at": EXAMPLE.updated_at,
    },
    other_emails=[],
    other_phones=[],
    messages=[
        HeldMessage(
            id="01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e31",
            channel="SMS",
            contact_address="+4930123456",
            direction="INBOUND",
            content="See you tomorrow",
            media=[],
            sent_at="2026-02-28T14:00:00Z",
        )
    ],
    calls=[
        HeldCall(
            id="01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e32",
            direction="INBOUND",
            contact_phone="+4930123456",
            started_at="2026-02-28T15:00:00Z",
            ended_at=None,
            duration_seconds=60,
            status="COMPLETED",
            end_reason=None,
            summary="Asked for the address",
            transcript=[],
            recording_url=None,
            metadata={},
        )
    ],
    bookings=[EXAMPLE],
    reminders_stopped=[EXAMPLE.id],
    changes=[],
    has_more=False,
    mails=[
        InviteeMailReply(
            booking_id=EXAMPLE.id,
            type="confirmation",
            recipient="zoe@example.com",
            recipient_name="Zoë Quinn",
            status="SENT",
            created_at=EXAMPLE.created_at,
        )
    ],
)


@Operation(
    summary="Export a person's data",
    description=(
        "What is stored of the contact's person: found by the contact's bookings, e-mail addresses "
        "and phone numbers. `hasMore` is true if a list is as long as it may be: the newest 500 "
        "bookings, 1,000 mails and messages, and 200 calls. Stored webhook bodies, "
        "events and answers have copies of these fields, which are not repeated. 503 while the "
        "contacts service does not answer."
    ),
    tag="Contacts",
    reply=PERSON,
    errors={ContactNotFound: "The contact does not exist"},
)
async def get_personal_data(request: web.Request) -> web.Response:
    deps, host_id = request.app[DEPS], auth.user_id(request)
    contact_id = path_id(request, "id", otherwise=ContactNotFound)
    held = await deps.contacts.personal_data(owner_id=host_id, contact_id=contact_id)
    emails = [lowercase_key(one) for one in (held.contact.email, *held.other_emails)]
    async with deps.database.connection() as connection:
        found = await personal_data.find(
            connection, host_id=host_id, emails=emails, ids=held.booking_ids
        )
    return bodies.reply(
        PersonalDataReply(
            **held.model_dump(by_alias=False, exclude={"booking_ids", "has_more"}),
            has_more=held.has_more or found.has_more,
            bookings=[BookingReply.of(booking) for booking in found.bookings],
            reminders_stopped=[one.id for one in found.bookings if not one.reminders_wanted],
            changes=[ReasonedChangeReply(**vars(change)) for change in found.changes],
            mails=[_mail(mail) for mail in found.mails],
        )
    )


def _mail(mail: personal_data.InviteeMail) -> InviteeMailReply:
    return InviteeMailReply(
        booking_id=mail.booking_id,
        type=mail.kind,
        recipient=mail.recipient,
        recipient_name=mail.recipient_name,
        status=mail.status,
        created_at=mail.created_at,
    )
