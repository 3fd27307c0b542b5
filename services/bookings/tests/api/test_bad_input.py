"""Invalid requests: the error shape, the field named, and nothing changed."""

import io
import json
from typing import Any

from services.bookings.tests.calls import Caller, booking_request, slot, wire
from services.bookings.tests.fakes import EventType, FakeAvailability
from services.bookings.tests.rows import events

from linktime_common.contracts.internal_api.availability import Question
from linktime_common.postgres import Database

REQUIRED = "This field is required"
NEEDS_OFFSET = "The time needs an offset, such as Z or +02:00"
NOT_AN_INSTANT = "Expected an ISO 8601 date and time such as 2026-03-01T14:00:00Z"
NOT_ONE_LINE = "Must be one line without control characters"
NOT_PLAIN = "Must have no control characters other than line breaks and tabs"
TOO_FINE = "Must be in whole milliseconds, such as 14:00:00.250Z"
OF_ERASED = "This address stands for persons who were erased"
NOT_A_PHONE = "Expected a phone number such as +4930123456"

WRONG: list[tuple[str, Any, str, str]] = [
    ("startTime", "2030-01-07T10:00:00", "startTime", NEEDS_OFFSET),
    ("startTime", "tomorrow", "startTime", NOT_AN_INSTANT),
    ("startTime", "2030-02-30T10:00:00Z", "startTime", "No such date or time"),
    ("startTime", "2030-01-07", "startTime", NOT_AN_INSTANT),
    ("startTime", 1767780000, "startTime", NOT_AN_INSTANT),
    ("startTime", None, "startTime", NOT_AN_INSTANT),
    ("inviteeName", "", "inviteeName", "Must have at least 1 character"),
    ("inviteeName", " \t ", "inviteeName", "Must have at least 1 character"),
    ("inviteeName", "x" * 201, "inviteeName", "Must have at most 200 characters"),
    ("startTime", "2030-01-07T10:00:00.0004Z", "startTime", TOO_FINE),
    ("startTime", "2030-01-07T10:00:00.123000001+01:00", "startTime", TOO_FINE),
    ("inviteeName", "a\u0000b", "inviteeName", NOT_ONE_LINE),
    ("inviteeName", "A\r\nBcc: x@y.example", "inviteeName", NOT_ONE_LINE),
    ("inviteeName", "A\u202eB", "inviteeName", NOT_ONE_LINE),
    ("inviteeName", "\u200b\u200d", "inviteeName", "Must have a visible character"),
    ("inviteeEmail", "a\u202e@b.example", "inviteeEmail", NOT_ONE_LINE),
    ("inviteeTimezone", "Factory", "inviteeTimezone", "Unknown time zone"),
    ("notes", "a\u001b[2Jb", "notes", NOT_PLAIN),
    ("notes", "a\u202eb", "notes", NOT_PLAIN),
    ("inviteeName", 7, "inviteeName", "Expected a text"),
    ("inviteeEmail", "Erased@erased.invalid", "inviteeEmail", OF_ERASED),
    ("inviteeEmail", "grace", "inviteeEmail", "Invalid email format"),
    ("inviteeEmail", "a" * 250 + "@b.example", "inviteeEmail", "Invalid email format"),
    ("inviteeEmail", ["grace@navy.example"], "inviteeEmail", "Expected a text"),
    ("inviteeTimezone", "Mars/Olympus", "inviteeTimezone", "Unknown time zone"),
    ("inviteeTimezone", "../../etc/passwd", "inviteeTimezone", "Unknown time zone"),
    ("inviteeTimezone", "", "inviteeTimezone", "Unknown time zone"),
    ("inviteePhone", "030123456", "inviteePhone", NOT_A_PHONE),
    ("inviteePhone", "+0301234567", "inviteePhone", NOT_A_PHONE),
    ("notes", "x" * 5_001, "notes", "Must have at most 5000 characters"),
    ("notes", {"a": 1}, "notes", "Expected a text"),
    ("answers", "yes", "answers", "Expected a list"),
    ("answers", [{"questionId": "q"}], "answers.0.value", REQUIRED),
    ("answers", [{"questionId": "q", "value": 4}], "answers.0.value", "Expected a text"),
    (
        "answers",
        [{"questionId": "q", "value": "v"}] * 51,
        "answers",
        "Must have at most 50 entries",
    ),
    ("eventTypeSlug", 5, "eventTypeSlug", "Expected a text"),
    ("status", "CONFIRMED", "status", "Unknown field"),
    ("hostId", "someone else", "hostId", "Unknown field"),
]


async def test_invalid_field(
    host: Caller, availability: FakeAvailability, database: Database
) -> None:
    """400 in the common shape; availability is not called."""
    for field, value, named, words in WRONG:
        reply = await host.book(slot(0), **{field: value})
        assert reply.status == 400, (field, value, reply.body)
        wanted = {
            "error": "Invalid request data",
            "code": "invalid_request",
            "details": {named: words},
        }
        assert reply.body == wanted, (field, value)
    assert availability.calls == []
    assert await events(database) == []


async def test_missing_field(host: Caller) -> None:
    """Each required field, and all at once."""
    needed = ["eventTypeSlug", "startTime", "inviteeName", "inviteeEmail", "inviteeTimezone"]
    for field in needed:
        body = booking_request(slot(0))
        del body[field]
        reply = await host.post("", body)
        assert (reply.status, reply.body["details"]) == (400, {field: REQUIRED})
    assert (await host.post("", {})).body["details"] == dict.fromkeys(needed, REQUIRED)


async def test_body_is_not_an_object(host: Caller) -> None:
    """A list, a number, null: 400 in the common shape."""
    for body in ([], 5, "text", None, True):
        reply = await host.send("POST", "", json=body)
        assert reply.status == 400, body
        assert reply.body["error"] == "Invalid request data"


async def test_large_body(host: Caller, database: Database) -> None:
    """More than 1 MiB is a 413."""
    body = io.BytesIO(json.dumps(booking_request(slot(0), notes="x" * 1024 * 1024)).encode())
    reply = await host.send("POST", "", data=body, headers={"Content-Type": "application/json"})
    assert (reply.status, reply.body) == (
        413,
        {"error": "The body is larger than 1 MiB", "code": "body_too_large"},
    )
    assert await events(database) == []


QUESTIONS = [
    Question(id="topic", label="Topic", type="text", required=True, options=[]),
    Question(id="size", label="Size", type="select", required=False, options=["S", "L"]),
    Question(id="terms", label="Terms", type="checkbox", required=True, options=[]),
    Question(id="call", label="Call me", type="phone", required=False, options=[]),
]
GOOD = {"topic": "Compilers", "terms": "true"}
WRONG_ANSWERS = [
    ({"topic": "  ", "terms": "true"}, {"answers": "“Topic” needs an answer"}),
    (
        {"topic": "x" * 501, "terms": "true"},
        {"answers.0.value": "Must have at most 500 characters"},
    ),
    ({"topic": "x", "terms": "false"}, {"answers": "“Terms” needs an answer"}),
    ({"topic": "x", "terms": "yes"}, {"answers.1.value": "Expected true or false"}),
    ({**GOOD, "size": "M"}, {"answers.2.value": "Must be one of: S, L"}),
    ({**GOOD, "call": "call me"}, {"answers.2.value": NOT_A_PHONE}),
    ({**GOOD, "age": "7"}, {"answers.2.questionId": "The event type has no such question"}),
]


async def test_invalid_answers_free_the_time(
    host: Caller, availability: FakeAvailability, event_type: EventType, database: Database
) -> None:
    """400 with the answer named; the hold is freed at once."""
    event_type.questions = QUESTIONS
    for given, details in WRONG_ANSWERS:
        answers = [{"questionId": id_, "value": value} for id_, value in given.items()]
        reply = await host.book(slot(0), answers=answers)
        assert (reply.status, reply.body.get("details")) == (400, details), given
    assert (await host.book(slot(0))).status == 400
    assert availability.in_state("held") == set()
    assert await events(database) == []
    good = [{"questionId": id_, "value": value} for id_, value in GOOD.items()]
    await host.booked(slot(0), answers=good)


async def test_invalid_move_and_cancellation(host: Caller, database: Database) -> None:
    """400 with the field named; nothing changes."""
    booking_id = await host.booked(slot(0))
    wrong = [
        ("reschedule", {}, {"newStartTime": REQUIRED}),
        ("reschedule", {"newStartTime": "2030-01-07T10:00:00"}, {"newStartTime": NEEDS_OFFSET}),
        ("reschedule", {"newStartTime": wire(slot(1)), "x": 1}, {"x": "Unknown field"}),
        ("cancel", {"reason": "x" * 1_001}, {"reason": "Must have at most 1000 characters"}),
        ("cancel", {"reason": ["ill"]}, {"reason": "Expected a text"}),
        ("cancel", {"cause": "ill"}, {"cause": "Unknown field"}),
    ]
    for verb, body, details in wrong:
        reply = await host.post(f"/{booking_id}/{verb}", body)
        assert (reply.status, reply.body.get("details")) == (400, details), body
    assert await events(database) == ["booking.created"]


async def test_start_at_the_ends_of_the_calendar(
    host: Caller, availability: FakeAvailability
) -> None:
    """Refused without an internal error."""
    availability.next_refusals = ["horizon", "notice"]
    assert (await host.book(slot(0), startTime="0001-01-01T00:00:00.001Z")).status == 409
    assert (await host.book(slot(0), startTime="9999-12-31T23:59:59Z")).status == 409
    for beyond in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59-10:00"):
        reply = await host.book(slot(0), startTime=beyond)
        assert reply.body["details"] == {"startTime": "The time is out of range"}
