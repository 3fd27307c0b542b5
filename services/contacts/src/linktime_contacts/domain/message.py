"""A text message of a host, and its thread."""

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


# Providers report out of order, so the status furthest in this order wins. A failure outranks
# every pending status, and a delivery outranks a failure.
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
    """The channel and both addresses: a phone number with its `+`, a short code or a sender
    name."""

    channel: Channel
    contact_address: str
    our_address: str


@dataclass(frozen=True)
class Message:
    """One message as its source reports it; `content` is None while only the status is known."""

    source: str
    external_id: str
    direction: Direction
    content: str | None
    media: list[dict[str, Any]]
    sent_at: datetime
    status: MessageStatus | None

    def merged(self, update: Self) -> Self:
        """Return this message merged with a later report of it.

        The report with the later time wins, `update` if they are equal; its empty fields are filled
        from the other. The status never moves back.
        """
        newer, older = (self, update) if self.sent_at > update.sent_at else (update, self)
        return replace(
            newer,
            direction=self.direction,
            content=older.content if newer.content is None else newer.content,
            media=newer.media or older.media,
            status=max(newer.status, older.status, key=lambda status: _PROGRESS[status]),
        )


@dataclass(frozen=True)
class StoredMessage:
    """A message with its id and thread, which never change."""

    id: UUID
    conversation_id: UUID
    message: Message


@dataclass(frozen=True)
class Conversation:
    """A listed thread; `contact_id` and `contact_name` are None without a matching contact."""

    id: UUID
    channel: Channel
    contact_address: str
    last_message_at: datetime
    contact_id: UUID | None
    contact_name: str | None

    @property
    def contact_phone(self) -> str | None:
        """The address if it is a phone number, or None."""
        return self.contact_address if self.contact_address.startswith("+") else None
