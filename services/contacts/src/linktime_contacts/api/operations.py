"""What the routes say of themselves in the OpenAPI document."""

from linktime_common.contracts.events.contacts import ContactState
from linktime_common.http.models import Done
from linktime_common.http.operations import Operation
from linktime_contacts.api.contact_requests import (
    ContactChangesRequest,
    ContactsQuery,
    NewContactRequest,
)
from linktime_contacts.api.history_requests import CallsQuery, ConversationsQuery
from linktime_contacts.api.ingest_requests import CallRequest, MessageRequest
from linktime_contacts.api.replies import (
    CallReply,
    ContactDetailReply,
    ConversationReply,
    TakenReply,
)

_NOT_FOUND = {404: "There is no such contact, or it is not yours"}
_TAKEN = {409: "The owner has a contact with this e-mail, letter case aside"}

_CONTACT = {
    "id": "01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e21",
    "name": "Zoë Quinn",
    "email": "zoe@example.com",
    "phone": "+4930123456",
    "company": "Example GmbH",
    "notes": "Prefers mornings",
    "meetingCount": 1,
    "lastMeetingAt": "2026-03-01T14:00:00.000Z",
    "createdAt": "2026-02-20T09:30:00.000Z",
    "updatedAt": "2026-02-20T09:30:00.000Z",
}
_NEW_CONTACT = {name: _CONTACT[name] for name in ("name", "email", "phone", "company", "notes")}
_MEETING = {
    "id": "01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e22",
    "startTime": "2026-03-01T14:00:00.000Z",
    "endTime": "2026-03-01T14:30:00.000Z",
    "status": "CONFIRMED",
    "eventType": {
        "id": "01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e23",
        "name": "Intro call",
        "slug": "intro",
        "durationMinutes": 30,
    },
}

LIST_CONTACTS = Operation(
    summary="List contacts",
    tag="Contacts",
    description="Newest first. `search` finds a part of name, e-mail or company.",
    query=ContactsQuery,
    page_of=ContactState,
    reply_example={
        "data": [_CONTACT],
        "pagination": {"page": 1, "limit": 20, "total": 1, "totalPages": 1},
    },
)

GET_CONTACT = Operation(
    summary="Read a contact with its meetings",
    tag="Contacts",
    description="Upcoming meetings soonest first, past ones latest first, up to fifty of each.",
    reply=ContactDetailReply,
    reply_example=_CONTACT | {"upcomingMeetings": [], "pastMeetings": [_MEETING]},
    errors=_NOT_FOUND,
)

CREATE_CONTACT = Operation(
    summary="Add a contact",
    tag="Contacts",
    description="The event `contact.created` follows.",
    body=NewContactRequest,
    body_example=_NEW_CONTACT,
    reply=ContactState,
    reply_example=_CONTACT | {"meetingCount": 0, "lastMeetingAt": None},
    status=201,
    errors=_TAKEN,
    idempotent=True,
)

CHANGE_CONTACT = Operation(
    summary="Change a contact",
    tag="Contacts",
    description=(
        "A field that is not sent stays as it is; null clears phone, company or notes. "
        "What a contact has beside these five fields may be sent back and changes nothing."
    ),
    body=ContactChangesRequest,
    body_example={"company": "Example GmbH", "notes": None},
    reply=ContactState,
    reply_example=_CONTACT | {"notes": None},
    errors=_NOT_FOUND | _TAKEN,
    idempotent=True,
)

DELETE_CONTACT = Operation(
    summary="Delete a contact for good",
    tag="Contacts",
    description=(
        "Its bookings, messages and calls stay, without it. Changes of its old bookings do not "
        "bring it back; a new booking makes a new contact."
    ),
    reply=Done,
    reply_example={"success": True},
    errors=_NOT_FOUND,
    idempotent=True,
)

LIST_CONVERSATIONS = Operation(
    summary="List SMS and WhatsApp threads",
    tag="Conversations and calls",
    description=(
        "Newest first, each with its fifty newest messages, oldest first. `from` and `to` choose "
        "messages; a thread with none between them is not listed."
    ),
    query=ConversationsQuery,
    page_of=ConversationReply,
    reply_example={
        "data": [
            {
                "id": "01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e24",
                "contactPhone": "+4930123456",
                "channel": "sms",
                "messages": [
                    {
                        "id": "01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e25",
                        "content": "See you at three",
                        "direction": "outbound",
                        "timestamp": "2026-03-01T09:00:00.000Z",
                        "status": "delivered",
                    }
                ],
                "contactId": _CONTACT["id"],
                "contactName": _CONTACT["name"],
                "lastMessageAt": "2026-03-01T09:00:00.000Z",
            }
        ],
        "pagination": {"page": 1, "limit": 20, "total": 1, "totalPages": 1},
    },
)

LIST_CALLS = Operation(
    summary="List voice calls",
    tag="Conversations and calls",
    description="Newest first. `callerPhone` is the other party's number, whoever rang.",
    query=CallsQuery,
    page_of=CallReply,
    reply_example={
        "data": [
            {
                "id": "01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e26",
                "direction": "inbound",
                "callerPhone": "+4930123456",
                "durationSeconds": 94,
                "status": "completed",
                "agentName": "Front desk",
                "startedAt": "2026-03-01T09:00:00.000Z",
                "outcome": "user_hangup",
                "contactId": _CONTACT["id"],
                "endedAt": "2026-03-01T09:01:34.000Z",
                "summary": "Wants to move to Tuesday",
            }
        ],
        "pagination": {"page": 1, "limit": 20, "total": 1, "totalPages": 1},
    },
)

_AGAIN = {200: "It was known already; what was told is merged into it"}

TAKE_MESSAGE = Operation(
    summary="Tell of a text message",
    tag="Ingestion",
    description=(
        "The same `source` and `externalMessageId` again is news about that message, answered "
        "with 200: what was left open is filled, the later `sentAt` wins, and the status never "
        "steps back. Its thread and direction stay as first told."
    ),
    body=MessageRequest,
    body_example={
        "source": "twilio",
        "externalMessageId": "SM0001",
        "channel": "SMS",
        "direction": "OUTBOUND",
        "contactPhone": "+4930123456",
        "ourPhone": "+4930999999",
        "body": "See you at three",
        "media": [],
        "sentAt": "2026-03-01T09:00:00.000Z",
        "status": "DELIVERED",
    },
    reply=TakenReply,
    reply_example={"id": "01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e25"},
    status=201,
    also=_AGAIN,
    idempotent=True,
)

TAKE_CALL = Operation(
    summary="Tell of a voice call",
    tag="Ingestion",
    description=(
        "The same `source` and `externalCallId` again is news about that call, answered with 200: "
        "what was left open is filled, the later end (or start) wins, and a completed call stays "
        "completed."
    ),
    body=CallRequest,
    body_example={
        "source": "retell",
        "externalCallId": "call-0001",
        "direction": "INBOUND",
        "agentName": "Front desk",
        "contactPhone": "+4930123456",
        "startedAt": "2026-03-01T09:00:00.000Z",
        "endedAt": "2026-03-01T09:01:34.000Z",
        "durationSeconds": 94,
        "status": "COMPLETED",
        "endReason": "user_hangup",
        "summary": "Wants to move to Tuesday",
        "transcript": [{"role": "user", "text": "Hello?", "atMs": 800}],
        "metadata": {"campaign": "spring"},
    },
    reply=TakenReply,
    reply_example={"id": "01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e26"},
    status=201,
    also=_AGAIN,
    idempotent=True,
)
