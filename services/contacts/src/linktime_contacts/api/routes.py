"""Every method and path of this service."""

from linktime_common.http.routes import Route, get, post
from linktime_common.identity import Door
from linktime_contacts.api import contacts, internal

PUBLIC: list[Route] = [
    get("/api/v1/contacts", contacts.list_contacts, Door.API_KEY),
    get("/api/v1/contacts/{id}", contacts.get_contact, Door.API_KEY),
]

INTERNAL: list[Route] = [
    get("/internal/contacts", internal.find_contact, Door.SERVICE, issuers=["bookings"]),
    post("/internal/resync", internal.post_resync, Door.OPERATOR),
]
