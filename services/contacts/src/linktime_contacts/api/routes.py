"""Every method and path of this service."""

from linktime_common.http.routes import Route, delete, get, patch, post, put
from linktime_common.identity import Door
from linktime_contacts.api import contacts, history, ingest, internal, operations

PUBLIC: list[Route] = [
    get(
        "/api/v1/contacts",
        contacts.list_contacts,
        Door.API_KEY,
        operation=operations.LIST_CONTACTS,
    ),
    post(
        "/api/v1/contacts",
        contacts.post_contact,
        Door.API_KEY,
        operation=operations.CREATE_CONTACT,
    ),
    get(
        "/api/v1/contacts/{id}",
        contacts.get_contact,
        Door.API_KEY,
        operation=operations.GET_CONTACT,
    ),
    patch(
        "/api/v1/contacts/{id}",
        contacts.patch_contact,
        Door.API_KEY,
        operation=operations.CHANGE_CONTACT,
    ),
    put(
        "/api/v1/contacts/{id}",
        contacts.patch_contact,
        Door.API_KEY,
        operation=operations.CHANGE_CONTACT,
    ),
    delete(
        "/api/v1/contacts/{id}",
        contacts.delete_one_contact,
        Door.API_KEY,
        operation=operations.DELETE_CONTACT,
    ),
    get(
        "/api/v1/conversations",
        history.list_conversations,
        Door.API_KEY,
        operation=operations.LIST_CONVERSATIONS,
    ),
    get("/api/v1/calls", history.list_calls, Door.API_KEY, operation=operations.LIST_CALLS),
    post(
        "/api/ingest/messages",
        ingest.post_message,
        Door.API_KEY,
        operation=operations.TAKE_MESSAGE,
    ),
    post("/api/ingest/calls", ingest.post_call, Door.API_KEY, operation=operations.TAKE_CALL),
    get(
        "/dashboard/api/contacts",
        contacts.list_contacts,
        Door.SESSION,
        operation=operations.LIST_CONTACTS,
    ),
    post(
        "/dashboard/api/contacts",
        contacts.post_contact,
        Door.SESSION,
        operation=operations.CREATE_CONTACT,
    ),
    get(
        "/dashboard/api/contacts/{id}",
        contacts.get_contact,
        Door.SESSION,
        operation=operations.GET_CONTACT,
    ),
    patch(
        "/dashboard/api/contacts/{id}",
        contacts.patch_contact,
        Door.SESSION,
        operation=operations.CHANGE_CONTACT,
    ),
    delete(
        "/dashboard/api/contacts/{id}",
        contacts.delete_one_contact,
        Door.SESSION,
        operation=operations.DELETE_CONTACT,
    ),
    get(
        "/dashboard/api/conversations",
        history.list_conversations,
        Door.SESSION,
        operation=operations.LIST_CONVERSATIONS,
    ),
    get("/dashboard/api/calls", history.list_calls, Door.SESSION, operation=operations.LIST_CALLS),
]

INTERNAL: list[Route] = [
    get("/internal/contacts", internal.find_contact, Door.SERVICE, issuers=["bookings"]),
    post("/internal/resync", internal.post_resync, Door.OPERATOR),
]
