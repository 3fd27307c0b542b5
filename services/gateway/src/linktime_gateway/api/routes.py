"""Every method and path: what the public reaches, and what the operator asks for.

A public route names the service that answers it, the door it opens to, and how long its caller
waits at most. What is not here is not reachable from outside, whatever a service answers.
"""

from linktime_common.http.routes import Route, delete, get, post
from linktime_common.identity import Door
from linktime_gateway.api import accounts, credentials
from linktime_gateway.domain.route_table import Forward

SECONDS = 3.0
# A booking waits for the host's time to be reserved, and its deadlines nest inside this one.
BOOKING_WRITE_SECONDS = 4.0

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
    Forward("GET", "/dashboard/api/organizations", "scim", Door.SESSION, SECONDS),
    Forward("POST", "/dashboard/api/organizations", "scim", Door.SESSION, SECONDS),
    Forward("GET", "/dashboard/api/organizations/{id}", "scim", Door.SESSION, SECONDS),
    Forward("PATCH", "/dashboard/api/organizations/{id}", "scim", Door.SESSION, SECONDS),
    Forward("POST", "/dashboard/api/organizations/{id}/members", "scim", Door.SESSION, SECONDS),
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
    Forward("DELETE", "/dashboard/api/webhooks/{id}", "webhooks", Door.SESSION, SECONDS),
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
