"""Every method and path of this service."""

from linktime_availability.api import event_types, hosts, reservations, resync, slots
from linktime_common.http.routes import Route, get, post, put
from linktime_common.identity import Door

BOOKINGS = ("bookings",)
GATEWAY_AND_BOOKINGS = ("gateway", "bookings")

PUBLIC: list[Route] = [
    get("/api/v1/event-types", event_types.list_event_types, Door.API_KEY),
    get("/api/v1/event-types/{id}", event_types.get_event_type, Door.API_KEY),
    get("/api/v1/availability/{slug}", slots.get_slots, Door.API_KEY),
]

INTERNAL: list[Route] = [
    post("/internal/reservations", reservations.post_reservation, Door.SERVICE, issuers=BOOKINGS),
    get("/internal/reservations", reservations.list_expired, Door.SERVICE, issuers=BOOKINGS),
    post(
        "/internal/reservations/{id}/confirm",
        reservations.post_confirm,
        Door.SERVICE,
        issuers=BOOKINGS,
    ),
    post(
        "/internal/reservations/{id}/free",
        reservations.post_free,
        Door.SERVICE,
        issuers=BOOKINGS,
    ),
    get(
        "/internal/hosts/{username}",
        hosts.get_host,
        Door.SERVICE,
        Door.OPERATOR,
        issuers=GATEWAY_AND_BOOKINGS,
    ),
    post("/internal/hosts/{id}/event-types", event_types.post_event_type, Door.OPERATOR),
    put("/internal/hosts/{id}/schedule", hosts.put_schedule, Door.OPERATOR),
    post("/internal/resync", resync.post_resync, Door.OPERATOR),
]
