"""Every method and path of this service."""

from linktime_availability.api import (
    event_types,
    explain,
    hosts,
    public,
    reservations,
    resync,
    schedules,
    slots,
)
from linktime_availability.api import operations as described
from linktime_common.http.routes import Route, delete, get, patch, post, put
from linktime_common.identity import Door

BOOKINGS = ("bookings",)
GATEWAY_AND_BOOKINGS = ("gateway", "bookings")

KEYED: list[Route] = [
    get(
        "/api/v1/event-types",
        event_types.list_active,
        Door.API_KEY,
        operation=described.LIST_EVENT_TYPES,
    ),
    get(
        "/api/v1/event-types/{id}",
        event_types.get_one,
        Door.API_KEY,
        operation=described.GET_EVENT_TYPE,
    ),
    get(
        "/api/v1/availability/{slug}",
        slots.get_slots,
        Door.API_KEY,
        operation=described.LIST_SLOTS,
    ),
]

OPEN_TO_ALL: list[Route] = [
    get(
        "/api/public/{username}",
        public.get_host,
        Door.PUBLIC,
        operation=described.PUBLIC_HOST,
    ),
    get(
        "/api/public/{username}/{slug}",
        public.get_event_type,
        Door.PUBLIC,
        operation=described.PUBLIC_EVENT_TYPE,
    ),
    get(
        "/api/public/{username}/{slug}/slots",
        public.get_slots,
        Door.PUBLIC,
        operation=described.PUBLIC_SLOTS,
    ),
]

DASHBOARD: list[Route] = [
    get(
        "/dashboard/api/event-types",
        event_types.list_all,
        Door.SESSION,
        operation=described.LIST_ALL_EVENT_TYPES,
    ),
    post(
        "/dashboard/api/event-types",
        event_types.post_own,
        Door.SESSION,
        operation=described.POST_EVENT_TYPE,
    ),
    get(
        "/dashboard/api/event-types/{id}",
        event_types.get_one,
        Door.SESSION,
        operation=described.GET_EVENT_TYPE,
    ),
    # PUT is read as the same call, so that what was read can be changed and sent back.
    *(
        verb(
            "/dashboard/api/event-types/{id}",
            event_types.patch_own,
            Door.SESSION,
            operation=described.PATCH_EVENT_TYPE,
        )
        for verb in (patch, put)
    ),
    get(
        "/dashboard/api/schedule",
        schedules.get_own,
        Door.SESSION,
        operation=described.GET_SCHEDULE,
    ),
    put(
        "/dashboard/api/schedule",
        schedules.put_own,
        Door.SESSION,
        operation=described.PUT_SCHEDULE,
    ),
    put(
        "/dashboard/api/schedule/overrides/{date}",
        schedules.put_override,
        Door.SESSION,
        operation=described.PUT_OVERRIDE,
    ),
    delete(
        "/dashboard/api/schedule/overrides/{date}",
        schedules.delete_override,
        Door.SESSION,
        operation=described.DELETE_OVERRIDE,
    ),
    get(
        "/dashboard/api/availability/{slug}/explain",
        explain.get_explanation,
        Door.SESSION,
        operation=described.EXPLAIN,
    ),
]

PUBLIC: list[Route] = [*KEYED, *OPEN_TO_ALL, *DASHBOARD]

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
    post("/internal/hosts/{id}/event-types", event_types.post_for_host, Door.OPERATOR),
    put("/internal/hosts/{id}/schedule", schedules.put_for_host, Door.OPERATOR),
    post("/internal/resync", resync.post_resync, Door.OPERATOR),
]
