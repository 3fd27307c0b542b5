"""Events that the contacts service publishes."""

from typing import ClassVar, Literal
from uuid import UUID

from linktime_common.contracts.events.base import Event
from linktime_common.contracts.wire import Instant, WireModel


class ContactState(WireModel):
    """A contact's whole state after a change."""

    id: UUID
    name: str
    email: str
    phone: str | None
    company: str | None
    notes: str | None
    meeting_count: int
    last_meeting_at: Instant | None
    created_at: Instant
    updated_at: Instant


class ContactCreated(Event):
    """A contact was created, by the API or by a first booking."""

    type: ClassVar[str] = "contact.created"
    publisher: ClassVar[str] = "contacts"
    consumers: ClassVar[frozenset[str]] = frozenset({"webhooks"})
    contact: ContactState
    source: Literal["api", "booking", "dashboard"]


class ContactMerged(Event):
    """Another contact was merged into this one and deleted; both addresses find this one.

    The contact is as it is after the merge, with its present e-mail and phone and its other ones.
    """

    type: ClassVar[str] = "contact.merged"
    publisher: ClassVar[str] = "contacts"
    consumers: ClassVar[frozenset[str]] = frozenset({"webhooks"})
    contact: ContactState
    merged_contact_id: UUID
    other_emails: list[str]
    other_phones: list[str]


class ErasureRequested(Event):
    """A host erases a person. Every consumer replaces the person in what it stores, and confirms.

    The aggregate is the erasure, its version the round: another one follows for what was in
    progress during the first. A consumer finds rows by owner and by booking, contact or address,
    and those with the address alone only if they were stored before `requested_at`. `emails` are
    lowercase keys.
    """

    type: ClassVar[str] = "contact.erasure_requested"
    publisher: ClassVar[str] = "contacts"
    consumers: ClassVar[frozenset[str]] = frozenset({"availability", "bookings", "webhooks"})
    contact_ids: list[UUID]
    booking_ids: list[UUID]
    emails: list[str]
    phones: list[str]
    requested_at: Instant
