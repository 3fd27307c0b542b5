"""Calls of bookings to contacts' internal port.

GET /internal/contacts?ownerId=…&email=…   → 200 FoundContact; 404
GET /internal/contacts/{id}?ownerId=…      → 200 IdentifiedContact; 404
GET /internal/contacts/{id}/personal-data?ownerId=… → 200 StoredPerson; 404
"""

from typing import Any
from uuid import UUID

from pydantic import Field

from linktime_common.contracts.events.contacts import ContactState
from linktime_common.contracts.wire import Instant, WireModel


class FoundContact(WireModel):
    id: UUID
    name: str
    email: str
    phone: str | None
    company: str | None


class IdentifiedContact(FoundContact):
    """`other_emails` are those of contacts that were merged into it."""

    other_emails: list[str] = Field(default_factory=list)


class HeldMessage(WireModel):
    """A message from or to the person."""

    id: UUID
    channel: str
    contact_address: str
    direction: str
    content: str | None
    media: list[dict[str, Any]]
    sent_at: Instant


class HeldCall(WireModel):
    """A call from or to the person."""

    id: UUID
    direction: str
    contact_phone: str | None
    started_at: Instant
    ended_at: Instant | None
    duration_seconds: int
    status: str
    end_reason: str | None
    summary: str | None
    transcript: list[dict[str, Any]]
    recording_url: str | None
    metadata: dict[str, Any]


class HeldByContacts(WireModel):
    """What the contacts service has of one person; `has_more` if a list is as long as it may be."""

    contact: ContactState
    other_emails: list[str]
    other_phones: list[str]
    messages: list[HeldMessage]
    calls: list[HeldCall]
    has_more: bool


class StoredPerson(HeldByContacts):
    """With the ids of the contact's bookings: their invitee can have had another e-mail."""

    booking_ids: list[UUID]
