"""An erasure: removing one person from all services."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, Self, TypeVar
from uuid import UUID

from linktime_common.caseless import lowercase_key
from linktime_common.contracts.events.contacts import ErasureRequested
from linktime_common.erased_person import ErasedPerson
from linktime_contacts.domain.contact import Contact

SERVICES = tuple(sorted({ErasureRequested.publisher, *ErasureRequested.consumers}))
LAST_ROUND = 2
ROUNDS_APART = timedelta(minutes=10)
"""By then the events and requests that were in progress at the first round have been processed."""

One = TypeVar("One")
ErasureState = Literal["running", "done"]


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """Whom to erase, and which services have not confirmed the present round."""

    id: UUID
    owner_id: UUID
    contact_ids: Sequence[UUID]
    booking_ids: Sequence[UUID]
    emails: Sequence[str]
    phones: Sequence[str]
    round: int = 1
    waiting_for: Sequence[str] = SERVICES
    requested_at: datetime
    due_at: datetime
    finished_at: datetime | None = None

    @property
    def state(self) -> ErasureState:
        return "running" if self.finished_at is None else "done"

    @property
    def person(self) -> ErasedPerson:
        return ErasedPerson(
            owner_id=self.owner_id,
            emails=self.emails,
            phones=self.phones,
            ids=[*self.contact_ids, *self.booking_ids],
            requested_at=self.requested_at,
        )

    def next_round(self, now: datetime) -> Self:
        """Return the erasure at the beginning of its next round."""
        return replace(self, round=self.round + 1, waiting_for=SERVICES, due_at=now)

    def finished(self, now: datetime) -> Self:
        """Return the erasure at its end, without what identifies the person."""
        return replace(self, booking_ids=[], emails=[], phones=[], finished_at=now)

    def with_contact(self, contact: Contact, booking_ids: Sequence[UUID]) -> Self:
        """Return the erasure with a contact of the same person."""
        emails = [lowercase_key(one) for one in (contact.email, *contact.other_emails)]
        phones = [one for one in (contact.phone, *contact.other_phones) if one]
        return replace(
            self,
            contact_ids=_joined(self.contact_ids, [contact.id]),
            booking_ids=_joined(self.booking_ids, booking_ids),
            emails=_joined(self.emails, emails),
            phones=_joined(self.phones, phones),
        )

    def with_bookings(self, booking_ids: Sequence[UUID]) -> Self:
        """Return the erasure with more bookings of the person, whose contact stays."""
        return replace(self, booking_ids=_joined(self.booking_ids, booking_ids))

    def event(self, now: datetime) -> ErasureRequested:
        """Return the event of the present round."""
        return ErasureRequested(
            occurred_at=now,
            owner_id=self.owner_id,
            aggregate_id=self.id,
            aggregate_version=self.round,
            contact_ids=list(self.contact_ids),
            booking_ids=list(self.booking_ids),
            emails=list(self.emails),
            phones=list(self.phones),
            requested_at=self.requested_at,
        )


def new_erasure(
    erasure_id: UUID, contact: Contact, booking_ids: Sequence[UUID], *, now: datetime
) -> Erasure:
    """Return the first round of erasing the contact."""
    return Erasure(
        id=erasure_id,
        owner_id=contact.owner_id,
        contact_ids=[],
        booking_ids=[],
        emails=[],
        phones=[],
        requested_at=now,
        due_at=now + ROUNDS_APART,
    ).with_contact(contact, booking_ids)


def _joined(known: Sequence[One], added: Sequence[One]) -> list[One]:
    return list(dict.fromkeys([*known, *added]))
