"""Every method and path of the bookings service, and who may call it."""

from linktime_bookings.api import (
    book,
    bookings,
    calendar_feeds,
    cancel,
    emails,
    internal,
    invitees,
    lists,
    personal_data,
    reminders,
    reschedule,
    slots,
)
from linktime_common.http.operations import DescribedHandler
from linktime_common.http.routes import Route, get, host, operated, post, route, session
from linktime_common.http.turns import named_in_body
from linktime_common.identity import CallerKind

# Below an invitee's signed link to one booking.
_OF_LINK: list[tuple[str, str, DescribedHandler]] = [
    ("GET", "", invitees.get_booking),
    ("GET", "/slots", slots.get_slots_by_link),
    ("POST", "/cancel", cancel.post_cancel_by_link),
    ("POST", "/reschedule", reschedule.post_reschedule_by_link),
    ("PUT", "/reminders", reminders.put_reminders_by_link),
]


def _linked(method: str, path: str, handler: DescribedHandler) -> Route:
    path = f"/api/public/bookings/{{token}}{path}"
    return route(method, path, handler, CallerKind.PUBLIC, host_of=invitees.host_of)


PUBLIC: list[Route] = [
    *host("GET", "/bookings", lists.list_bookings),
    *host("GET", "/bookings/{id}", bookings.get_booking),
    *host("POST", "/bookings", book.post_booking),
    *host("POST", "/bookings/{id}/cancel", cancel.post_cancel),
    *host("POST", "/bookings/{id}/reschedule", reschedule.post_reschedule),
    session("POST", "/bookings/{id}/emails/{email_id}/resend", emails.post_resend),
    session("GET", "/contacts/{id}/personal-data", personal_data.get_personal_data),
    session("GET", "/calendar-feed", calendar_feeds.get_feed),
    session("POST", "/calendar-feed", calendar_feeds.post_feed),
    session("DELETE", "/calendar-feed", calendar_feeds.delete_feed),
    post(
        "/api/bookings",
        book.post_public_booking,
        CallerKind.PUBLIC,
        host_of=named_in_body("eventTypeId"),
    ),
    *(_linked(method, path, handler) for method, path, handler in _OF_LINK),
    get(calendar_feeds.PATH, calendar_feeds.get_calendar, CallerKind.PUBLIC),
]

INTERNAL: list[Route] = [
    get("/internal/bookings", internal.get_bookings, CallerKind.OPERATOR),
    post("/internal/bookings/lookup", internal.look_up_bookings, CallerKind.OPERATOR),
    get("/internal/mail", internal.get_mail, CallerKind.OPERATOR),
    operated("GET", "/bookings", lists.list_bookings),
    operated("GET", "/bookings/{id}", bookings.get_booking),
    operated("GET", "/contacts/{id}/personal-data", personal_data.get_personal_data),
    operated("POST", "/bookings/{id}/cancel", cancel.post_cancel),
    operated("POST", "/bookings/{id}/reschedule", reschedule.post_reschedule),
    operated("POST", "/calendar-feed", calendar_feeds.post_feed),
    operated("DELETE", "/calendar-feed", calendar_feeds.delete_feed),
]
