"""Whom a host has erased, and how rows of the person are found."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from linktime_common.contracts.events.contacts import ErasureRequested
from linktime_common.redaction import redacted


@dataclass(frozen=True, kw_only=True)
class ErasedPerson:
    """Whom a host has erased: the addresses, and the ids of contacts and bookings."""

    owner_id: UUID
    emails: Sequence[str]
    phones: Sequence[str]
    ids: Sequence[UUID]
    requested_at: datetime
    """What has only the address is erased up to this time: later it is a new contact's."""

    @property
    def addresses(self) -> list[str]:
        return [*self.emails, *self.phones]

    def without_person(self, body: bytes) -> bytes:
        """Return the JSON document with the person's fields replaced; `{}` if it is not JSON."""
        try:
            document = orjson.loads(body)
        except orjson.JSONDecodeError:
            return b"{}"
        return orjson.dumps(redacted(document, self.addresses))

    def id_patterns(self) -> list[str]:
        """Return LIKE patterns of lowercase JSON with one of the ids."""
        return _patterns(str(one) for one in self.ids)

    def address_patterns(self) -> list[str]:
        """Return LIKE patterns of lowercase JSON with one of the addresses as a whole text."""
        return _patterns(self.addresses)


def person_of(event: ErasureRequested) -> ErasedPerson:
    """Return whom the event is about."""
    return ErasedPerson(
        owner_id=event.owner_id,
        emails=event.emails,
        phones=event.phones,
        ids=[*event.contact_ids, *event.booking_ids],
        requested_at=event.requested_at,
    )


def _patterns(texts: Iterable[str]) -> list[str]:
    quoted = (orjson.dumps(text).decode().lower() for text in texts)
    escaped = (
        text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for text in quoted
    )
    return [f"%{text}%" for text in escaped]
