"""Every method and path of the bookings service, and who may call it."""

from linktime_bookings.api import bookings, internal, invitee_operations, operations, public
from linktime_common.http.routes import get, post
from linktime_common.identity import Door

PUBLIC = [
    get(
        "/api/v1/bookings",
        bookings.get_bookings,
        Door.API_KEY,
        operation=operations.LIST_BOOKINGS,
    ),
    post(
        "/api/v1/bookings",
        bookings.post_booking,
        Door.API_KEY,
        operation=operations.POST_BOOKING,
    ),
    get(
        "/api/v1/bookings/{id}",
        bookings.get_booking,
        Door.API_KEY,
        operation=operations.GET_BOOKING,
    ),
    post(
        "/api/v1/bookings/{id}/cancel",
        bookings.post_cancel,
        Door.API_KEY,
        operation=operations.CANCEL,
    ),
    post(
        "/api/v1/bookings/{id}/reschedule",
        bookings.post_reschedule,
        Door.API_KEY,
        operation=operations.RESCHEDULE,
    ),
    post(
        "/api/bookings",
        public.post_booking,
        Door.PUBLIC,
        operation=operations.PUBLIC_BOOKING,
    ),
    get(
        "/api/public/bookings/{token}",
        public.get_booking,
        Door.PUBLIC,
        operation=invitee_operations.GET_BOOKING,
    ),
    post(
        "/api/public/bookings/{token}/cancel",
        public.post_cancel,
        Door.PUBLIC,
        operation=invitee_operations.CANCEL,
    ),
    post(
        "/api/public/bookings/{token}/reschedule",
        public.post_reschedule,
        Door.PUBLIC,
        operation=invitee_operations.RESCHEDULE,
    ),
    get(
        "/dashboard/api/bookings",
        bookings.get_bookings,
        Door.SESSION,
        operation=operations.LIST_BOOKINGS,
    ),
    get(
        "/dashboard/api/bookings/{id}",
        bookings.get_booking,
        Door.SESSION,
        operation=operations.GET_BOOKING,
    ),
    post(
        "/dashboard/api/bookings/{id}/cancel",
        bookings.post_cancel,
        Door.SESSION,
        operation=operations.CANCEL,
    ),
    post(
        "/dashboard/api/bookings/{id}/reschedule",
        bookings.post_reschedule,
        Door.SESSION,
        operation=operations.RESCHEDULE,
    ),
]

INTERNAL = [
    get("/internal/bookings", internal.get_bookings, Door.OPERATOR),
]
