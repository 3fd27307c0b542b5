"""Every method and path of the bookings service, and who may call it."""

from linktime_bookings.api import (
    book,
    bookings,
    cancel,
    emails,
    internal,
    invitees,
    reschedule,
    slots,
)
from linktime_common.http.routes import Route, get, host, keyed, post, session
from linktime_common.identity import CallerKind

PUBLIC: list[Route] = [
    *host("GET", "/bookings", bookings.list_bookings),
    *host("GET", "/bookings/{id}", bookings.get_booking),
    keyed("POST", "/bookings", book.post_booking),
    *host("POST", "/bookings/{id}/cancel", cancel.post_cancel),
    *host("POST", "/bookings/{id}/reschedule", reschedule.post_reschedule),
    session("POST", "/bookings/{id}/emails/{email_id}/resend", emails.post_resend),
    post("/api/bookings", book.post_public_booking, CallerKind.PUBLIC),
    get("/api/public/bookings/{token}", invitees.get_booking, CallerKind.PUBLIC),
    get("/api/public/bookings/{token}/slots", slots.get_slots_by_link, CallerKind.PUBLIC),
    post("/api/public/bookings/{token}/cancel", cancel.post_cancel_by_link, CallerKind.PUBLIC),
    post(
        "/api/public/bookings/{token}/reschedule",
        reschedule.post_reschedule_by_link,
        CallerKind.PUBLIC,
    ),
]

INTERNAL: list[Route] = [
    get("/internal/bookings", internal.get_bookings, CallerKind.OPERATOR),
    get("/internal/mail", internal.get_mail, CallerKind.OPERATOR),
]
