"""Every method and path: what the public reaches, and what the operator asks for.

A public route names the service that answers it, the door it opens to, and how long its caller
waits at most. What is not here is not reachable from outside, whatever a service answers.
"""

from linktime_common.http.routes import Route, delete, get, post, put
from linktime_common.identity import Door
from linktime_gateway.api import accounts, credentials, dashboard
from linktime_gateway.api import operations as described
from linktime_gateway.domain.route_table import Forward

SECONDS = 3.0
# A booking waits for the host's time to be reserved, and its deadlines nest inside this one.
BOOKING_WRITE_SECONDS = 4.0
# Passwords take their turn to be looked at; all else here has shorter limits of its own.
OWN_SECONDS = 10.0

PUBLIC: list[Forward] = [
    Forward("GET", "/api/v1/me", "scim", Door.API_KEY, SECONDS),
    Forward("GET", "/api/v1/event-types", "availability", Door.API_KEY, SECONDS),
    Forward("GET", "/api/v1/event-types/{id}", "availability", Door.API_KEY, SECONDS),
    Forward("GET", "/api/v1/availability/{slug}", "availability", Door.API_KEY, SECONDS),
    Forward("GET", "/api/v1/bookings", "bookings", Door.API_KEY, SECONDS),
    Forward("POST", "/api/v1/bookings", "bookings", Door.API_KEY, BOOKING_WRITE_SECONDS),
    Forward("GET", "/api/v1/bookings/{id}", "bookings", Door.API_KEY, SECONDS),
    Forward(
        "POST", "/api/v1/bookings/{id}/cancel", "bookings", Door.API_KEY, BOOKING_WRITE_SECONDS
    ),
    Forward(
        "POST", "/api/v1/bookings/{id}/reschedule", "bookings", Door.API_KEY, BOOKING_WRITE_SECONDS
    ),
    Forward("GET", "/api/v1/contacts", "contacts", Door.API_KEY, SECONDS),
    Forward("POST", "/api/v1/contacts", "contacts", Door.API_KEY, SECONDS),
    Forward("GET", "/api/v1/contacts/{id}", "contacts", Door.API_KEY, SECONDS),
    Forward("PATCH", "/api/v1/contacts/{id}", "contacts", Door.API_KEY, SECONDS),
    Forward("PUT", "/api/v1/contacts/{id}", "contacts", Door.API_KEY, SECONDS),
    Forward("DELETE", "/api/v1/contacts/{id}", "contacts", Door.API_KEY, SECONDS),
    Forward("GET", "/api/v1/conversations", "contacts", Door.API_KEY, SECONDS),
    Forward("GET", "/api/v1/calls", "contacts", Door.API_KEY, SECONDS),
    Forward("POST", "/api/ingest/messages", "contacts", Door.API_KEY, SECONDS),
    Forward("POST", "/api/ingest/calls", "contacts", Door.API_KEY, SECONDS),
    Forward("POST", "/api/bookings", "bookings", Door.PUBLIC, BOOKING_WRITE_SECONDS),
    Forward("GET", "/api/public/bookings/{token}", "bookings", Door.PUBLIC, SECONDS),
    Forward(
        "POST",
        "/api/public/bookings/{token}/cancel",
        "bookings",
        Door.PUBLIC,
        BOOKING_WRITE_SECONDS,
    ),
    Forward(
        "POST",
        "/api/public/bookings/{token}/reschedule",
        "bookings",
        Door.PUBLIC,
        BOOKING_WRITE_SECONDS,
    ),
    Forward("GET", "/api/public/{username}", "availability", Door.PUBLIC, SECONDS),
    Forward("GET", "/api/public/{username}/{slug}", "availability", Door.PUBLIC, SECONDS),
    Forward("GET", "/api/public/{username}/{slug}/slots", "availability", Door.PUBLIC, SECONDS),
    Forward("GET", "/dashboard/api/me", "scim", Door.SESSION, SECONDS),
    Forward("PATCH", "/dashboard/api/me", "scim", Door.SESSION, SECONDS),
    Forward("PUT", "/dashboard/api/plan", "scim", Door.SESSION, SECONDS),
    Forward("GET", "/dashboard/api/organizations", "scim", Door.SESSION, SECONDS),
    Forward("POST", "/dashboard/api/organizations", "scim", Door.SESSION, SECONDS),
    Forward("GET", "/dashboard/api/organizations/{id}", "scim", Door.SESSION, SECONDS),
    Forward("PATCH", "/dashboard/api/organizations/{id}", "scim", Door.SESSION, SECONDS),
    Forward("GET", "/dashboard/api/organizations/{id}/members", "scim", Door.SESSION, SECONDS),
    Forward(
        "PATCH",
        "/dashboard/api/organizations/{id}/members/{user_id}",
        "scim",
        Door.SESSION,
        SECONDS,
    ),
    Forward(
        "DELETE",
        "/dashboard/api/organizations/{id}/members/{user_id}",
        "scim",
        Door.SESSION,
        SECONDS,
    ),
    Forward("GET", "/dashboard/api/organizations/{id}/invitations", "scim", Door.SESSION, SECONDS),
    Forward("POST", "/dashboard/api/organizations/{id}/invitations", "scim", Door.SESSION, SECONDS),
    Forward(
        "DELETE",
        "/dashboard/api/organizations/{id}/invitations/{invitation_id}",
        "scim",
        Door.SESSION,
        SECONDS,
    ),
    Forward("GET", "/dashboard/api/invitations", "scim", Door.SESSION, SECONDS),
    Forward("POST", "/dashboard/api/invitations/{id}/accept", "scim", Door.SESSION, SECONDS),
    Forward("POST", "/dashboard/api/invitations/{id}/decline", "scim", Door.SESSION, SECONDS),
    Forward("GET", "/dashboard/api/event-types", "availability", Door.SESSION, SECONDS),
    Forward("POST", "/dashboard/api/event-types", "availability", Door.SESSION, SECONDS),
    Forward("GET", "/dashboard/api/event-types/{id}", "availability", Door.SESSION, SECONDS),
    Forward("PATCH", "/dashboard/api/event-types/{id}", "availability", Door.SESSION, SECONDS),
    Forward("PUT", "/dashboard/api/event-types/{id}", "availability", Door.SESSION, SECONDS),
    Forward("GET", "/dashboard/api/schedule", "availability", Door.SESSION, SECONDS),
    Forward("PUT", "/dashboard/api/schedule", "availability", Door.SESSION, SECONDS),
    Forward(
        "PUT", "/dashboard/api/schedule/overrides/{date}", "availability", Door.SESSION, SECONDS
    ),
    Forward(
        "DELETE", "/dashboard/api/schedule/overrides/{date}", "availability", Door.SESSION, SECONDS
    ),
    Forward(
        "GET",
        "/dashboard/api/availability/{slug}/explain",
        "availability",
        Door.SESSION,
        SECONDS,
    ),
    Forward("GET", "/dashboard/api/bookings", "bookings", Door.SESSION, SECONDS),
    Forward("GET", "/dashboard/api/bookings/{id}", "bookings", Door.SESSION, SECONDS),
    Forward(
        "POST",
        "/dashboard/api/bookings/{id}/cancel",
        "bookings",
        Door.SESSION,
        BOOKING_WRITE_SECONDS,
    ),
    Forward(
        "POST",
        "/dashboard/api/bookings/{id}/reschedule",
        "bookings",
        Door.SESSION,
        BOOKING_WRITE_SECONDS,
    ),
    Forward("GET", "/dashboard/api/contacts", "contacts", Door.SESSION, SECONDS),
    Forward("POST", "/dashboard/api/contacts", "contacts", Door.SESSION, SECONDS),
    Forward("GET", "/dashboard/api/contacts/{id}", "contacts", Door.SESSION, SECONDS),
    Forward("PATCH", "/dashboard/api/contacts/{id}", "contacts", Door.SESSION, SECONDS),
    Forward("DELETE", "/dashboard/api/contacts/{id}", "contacts", Door.SESSION, SECONDS),
    Forward("GET", "/dashboard/api/conversations", "contacts", Door.SESSION, SECONDS),
    Forward("GET", "/dashboard/api/calls", "contacts", Door.SESSION, SECONDS),
    Forward("GET", "/dashboard/api/webhooks", "webhooks", Door.SESSION, SECONDS),
    Forward("POST", "/dashboard/api/webhooks", "webhooks", Door.SESSION, SECONDS),
    Forward("GET", "/dashboard/api/webhooks/{id}", "webhooks", Door.SESSION, SECONDS),
    Forward("PATCH", "/dashboard/api/webhooks/{id}", "webhooks", Door.SESSION, SECONDS),
    Forward("DELETE", "/dashboard/api/webhooks/{id}", "webhooks", Door.SESSION, SECONDS),
    Forward("GET", "/dashboard/api/webhooks/{id}/secrets", "webhooks", Door.SESSION, SECONDS),
    Forward(
        "POST", "/dashboard/api/webhooks/{id}/secrets/rotate", "webhooks", Door.SESSION, SECONDS
    ),
    Forward("GET", "/dashboard/api/webhooks/{id}/deliveries", "webhooks", Door.SESSION, SECONDS),
    Forward(
        "GET",
        "/dashboard/api/webhooks/{id}/deliveries/{delivery_id}",
        "webhooks",
        Door.SESSION,
        SECONDS,
    ),
    Forward(
        "POST",
        "/dashboard/api/webhooks/{id}/deliveries/{delivery_id}/replay",
        "webhooks",
        Door.SESSION,
        SECONDS,
    ),
    Forward("POST", "/dashboard/api/webhooks/{id}/replay", "webhooks", Door.SESSION, SECONDS),
    Forward(
        "GET",
        "/dashboard/api/webhooks/{id}/replays/{replay_id}",
        "webhooks",
        Door.SESSION,
        SECONDS,
    ),
    Forward("POST", "/dashboard/api/webhooks/{id}/test", "webhooks", Door.SESSION, SECONDS),
]

# What identity providers reach. The OpenAPI document tells of PUBLIC and OWN alone: SCIM describes
# itself, under /Schemas.
SCIM_ROOT = "/api/scim/v2"
_SCIM_METHODS = {
    "": ("GET",),
    "/ServiceProviderConfig": ("GET",),
    "/Schemas": ("GET",),
    "/Schemas/{id}": ("GET",),
    "/ResourceTypes": ("GET",),
    "/ResourceTypes/{id}": ("GET",),
    "/Users": ("GET", "POST"),
    "/Users/{id}": ("GET", "PUT", "PATCH", "DELETE"),
    "/Users/.search": ("POST",),
    "/.search": ("POST",),
    # Not supported, which the service says in SCIM's words.
    "/Bulk": ("POST",),
    "/Me": ("GET", "POST", "PUT", "PATCH", "DELETE"),
}
SCIM: list[Forward] = [
    Forward(method, SCIM_ROOT + path, "scim", Door.SCIM_TOKEN, SECONDS)
    for path, methods in _SCIM_METHODS.items()
    for method in methods
]

_SESSION = "/dashboard/api/session"
_KEYS = "/dashboard/api/api-keys"
_TOKENS = "/dashboard/api/organizations/{id}/scim-tokens"

# What the gateway answers itself. A handler finds what it needs in `request[CALL]`.
OWN: list[Route] = [
    post(_SESSION, dashboard.post_session, Door.PUBLIC, operation=described.SIGN_IN),
    get(_SESSION, dashboard.get_session, Door.SESSION, operation=described.GET_SESSION),
    delete(_SESSION, dashboard.delete_session, Door.SESSION, operation=described.SIGN_OUT),
    delete(
        f"{_SESSION}s",
        dashboard.delete_sessions,
        Door.SESSION,
        operation=described.SIGN_OUT_EVERYWHERE,
    ),
    put(
        "/dashboard/api/password",
        dashboard.put_password,
        Door.SESSION,
        operation=described.CHANGE_PASSWORD,
    ),
    get(_KEYS, dashboard.list_api_keys, Door.SESSION, operation=described.LIST_KEYS),
    post(_KEYS, dashboard.post_api_key, Door.SESSION, operation=described.MAKE_KEY),
    delete(
        f"{_KEYS}/{{id}}", dashboard.delete_api_key, Door.SESSION, operation=described.REVOKE_KEY
    ),
    get(_TOKENS, dashboard.list_scim_tokens, Door.SESSION, operation=described.LIST_TOKENS),
    post(_TOKENS, dashboard.post_scim_token, Door.SESSION, operation=described.MAKE_TOKEN),
    delete(
        f"{_TOKENS}/{{token_id}}",
        dashboard.delete_scim_token,
        Door.SESSION,
        operation=described.REVOKE_TOKEN,
    ),
]

# The route table names who answers; the gateway stands in it as a service without an address.
OWN_NAME = "gateway"
OWN_FORWARDS = [
    Forward(route.method, route.path, OWN_NAME, door, OWN_SECONDS)
    for route in OWN
    for door in route.doors
]

INTERNAL: list[Route] = [
    post("/internal/users", accounts.post_user, Door.OPERATOR),
    post("/internal/users/{user_id}/api-keys", credentials.post_api_key, Door.OPERATOR),
    get("/internal/users/{user_id}/api-keys", credentials.list_api_keys, Door.OPERATOR),
    delete(
        "/internal/users/{user_id}/api-keys/{key_id}", credentials.delete_api_key, Door.OPERATOR
    ),
    post(
        "/internal/organizations/{organization_id}/scim-tokens",
        credentials.post_scim_token,
        Door.OPERATOR,
    ),
    post("/internal/resync", accounts.post_resync, Door.OPERATOR),
]
