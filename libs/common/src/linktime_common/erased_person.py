"""Whom a host has erased, and which documents are about the person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson

from linktime_common.caseless import lowercase_key
from linktime_common.contracts.events.contacts import ErasureRequested
from linktime_common.redaction import (
    ERASED_EMAIL,
    OF_HOST,
    hashed,
    is_person,
    plain,
    redacted,
    spellings,
    with_texts_redacted,
)

_EMAIL_FIELDS = frozenset({"inviteeemail", "emails", "otheremails"})
# Two contacts can have the same number; of messages and calls it alone says whose they are.
_PHONE_FIELDS = frozenset({"contactphone", "callerphone"})


@dataclass(frozen=True, kw_only=True)
class ErasedPerson:
    """Whom a host has erased: the addresses, and the ids of contacts and bookings."""

    owner_id: UUID
    emails: Sequence[str]
    """Lowercase keys."""
    phones: Sequence[str]
    ids: Sequence[UUID]
    requested_at: datetime
    """What has only the address is erased up to this time: later it is a new contact's."""

    @property
    def addresses(self) -> list[str]:
        return [*self.emails, *self.phones]

    @cached_property
    def _ids(self) -> frozenset[str]:
        return frozenset(map(str, self.ids))

    @cached_property
    def _emails(self) -> frozenset[str]:
        # With that of persons who are erased already: an answer may be stored in between.
        return frozenset({*self.emails, ERASED_EMAIL})

    @cached_property
    def _spellings(self) -> Sequence[str]:
        return [one.lower() for one in spellings(self.addresses)]

    def is_named_in(self, text: str) -> bool:
        """Return whether one of the addresses occurs in the text, also within a longer word."""
        lower = text.lower()
        return any(one in lower for one in self._spellings)

    def hashed(self, identifier: str) -> str:
        """Return the identifier, or its hash if one of the addresses occurs in it."""
        return hashed(identifier) if self.is_named_in(identifier) else identifier

    def without_person(self, body: bytes, *, stored_at: datetime) -> bytes:
        """Return the JSON document without the person; the same bytes if it has nothing of it.

        In a document about another person, the e-mail addresses are replaced in its texts.
        """
        try:
            document = orjson.loads(body)
        except orjson.JSONDecodeError:
            return b"{}" if self._occurs_in(body) else body
        is_before = stored_at <= self.requested_at
        changed = document
        if self._has_id(document) or (is_before and self._has_address(document, "")):
            changed = redacted(document, self.addresses)
        elif is_before:
            changed = with_texts_redacted(document, self.emails)
        return body if changed == document else orjson.dumps(changed)

    def is_in(self, body: bytes, *, stored_at: datetime) -> bool:
        """Return whether the JSON document is about the person, or was before it was erased."""
        document = orjson.loads(body)
        is_before = stored_at <= self.requested_at
        return self._has_id(document) or (is_before and self._has_address(document, ""))

    def _occurs_in(self, body: bytes) -> bool:
        text = body.decode(errors="replace").lower()
        return any(one.lower() in text for one in (*self._ids, *self.addresses))

    def _has_id(self, value: Any) -> bool:
        if isinstance(value, dict):
            return any(map(self._has_id, value.values()))
        if isinstance(value, list):
            return any(map(self._has_id, value))
        return isinstance(value, str) and value in self._ids

    def _has_address(self, value: Any, name: str) -> bool:
        if isinstance(value, dict):
            of_person = is_person(value, name)
            return any(
                (of_person and plain(field) == "email" and self._is_email(one))
                or self._has_address(one, plain(field))
                for field, one in value.items()
                if plain(field) not in OF_HOST
            )
        if isinstance(value, list):
            return any(self._has_address(one, name) for one in value)
        if name in _EMAIL_FIELDS:
            return self._is_email(value)
        return name in _PHONE_FIELDS and value in self.phones

    def _is_email(self, value: Any) -> bool:
        return isinstance(value, str) and lowercase_key(value) in self._emails


def person_of(event: ErasureRequested) -> ErasedPerson:
    """Return whom the event is about."""
    return ErasedPerson(
        owner_id=event.owner_id,
        emails=event.emails,
        phones=event.phones,
        ids=[*event.contact_ids, *event.booking_ids],
        requested_at=event.requested_at,
    )
