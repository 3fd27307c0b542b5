"""A text message of a host, and the thread that it belongs to."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from linktime_contacts.domain.direction import Direction


class Channel(StrEnum):
    SMS = "SMS"
    WHATSAPP = "WHATSAPP"


class MessageStatus(StrEnum):
    QUEUED = "QUEUED"
    SENDING = "SENDING"
    SENT = "SENT"
    FAILED = "FAILED"
    UNDELIVERED = "UNDELIVERED"
    DELIVERED = "DELIVERED"
    RECEIVED = "RECEIVED"
    READ = "READ"


# Providers tell out of order, so the furthest of all that was told is the truth. A failure beats
# every hope of sending, and a delivery beats a failure.
_PROGRESS = {
    None: 0,
    MessageStatus.QUEUED: 1,
    MessageStatus.SENDING: 2,
    MessageStatus.SENT: 3,
    MessageStatus.FAILED: 4,
    MessageStatus.UNDELIVERED: 4,
    MessageStatus.DELIVERED: 5,
    MessageStatus.RECEIVED: 5,
    MessageStatus.READ: 6,
}


@dataclass(frozen=True)
class Thread:
    """Who talks to whom, and how. An address is a phone number with its `+`, a short code or a
    sender's name."""

    channel: Channel
    contact_address: str
    our_address: str


@dataclass(frozen=True)
class Message:
    """One message as its source tells it; `content` is None while only its status is known."""

    source: str
    external_id: str
    direction: Direction
    content: str | None
    media: list[dict[str, Any]]
    sent_at: datetime
    status: MessageStatus | None

    def merged(self, told: Self) -> Self:
        """With what was told about it again: the later time wins, and of equal ones the word now
        told; what one of them leaves open the other fills; the status never steps back."""
        newer, older = (self, told) if self.sent_at > told.sent_at else (told, self)
        return replace(
            newer,
            direction=self.direction,
            content=older.content if newer.content is None else newer.content,
            media=newer.media or older.media,
            status=max(newer.status, older.status, key=lambda status: _PROGRESS[status]),
        )


@dataclass(frozen=True)
class StoredMessage:
    """A message with its place; both never change."""

    id: UUID
    conversation_id: UUID
    message: Message


@dataclass(frozen=True)
class Conversation:
    """A thread as it is listed; `contact_id` and `contact_name` are None for a stranger."""

    id: UUID
    channel: Channel
    contact_address: str
    last_message_at: datetime
    contact_id: UUID | None
    contact_name: str | None

    @property
    def contact_phone(self) -> str | None:
        """The address if it is a phone number."""
        return self.contact_address if self.contact_address.startswith("+") else None
