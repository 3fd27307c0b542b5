"""Calls of bookings to contacts' internal port.

GET /internal/contacts?ownerId=…&email=…   → 200 FoundContact; 404
GET /internal/contacts/{id}?ownerId=…      → 200 IdentifiedContact; 404
"""

from uuid import UUID

from pydantic import Field

from linktime_common.contracts.wire import WireModel


class FoundContact(WireModel):
    id: UUID
    name: str
    email: str
    phone: str | None
    company: str | None


class IdentifiedContact(FoundContact):
    """`other_emails` are those of contacts that were merged into it."""

    other_emails: list[str] = Field(default_factory=list)
