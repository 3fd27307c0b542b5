"""A contact: an entry of a host's address book."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from linktime_common.caseless import caseless
from linktime_common.contracts.events import next_version
from linktime_common.contracts.events.contacts import ContactCreated, ContactState
from linktime_contacts.domain.meeting import MeetingFigures

ContactSource = Literal["api", "booking", "dashboard"]


@dataclass(frozen=True, kw_only=True)
class ContactFields:
    """The fields of a contact that a host can write."""

    name: str
    email: str
    phone: str | None = None
    company: str | None = None
    notes: str | None = None


@dataclass(frozen=True, kw_only=True)
class Contact(ContactFields):
    """One entry of one host's address book, unique there by e-mail in any letter case."""

    id: UUID
    owner_id: UUID
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def search_key(self) -> str:
        """The text that searches match; the database adds it without accents, and the phone."""
        return caseless("\n".join([self.name, self.email, self.company or ""]))

    def filled(self, *, name: str, phone: str | None, now: datetime) -> Self:
        """Return the contact with an empty name or phone filled; other values are not
        overwritten."""
        return self.changed({"name": self.name or name, "phone": self.phone or phone}, now=now)

    def changed(self, values: Mapping[str, str | None], *, now: datetime) -> Self:
        """Return the contact with these values; unchanged, with its version and time, if all are
        equal."""
        changed: Self = replace(self, **values)  # type: ignore[arg-type]
        if changed == self:
            return self
        return replace(
            changed, version=next_version(self.version, now), updated_at=max(self.updated_at, now)
        )

    def state(self, meetings: MeetingFigures) -> ContactState:
        """Return the contact as responses and events show it."""
        return ContactState(
            id=self.id,
            name=self.name,
            email=self.email,
            phone=self.phone,
            company=self.company,
            notes=self.notes,
            meeting_count=meetings.count,
            last_meeting_at=meetings.last_at,
            created_at=self.created_at,
            updated_at=self.updated_at,
        )


def contact_created(
    contact: Contact,
    meetings: MeetingFigures,
    *,
    source: ContactSource,
    occurred_at: datetime,
) -> ContactCreated:
    """Return the event for an added contact."""
    return ContactCreated(
        occurred_at=occurred_at,
        owner_id=contact.owner_id,
        aggregate_id=contact.id,
        aggregate_version=contact.version,
        contact=contact.state(meetings),
        source=source,
    )
