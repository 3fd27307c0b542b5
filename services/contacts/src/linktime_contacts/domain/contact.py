"""A contact: an entry of a host's address book."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from linktime_common.caseless import caseless, lowercase_key
from linktime_common.contracts.events import next_version
from linktime_common.contracts.events.contacts import ContactCreated, ContactMerged, ContactState
from linktime_contacts.domain.errors import MergeTooLarge
from linktime_contacts.domain.meeting import MeetingFigures

ContactSource = Literal["api", "booking", "dashboard"]
MOST_OTHERS = 50
MOST_NOTE_CHARACTERS = 5_000


@dataclass(frozen=True, kw_only=True)
class ContactFields:
    """The fields of a contact that a host can write."""

    name: str
    email: str
    phone: str | None = None
    company: str | None = None
    notes: str | None = None


WRITTEN = tuple(field.name for field in fields(ContactFields))
"""The names of these fields, which are also those of columns in the table and in files."""


@dataclass(frozen=True, kw_only=True)
class Contact(ContactFields):
    """One entry of one host's address book, unique there by e-mail in any letter case.

    `other_emails` and `other_phones` are those of contacts that were merged into this one.
    """

    id: UUID
    owner_id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    other_emails: Sequence[str] = ()
    other_phones: Sequence[str] = ()

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
        equal. An e-mail or phone of its own is no longer another one."""
        changed: Self = replace(self, **values)  # type: ignore[arg-type]
        if "email" in values:
            others = _without(self.other_emails, lowercase_key(changed.email), lowercase_key)
            changed = replace(changed, other_emails=others)
        if changed.phone != self.phone:
            changed = replace(changed, other_phones=_without(self.other_phones, changed.phone))
        if changed == self:
            return self
        return replace(
            changed, version=next_version(self.version, now), updated_at=max(self.updated_at, now)
        )

    def merged_with(self, other: Self, *, now: datetime) -> Self:
        """Return the contact with what `other` has and it has not, and with both addresses.

        Raises MergeTooLarge.
        """
        notes = dict.fromkeys(one for one in (self.notes, other.notes) if one)
        phone = self.phone or other.phone
        phones = [*self.other_phones, *other.other_phones]
        phones += [other.phone] if other.phone else []
        merged = replace(
            self,
            name=self.name or other.name,
            phone=phone,
            company=self.company or other.company,
            notes="\n\n".join(notes) or None,
            other_emails=[*self.other_emails, other.email, *other.other_emails],
            other_phones=[one for one in dict.fromkeys(phones) if one != phone],
            version=next_version(self.version, now),
            updated_at=max(self.updated_at, now),
        )
        if (
            len(merged.other_emails) > MOST_OTHERS
            or len(merged.other_phones) > MOST_OTHERS
            or len(merged.notes or "") > MOST_NOTE_CHARACTERS
        ):
            raise MergeTooLarge(contact_id=self.id, merged_contact_id=other.id)
        return merged

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


def contact_merged(
    contact: Contact, meetings: MeetingFigures, merged_id: UUID, *, occurred_at: datetime
) -> ContactMerged:
    """Return the event for a contact into which another one was merged."""
    return ContactMerged(
        occurred_at=occurred_at,
        owner_id=contact.owner_id,
        aggregate_id=contact.id,
        aggregate_version=contact.version,
        contact=contact.state(meetings),
        merged_contact_id=merged_id,
        other_emails=list(contact.other_emails),
        other_phones=list(contact.other_phones),
    )


def _without(
    others: Sequence[str], key: str | None, key_of: Callable[[str], str] = str
) -> Sequence[str]:
    kept = [one for one in others if key_of(one) != key]
    return others if len(kept) == len(others) else kept
