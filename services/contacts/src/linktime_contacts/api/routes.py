"""Every method and path of this service."""

from linktime_common.http.operations import Handler
from linktime_common.http.routes import Route, get, host, keyed, operated, post, session
from linktime_common.http.turns import named_in_query
from linktime_common.identity import CallerKind
from linktime_contacts.api import (
    calls,
    contact_files,
    contact_merges,
    contacts,
    conversations,
    erasures,
    ingest,
    internal,
)

PUBLIC: list[Route] = [
    *host("GET", "/contacts", contacts.list_contacts),
    *host("POST", "/contacts", contacts.post_contact),
    *host("GET", "/contacts/export", contact_files.get_export),
    *host("POST", "/contacts/import", contact_files.post_import),
    *host("GET", "/contacts/{id}", contacts.get_contact),
    *host("PATCH", "/contacts/{id}", contacts.patch_contact),
    # Same handler as PATCH, so that a client can send back a contact that it has read.
    keyed("PUT", "/contacts/{id}", contacts.patch_contact),
    *host("DELETE", "/contacts/{id}", contacts.remove_contact),
    *host("POST", "/contacts/{id}/merge", contact_merges.post_merge),
    session("POST", "/contacts/{id}/erase", erasures.post_erasure),
    session("GET", "/erasures/{id}", erasures.get_erasure),
    *host("GET", "/conversations", conversations.list_conversations),
    *host("GET", "/calls", calls.list_calls),
    post("/api/ingest/messages", ingest.post_message, CallerKind.API_KEY),
    post("/api/ingest/calls", ingest.post_call, CallerKind.API_KEY),
]


def _for_bookings(path: str, handler: Handler) -> Route:
    return get(
        f"/internal/contacts{path}",
        handler,
        CallerKind.SERVICE,
        issuers=["bookings"],
        host_of=named_in_query("ownerId"),
    )


INTERNAL: list[Route] = [
    _for_bookings("", internal.find_contact),
    _for_bookings("/{id}", internal.get_contact),
    _for_bookings("/{id}/personal-data", internal.get_personal_data),
    operated("GET", "/contacts", contacts.list_contacts),
    operated("GET", "/contacts/{id}", contacts.get_contact),
    operated("DELETE", "/contacts/{id}", contacts.remove_contact),
    operated("POST", "/contacts/{id}/erase", erasures.post_erasure),
    operated("GET", "/erasures/{id}", erasures.get_erasure),
    post("/internal/resync", internal.post_resync, CallerKind.OPERATOR),
]
