"""The language of an invitee's mails."""

from typing import Any

import pytest
from services.bookings.tests.calls import Caller, booking_request, slot, wire
from services.bookings.tests.fakes import EventType
from services.bookings.tests.rows import rows

from linktime_common.postgres import Database

TO_INVITEE = "SELECT locale FROM email_messages WHERE recipient = 'grace@navy.example'"


@pytest.mark.parametrize(
    ("sent", "header", "locale"),
    [
        ({"inviteeLocale": "de-AT"}, "fr", "de"),
        ({"inviteeLocale": "pt"}, "fr", None),
        ({"inviteeLocale": None}, "fr-CA,fr;q=0.9", "fr"),
        ({}, "*", None),
        ({}, None, None),
    ],
)
async def test_language_of_an_invitee(
    host: Caller, event_type: EventType, database: Database, sent: Any, header: Any, locale: Any
) -> None:
    """The field, else the browser's header; kept by a reschedule with the link."""
    body = booking_request(slot(0), eventTypeId=str(event_type.id), **sent)
    del body["eventTypeSlug"]
    reply = await host.public("POST", "/api/bookings", body, accept_language=header)
    assert reply.status == 201, reply
    token = reply.body["manageUrl"].rsplit("/", 1)[1]
    path = f"/api/public/bookings/{token}/reschedule"
    moved = await host.public("POST", path, {"newStartTime": wire(slot(4))}, accept_language="ar")
    assert moved.status == 200
    assert await rows(database, "SELECT invitee_locale FROM bookings") == [(locale,)]
    assert await rows(database, TO_INVITEE) == [(locale or "en",)] * 2


async def test_language_with_a_key(host: Caller, database: Database) -> None:
    """The header of an API client is not the invitee's; a malformed tag is refused."""
    body = booking_request(slot(0))
    assert (await host.send("POST", "", json=body, headers={"Accept-Language": "de"})).status == 201
    assert (await host.book(slot(1), inviteeLocale="es")).status == 201
    found = await rows(database, "SELECT invitee_locale FROM bookings ORDER BY starts_at")
    assert found == [(None,), ("es",)]
    for malformed in ("de_AT", "", "x" * 36, 5):
        reply = await host.book(slot(2), inviteeLocale=malformed)
        assert (reply.status, list(reply.body["details"])) == (400, ["inviteeLocale"])
