"""Every method and path of this service."""

from linktime_availability.api import (
    brands,
    calendar_changes,
    calendars,
    event_type_changes,
    event_types,
    explain,
    holidays,
    logos,
    named_schedules,
    overrides,
    public,
    reservations,
    resync,
    schedules,
    slots,
    time_off,
)
from linktime_common.http.operations import DescribedHandler
from linktime_common.http.routes import Route, get, host, keyed, operated, post, put, session
from linktime_common.http.turns import named_in_body
from linktime_common.identity import CallerKind

BOOKINGS = ("bookings",)
_HOST_IN_BODY = named_in_body("hostId", "eventTypeId")

# Of a host, who is signed in or named by the operator.
_OF_CALENDARS: list[tuple[str, str, DescribedHandler]] = [
    ("GET", "/calendar-accounts", calendars.list_accounts),
    ("POST", "/calendar-accounts", calendar_changes.post_account),
    ("PATCH", "/calendar-accounts/{id}", calendar_changes.patch_account),
    ("DELETE", "/calendar-accounts/{id}", calendar_changes.delete_account),
    ("GET", "/calendar-accounts/{id}/calendars", calendars.list_calendars),
    ("POST", "/calendar-accounts/{id}/sync", calendar_changes.post_sync),
    ("PATCH", "/calendars/{id}", calendar_changes.patch_calendar),
    ("GET", "/calendars/busy", calendars.list_busy),
    ("PUT", "/calendar-policy", calendar_changes.put_policy),
]

PUBLIC: list[Route] = [
    keyed("GET", "/event-types", event_types.list_active),
    session("GET", "/event-types", event_types.list_all),
    session("POST", "/event-types", event_type_changes.post_event_type),
    *host("GET", "/event-types/{id}", event_types.get_event_type),
    session("PATCH", "/event-types/{id}", event_type_changes.patch_event_type),
    # The same as PATCH, so that a client can read, change and send back a whole event type.
    session("PUT", "/event-types/{id}", event_type_changes.patch_event_type),
    keyed("GET", "/availability/{slug}", slots.get_slots),
    *host("GET", "/availability/{slug}/explain", explain.get_explanation),
    session("GET", "/schedule", schedules.get_schedule),
    session("PUT", "/schedule", schedules.put_schedule),
    session("PUT", "/schedule/overrides/{date}", overrides.put_override),
    session("DELETE", "/schedule/overrides/{date}", overrides.delete_override),
    *host("GET", "/schedules", named_schedules.list_schedules),
    session("POST", "/schedules", named_schedules.post_schedule),
    *host("GET", "/schedules/{id}", named_schedules.get_schedule),
    session("PATCH", "/schedules/{id}", named_schedules.patch_schedule),
    session("PUT", "/schedules/{id}", named_schedules.patch_schedule),
    session("DELETE", "/schedules/{id}", named_schedules.remove_schedule),
    *host("GET", "/time-off", time_off.list_time_off),
    session("POST", "/time-off", time_off.post_time_off),
    session("PATCH", "/time-off/{id}", time_off.patch_time_off),
    session("DELETE", "/time-off/{id}", time_off.delete_time_off),
    *host("GET", "/holidays", holidays.get_holidays),
    session("PUT", "/holidays", holidays.put_holidays),
    *(session(method, path, handler) for method, path, handler in _OF_CALENDARS),
    session("GET", "/brand", brands.get_brand),
    session("PATCH", "/brand", brands.patch_brand),
    session("PUT", "/brand/logo", logos.put_logo),
    session("DELETE", "/brand/logo", logos.delete_logo),
    get("/api/public/{username}", public.get_host, CallerKind.PUBLIC),
    get("/api/public/{username}/{slug}", public.get_event_type, CallerKind.PUBLIC),
    get("/api/public/{username}/{slug}/slots", public.get_slots, CallerKind.PUBLIC),
    get("/api/public/{username}/logo/{digest}.webp", logos.get_logo, CallerKind.PUBLIC),
]

INTERNAL: list[Route] = [
    post(
        "/internal/reservations",
        reservations.post_reservation,
        CallerKind.SERVICE,
        issuers=BOOKINGS,
        host_of=_HOST_IN_BODY,
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
    post(
        "/internal/slots",
        slots.post_slots_of_move,
        CallerKind.SERVICE,
        issuers=BOOKINGS,
        host_of=_HOST_IN_BODY,
    ),
    post("/internal/hosts/{id}/event-types", event_type_changes.post_for_host, CallerKind.OPERATOR),
    get(
        "/internal/hosts/{host_id}/availability/{slug}/explain",
        explain.get_explanation,
        CallerKind.OPERATOR,
    ),
    put("/internal/hosts/{id}/schedule", schedules.put_for_host, CallerKind.OPERATOR),
    operated("GET", "/event-types", event_types.list_all),
    operated("GET", "/event-types/{id}", event_types.get_event_type),
    operated("PATCH", "/event-types/{id}", event_type_changes.patch_event_type),
    operated("GET", "/schedule", schedules.get_schedule),
    operated("GET", "/schedules", named_schedules.list_schedules),
    operated("GET", "/schedules/{id}", named_schedules.get_schedule),
    operated("POST", "/schedules", named_schedules.post_schedule),
    operated("PATCH", "/schedules/{id}", named_schedules.patch_schedule),
    operated("DELETE", "/schedules/{id}", named_schedules.remove_schedule),
    operated("GET", "/holidays", holidays.get_holidays),
    operated("PUT", "/holidays", holidays.put_holidays),
    operated("GET", "/time-off", time_off.list_time_off),
    operated("POST", "/time-off", time_off.post_time_off),
    operated("DELETE", "/time-off/{id}", time_off.delete_time_off),
    *(operated(method, path, handler) for method, path, handler in _OF_CALENDARS),
    post("/internal/resync", resync.post_resync, CallerKind.OPERATOR),
    post("/internal/bookings/restore", resync.post_restore, CallerKind.OPERATOR),
]
