"""Names of operations, and schemas as generators of clients need them."""

import pytest
from pydantic import BaseModel

from linktime_common.http.described_schemas import clean, page_name
from linktime_common.http.operation_names import operation_name


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("GET /api/v1/bookings", "listBookings"),
        ("GET /api/v1/time-off", "listTimeOff"),
        ("GET /api/v1/bookings/{id}", "getBooking"),
        ("POST /api/v1/bookings", "createBooking"),
        ("POST /api/v1/bookings/{id}/cancel", "cancelBooking"),
        ("PATCH /api/v1/contacts/{id}", "updateContact"),
        ("PUT /api/v1/contacts/{id}", "setContact"),
        ("DELETE /api/v1/contacts/{id}", "deleteContact"),
        ("GET /dashboard/api/event-types", "listEventTypes"),
        ("GET /dashboard/api/webhooks/{id}/deliveries/{delivery_id}", "getWebhookDelivery"),
        ("POST /dashboard/api/calendar-feed", "createCalendarFeed"),
        ("DELETE /dashboard/api/sessions", "deleteSessions"),
        ("GET /dashboard/api/me", "getMe"),
        ("POST /api/bookings", "createPublicBooking"),
        ("GET /api/public/bookings/{token}", "getPublicBooking"),
        ("POST /api/public/bookings/{token}/reschedule", "reschedulePublicBooking"),
        ("PUT /api/public/bookings/{token}/reminders", "setPublicBookingReminders"),
        ("POST /api/ingest/messages", "ingestMessage"),
    ],
)
def test_a_name_follows_from_method_and_path(call: str, name: str) -> None:
    """A verb and what it is about, in the singular for one."""
    method, path = call.split()
    assert operation_name(method, path, is_list=path.endswith("time-off")) == name


def test_a_schema_keeps_defaults_but_null() -> None:
    """A field or an example of that name is data."""
    schema = {
        "title": "Thing",
        "properties": {
            "title": {"title": "Title", "type": "string", "default": "a"},
            "default": {"anyOf": [{"type": "null", "default": None}], "default": None},
        },
        "example": {"title": "b", "default": None},
    }
    assert clean(schema) == {
        "properties": {
            "title": {"type": "string", "default": "a"},
            "default": {"anyOf": [{"type": "null"}]},
        },
        "example": {"title": "b", "default": None},
    }


def test_a_page_is_named_after_its_entries() -> None:
    """Without the suffix of the entries' class."""

    class BookingReply(BaseModel):
        pass

    class ApiKey(BaseModel):
        pass

    assert (page_name(BookingReply), page_name(ApiKey)) == ("BookingPage", "ApiKeyPage")
