"""What callers get."""

from typing import Literal, Self
from uuid import UUID

from linktime_common.contracts.events.bookings import BookedEventType, BookingStatus
from linktime_common.contracts.events.contacts import ContactState
from linktime_common.contracts.wire import Instant, WireModel
from linktime_contacts.domain.meeting import Meeting
from linktime_contacts.domain.message import Conversation, StoredMessage
from linktime_contacts.store.calls import ListedCall

MessageStatusName = Literal[
    "queued", "sending", "sent", "failed", "undelivered", "delivered", "received", "read"
]


class MeetingReply(WireModel):
    """A booking as its contact's meeting; `id` is the booking's."""

    id: UUID
    start_time: Instant
    end_time: Instant
    status: BookingStatus
    event_type: BookedEventType

    @classmethod
    def of(cls, meeting: Meeting) -> Self:
        """The reply about `meeting`."""
        return cls(
            id=meeting.booking_id,
            start_time=meeting.starts_at,
            end_time=meeting.ends_at,
            status=meeting.status,
            event_type=meeting.event_type,
        )


class ContactDetailReply(ContactState):
    """A contact with up to fifty meetings each way."""

    upcoming_meetings: list[MeetingReply]
    past_meetings: list[MeetingReply]


class TextMessageReply(WireModel):
    """One message of a conversation."""

    id: UUID
    content: str
    direction: Literal["inbound", "outbound"]
    timestamp: Instant
    status: MessageStatusName | None

    @classmethod
    def of(cls, stored: StoredMessage) -> Self:
        """The reply about a message; one of pictures only has no words."""
        message = stored.message
        return cls(
            id=stored.id,
            content=message.content or "",
            direction=message.direction.lower(),
            timestamp=message.sent_at,
            status=message.status and message.status.lower(),
        )


class ConversationReply(WireModel):
    """A thread with its fifty newest messages, oldest first."""

    id: UUID
    contact_phone: str | None
    channel: Literal["sms", "whatsapp"]
    messages: list[TextMessageReply]
    contact_id: UUID | None
    contact_name: str | None
    last_message_at: Instant

    @classmethod
    def of(cls, conversation: Conversation, messages: list[StoredMessage]) -> Self:
        """The reply about a thread."""
        return cls(
            id=conversation.id,
            contact_phone=conversation.contact_phone,
            channel=conversation.channel.lower(),
            messages=[TextMessageReply.of(message) for message in messages],
            contact_id=conversation.contact_id,
            contact_name=conversation.contact_name,
            last_message_at=conversation.last_message_at,
        )


class CallReply(WireModel):
    """A voice call; `callerPhone` is the other party's number, whoever rang."""

    id: UUID
    direction: Literal["inbound", "outbound"]
    caller_phone: str | None
    duration_seconds: int
    status: Literal["completed", "failed", "no_answer"]
    agent_name: str | None
    started_at: Instant
    outcome: str | None
    contact_id: UUID | None
    ended_at: Instant | None
    summary: str | None

    @classmethod
    def of(cls, call: ListedCall) -> Self:
        """The reply about a call."""
        return cls(
            id=call.id,
            direction=call.direction.lower(),
            caller_phone=call.contact_phone,
            duration_seconds=call.duration_seconds,
            status=call.status.lower(),
            agent_name=call.agent_name,
            started_at=call.started_at,
            outcome=call.end_reason,
            contact_id=call.contact_id,
            ended_at=call.ended_at,
            summary=call.summary,
        )


class TakenReply(WireModel):
    """The id under which a message or call is kept."""

    id: UUID
