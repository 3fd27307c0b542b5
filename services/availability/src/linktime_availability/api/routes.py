"""Every method and path of this service."""

from linktime_availability.api import (
    event_type_changes,
    event_types,
    explain,
    overrides,
    public,
    reservations,
    resync,
    schedules,
    slots,
)
from linktime_common.http.routes import Route, get, host, keyed, post, put, session
from linktime_common.identity import CallerKind

BOOKINGS = ("bookings",)

PUBLIC: list[Route] = [
    keyed("GET", "/event-types", event_types.list_active),
    session("GET", "/event-types", event_types.list_all),
    session("POST", "/event-types", event_type_changes.post_event_type),
    *host("GET", "/event-types/{id}", event_types.get_event_type),
    session("PATCH", "/event-types/{id}", event_type_changes.patch_event_type),
    # The same as PATCH, so that a client can read, change and send back a whole event type.
    session("PUT", "/event-types/{id}", event_type_changes.patch_event_type),
    keyed("GET", "/availability/{slug}", slots.get_slots),
    session("GET", "/availability/{slug}/explain", explain.get_explanation),
    session("GET", "/schedule", schedules.get_schedule),
    session("PUT", "/schedule", schedules.put_schedule),
    session("PUT", "/schedule/overrides/{date}", overrides.put_override),
    session("DELETE", "/schedule/overrides/{date}", overrides.delete_override),
    get("/api/public/{username}", public.get_host, CallerKind.PUBLIC),
    get("/api/public/{username}/{slug}", public.get_event_type, CallerKind.PUBLIC),
    get("/api/public/{username}/{slug}/slots", public.get_slots, CallerKind.PUBLIC),
]

INTERNAL: list[Route] = [
    post(
        "/internal/reservations",
        reservations.post_reservation,
        CallerKind.SERVICE,
        issuers=BOOKINGS,
    ),
    get("/internal/reservations", reservations.list_expired, CallerKind.SERVICE, issuers=BOOKINGS),
    post(
        "/internal/reservations/{id}/confirm",
        reservations.post_confirm,
        CallerKind.SERVICE,
        issuers=BOOKINGS,
    ),
    post(
        "/internal/reservations/{id}/free",
        reservations.post_free,
        CallerKind.SERVICE,
        issuers=BOOKINGS,
    ),
    post("/internal/hosts/{id}/event-types", event_type_changes.post_for_host, CallerKind.OPERATOR),
    put("/internal/hosts/{id}/schedule", schedules.put_for_host, CallerKind.OPERATOR),
    post("/internal/resync", resync.post_resync, CallerKind.OPERATOR),
]
