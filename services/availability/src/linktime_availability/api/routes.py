"""Every method and path of this service."""

from linktime_availability.api import (
    event_type_changes,
    event_types,
    explain,
    hosts,
    overrides,
    public,
    reservations,
    resync,
    schedules,
    slots,
)
from linktime_common.http.routes import Route, delete, get, host, patch, post, put
from linktime_common.identity import Door

BOOKINGS = ("bookings",)
GATEWAY_AND_BOOKINGS = ("gateway", "bookings")
_OVERRIDE = "/dashboard/api/schedule/overrides/{date}"

PUBLIC: list[Route] = [
    get("/api/v1/event-types", event_types.list_active, Door.API_KEY),
    get("/dashboard/api/event-types", event_types.list_all, Door.SESSION),
    post("/dashboard/api/event-types", event_type_changes.post_event_type, Door.SESSION),
    *host("GET", "/event-types/{id}", event_types.get_event_type),
    patch("/dashboard/api/event-types/{id}", event_type_changes.patch_event_type, Door.SESSION),
    # The same call as PATCH, so that what was read can be changed and sent back.
    put("/dashboard/api/event-types/{id}", event_type_changes.patch_event_type, Door.SESSION),
    get("/api/v1/availability/{slug}", slots.get_slots, Door.API_KEY),
    get("/dashboard/api/availability/{slug}/explain", explain.get_explanation, Door.SESSION),
    get("/dashboard/api/schedule", schedules.get_schedule, Door.SESSION),
    put("/dashboard/api/schedule", schedules.put_schedule, Door.SESSION),
    put(_OVERRIDE, overrides.put_override, Door.SESSION),
    delete(_OVERRIDE, overrides.delete_override, Door.SESSION),
    get("/api/public/{username}", public.get_host, Door.PUBLIC),
    get("/api/public/{username}/{slug}", public.get_event_type, Door.PUBLIC),
    get("/api/public/{username}/{slug}/slots", public.get_slots, Door.PUBLIC),
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
    post("/internal/hosts/{id}/event-types", event_type_changes.post_for_host, Door.OPERATOR),
    put("/internal/hosts/{id}/schedule", schedules.put_for_host, Door.OPERATOR),
    post("/internal/resync", resync.post_resync, Door.OPERATOR),
]
