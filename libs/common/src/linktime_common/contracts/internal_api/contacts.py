"""Calls of bookings to contacts' internal port.

GET /internal/contacts?ownerId=…&email=…   → 200 FoundContact; 404
GET /internal/contacts/{id}?ownerId=…      → 200 FoundContact; 404
"""

from uuid import UUID

from linktime_common.contracts.wire import WireModel


class FoundContact(WireModel):
    id: UUID
    name: str
    email: str
    phone: str | None
    company: str | None
