"""A contact: somebody a host meets, or may meet."""

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
    """What a host writes about a contact."""

    name: str
    email: str
    phone: str | None = None
    company: str | None = None
    notes: str | None = None


@dataclass(frozen=True, kw_only=True)
class Contact(ContactFields):
    """One entry of one host's address book; the e-mail is unique there, letter case aside."""

    id: UUID
    owner_id: UUID
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def search_key(self) -> str:
        """What a search looks through."""
        return caseless("\n".join([self.name, self.email, self.company or ""]))

    def filled(self, *, name: str, phone: str | None, now: datetime) -> Self:
        """With what was empty; what the host wrote is never overwritten."""
        return self.changed({"name": self.name or name, "phone": self.phone or phone}, now=now)

    def changed(self, values: Mapping[str, str | None], *, now: datetime) -> Self:
        """With these fields as the host wants them; where nothing is new, not even the time is."""
        changed: Self = replace(self, **values)  # type: ignore[arg-type]
        if changed == self:
            return self
        return replace(
            changed, version=next_version(self.version, now), updated_at=max(self.updated_at, now)
        )

    def state(self, meetings: MeetingFigures) -> ContactState:
        """The whole contact as others see it."""
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
    """The fact that the contact was added."""
    return ContactCreated(
        occurred_at=occurred_at,
        owner_id=contact.owner_id,
        aggregate_id=contact.id,
        aggregate_version=contact.version,
        contact=contact.state(meetings),
        source=source,
    )
