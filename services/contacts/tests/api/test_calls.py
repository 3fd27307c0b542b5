"""Ingested and listed calls, over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest

from linktime_common.contracts.wire import format_instant
from linktime_common.ids import new_id
from linktime_common.postgres import Database

from .calls import Call, Get

ZOE = "+4930123456"
Ingest = Callable[..., Awaitable[str]]


@pytest.fixture
def ingest(call: Call, owner_id: UUID) -> Ingest:
    """Ingest one call of the owner and return its id."""

    async def send(external_id: str, **fields: Any) -> str:
        status, body = await call(
            owner_id, "POST", "/api/ingest/calls", a_call(externalCallId=external_id, **fields)
        )
        assert status in {200, 201}, body
        return str(body["id"])

    return send


def a_call(**fields: Any) -> dict[str, Any]:
    return {
        "source": "retell",
        "externalCallId": "c1",
        "direction": "INBOUND",
        "agentName": "Front desk",
        "agentId": "agent-7",
        "contactPhone": ZOE,
        "contactName": "Zoë",
        "startedAt": "2026-03-01T09:00:00.000Z",
        "endedAt": "2026-03-01T09:01:34.000Z",
        "durationSeconds": 94,
        "status": "COMPLETED",
        "endReason": "user_hangup",
        "summary": "Wants to move to Tuesday",
        "transcript": [{"role": "user", "text": "Hello?", "atMs": 800}],
        "recordingUrl": "https://example.com/c1.mp3",
        "bookingId": "01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e22",
        "metadata": {"campaign": {"name": "spring", "tags": ["a", None, 1.5, True]}},
        **fields,
    }


def started(day: int) -> dict[str, Any]:
    return {"startedAt": f"2026-03-{day:02}T09:00:00.000Z", "endedAt": None}


async def test_an_ingested_call_is_listed(
    call: Call, get: Get, owner_id: UUID, stored: Database
) -> None:
    """The list has exactly these fields; a repeat returns 200; the other fields are stored."""
    status, ingested = await call(owner_id, "POST", "/api/ingest/calls", a_call())
    assert status == 201
    assert await call(owner_id, "POST", "/api/ingest/calls", a_call()) == (200, ingested)
    assert await get(owner_id, "/calls") == (
        200,
        {
            "data": [
                {
                    "id": ingested["id"],
                    "direction": "inbound",
                    "callerPhone": ZOE,
                    "durationSeconds": 94,
                    "status": "completed",
                    "agentName": "Front desk",
                    "startedAt": "2026-03-01T09:00:00.000Z",
                    "outcome": "user_hangup",
                    "contactId": None,
                    "endedAt": "2026-03-01T09:01:34.000Z",
                    "summary": "Wants to move to Tuesday",
                    "agentId": "agent-7",
                    "bookingId": "01975f3e-8f7c-7a52-9c1e-5b8f0d3a6e22",
                    "recordingUrl": "https://example.com/c1.mp3",
                    "transcript": [{"role": "user", "text": "Hello?", "atMs": 800}],
                    "metadata": a_call()["metadata"],
                }
            ],
            "pagination": {"page": 1, "limit": 20, "total": 1, "totalPages": 1},
        },
    )
    async with stored.connection() as connection:
        row = await connection.fetchrow("SELECT * FROM calls WHERE owner_id = $1", owner_id)
    assert row is not None
    assert row["transcript"] == [{"role": "user", "text": "Hello?", "at_ms": 800}]
    assert row["metadata"] == a_call()["metadata"]
    assert (row["recording_url"], row["agent_id"]) == ("https://example.com/c1.mp3", "agent-7")
    assert "Zoë" not in str(row)


async def test_absent_fields_are_null(call: Call, get: Get, owner_id: UUID) -> None:
    """A call with only the required fields."""
    body = {
        "source": "bland",
        "externalCallId": "c1",
        "direction": "outbound",
        "contactPhone": None,
        "startedAt": "2026-03-01T10:00:00+01:00",
        "durationSeconds": 0,
        "status": "no_answer",
    }
    assert (await call(owner_id, "POST", "/api/ingest/calls", body))[0] == 201
    (listed,) = (await get(owner_id, "/calls"))[1]["data"]
    assert listed == {
        "id": listed["id"],
        "direction": "outbound",
        "callerPhone": None,
        "durationSeconds": 0,
        "status": "no_answer",
        "agentName": None,
        "startedAt": "2026-03-01T09:00:00.000Z",
        "outcome": None,
        "contactId": None,
        "endedAt": None,
        "summary": None,
        "agentId": None,
        "bookingId": None,
        "recordingUrl": None,
        "transcript": [],
        "metadata": {},
    }


@pytest.mark.parametrize("field", ["startedAt", "endedAt"])
async def test_a_call_from_the_future_is_refused(
    call: Call, get: Get, owner_id: UUID, field: str
) -> None:
    """The same rule as for messages."""
    now = datetime.now(UTC)
    times = {"startedAt": format_instant(now), "endedAt": None}
    late = format_instant(now + timedelta(minutes=10))
    status, body = await call(
        owner_id, "POST", "/api/ingest/calls", a_call(**times | {field: late})
    )
    sentence = "Must not be more than 5 minutes in the future"
    assert (status, body["details"]) == (400, {field: sentence})
    ahead = {field: format_instant(now + timedelta(minutes=4))}
    assert (await call(owner_id, "POST", "/api/ingest/calls", a_call(**times | ahead)))[0] == 201
    assert len((await get(owner_id, "/calls"))[1]["data"]) == 1


async def test_calls_are_filtered_by_status_and_time(
    get: Get, ingest: Ingest, owner_id: UUID
) -> None:
    """Status in any letter case; `to` is exclusive unless it is a date."""
    await ingest("1", status="COMPLETED", **started(1))
    await ingest("2", status="FAILED", **started(2))
    await ingest("3", status="NO_ANSWER", **started(3))

    async def listed(**query: str) -> list[str]:
        status, body = await get(owner_id, "/calls", **query)
        assert status == 200, body
        assert body["pagination"]["total"] == len(body["data"])
        return [one["startedAt"][8:10] for one in body["data"]]

    assert await listed() == await listed(status="all") == await listed(status="ALL")
    assert await listed() == ["03", "02", "01"]
    assert await listed(status="COMPLETED") == ["01"]
    assert await listed(status="failed") == ["02"]
    assert await listed(status="No_Answer") == ["03"]
    assert await listed(**{"from": "2026-03-02T09:00:00Z"}) == ["03", "02"]
    assert await listed(to="2026-03-02T09:00:00Z") == ["01"]
    assert await listed(to="2026-03-02") == ["02", "01"]
    assert await listed(**{"from": "2026-03-02", "to": "2026-03-02"}) == ["02"]
    assert await listed(status="completed", **{"from": "2026-03-02"}) == []
    assert await listed(status="failed", to="2026-03-02") == ["02"]


async def test_pages_hold_every_call_once(get: Get, ingest: Ingest, owner_id: UUID) -> None:
    """Equal start times are ordered by id; a page past the end is empty."""
    await asyncio.gather(*(ingest(f"p{n}") for n in range(5)))
    for query in ({}, {"status": "completed"}):
        seen = []
        for page in (1, 2, 3, 4):
            _, body = await get(owner_id, "/calls", page=page, limit=2, **query)
            assert body["pagination"] == {"page": page, "limit": 2, "total": 5, "totalPages": 3}
            seen += [one["id"] for one in body["data"]]
        assert len(seen) == 5
        assert seen == sorted(set(seen))


async def test_the_other_party_is_the_contact_with_that_number(
    call: Call, get: Get, ingest: Ingest, owner_id: UUID
) -> None:
    """`contactId` follows the contact's number and deletion; the call is kept."""

    async def party() -> str | None:
        (listed,) = (await get(owner_id, "/calls"))[1]["data"]
        contact_id: str | None = listed["contactId"]
        return contact_id

    await ingest("1")
    assert await party() is None
    zoe = {"name": "Zoë", "email": "zoe@example.com", "phone": ZOE}
    await call(new_id(), "POST", "/api/v1/contacts", zoe)
    _, contact = await call(owner_id, "POST", "/api/v1/contacts", zoe)
    assert await party() == contact["id"]
    await call(owner_id, "DELETE", f"/api/v1/contacts/{contact['id']}")
    assert await party() is None


async def test_updates_of_a_call_are_merged(get: Get, ingest: Ingest, owner_id: UUID) -> None:
    """Empty fields are filled, and a completed call stays completed."""
    only = {"agentName": None, "transcript": None, "summary": None, "endReason": None}
    one = await ingest("1", **only)
    two = await ingest("1", summary="Analyzed", contactPhone=None, status="failed")
    (listed,) = (await get(owner_id, "/calls"))[1]["data"]
    assert one == two == listed["id"]
    assert (listed["summary"], listed["callerPhone"]) == ("Analyzed", ZOE)
    assert (listed["status"], listed["agentName"]) == ("completed", "Front desk")
    assert (await get(owner_id, "/calls", status="failed"))[1]["data"] == []


async def test_concurrent_reports_of_a_call_make_one_call(
    call: Call, get: Get, owner_id: UUID
) -> None:
    """Twelve concurrent requests with different fields make one call with all fields."""
    parts = [{"agentName": "Desk"}, {"summary": "S"}, {"endReason": "bye"}] * 4
    least = {
        key: a_call()[key]
        for key in (
            "source",
            "externalCallId",
            "direction",
            "startedAt",
            "durationSeconds",
            "status",
        )
    }
    answers = await asyncio.gather(
        *(call(owner_id, "POST", "/api/ingest/calls", least | part) for part in parts)
    )
    assert sorted(status for status, _ in answers) == [200] * 11 + [201]
    (listed,) = (await get(owner_id, "/calls"))[1]["data"]
    assert (listed["agentName"], listed["summary"], listed["outcome"]) == ("Desk", "S", "bye")


async def test_calls_belong_to_one_owner(call: Call, get: Get, ingest: Ingest) -> None:
    """The same ids from two owners are two calls."""
    one = await ingest("1")
    stranger = new_id()
    status, two = await call(stranger, "POST", "/api/ingest/calls", a_call(externalCallId="1"))
    assert (status, two["id"] != one) == (201, True)
    assert [c["id"] for c in (await get(stranger, "/calls"))[1]["data"]] == [two["id"]]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"source": None}, "source"),
        ({"externalCallId": ""}, "externalCallId"),
        ({"direction": "SIDEWAYS"}, "direction"),
        ({"contactPhone": "12345"}, "contactPhone"),
        ({"startedAt": "2026-03-01T14:00:00.1234Z"}, "startedAt"),
        ({"agentName": "A\r\nB"}, "agentName"),
        ({"endReason": "A\u202eB"}, "endReason"),
        ({"summary": "A\u001bB"}, "summary"),
        ({"contactPhone": "whatsapp:+4930123456"}, "contactPhone"),
        ({"startedAt": None}, "startedAt"),
        ({"startedAt": "0001-01-01T00:00:00Z"}, "startedAt"),
        ({"endedAt": "0001-01-01T01:00:00+01:00"}, "endedAt"),
        ({"endedAt": "9999-12-31T23:59:59.999-12:00"}, "endedAt"),
        ({"startedAt": "2026-03-01"}, "startedAt"),
        ({"endedAt": "2026-03-01T08:59:59Z"}, "endedAt"),
        ({"durationSeconds": -1}, "durationSeconds"),
        ({"durationSeconds": 1.5}, "durationSeconds"),
        ({"durationSeconds": "94"}, "durationSeconds"),
        ({"durationSeconds": None}, "durationSeconds"),
        ({"durationSeconds": 10**12}, "durationSeconds"),
        ({"status": "all"}, "status"),
        ({"status": None}, "status"),
        ({"endReason": "x" * 201}, "endReason"),
        ({"summary": "a\x00"}, "summary"),
        ({"transcript": [{"role": "user"}]}, "transcript.0.text"),
        ({"transcript": [{"role": "user", "text": "", "atMs": -1}]}, "transcript.0.atMs"),
        ({"recordingUrl": "file:///etc/passwd"}, "recordingUrl"),
        ({"recordingUrl": "http://[::"}, "recordingUrl"),
        ({"metadata": []}, "metadata"),
        ({"metadata": {"a": "b\x00"}}, "metadata"),
        ({"metadata": {"a\x00": 1}}, "metadata"),
        ({"metadata": {"a": "x" * 17_000}}, "metadata"),
        ({"surprise": 1}, "surprise"),
    ],
)
async def test_an_invalid_call_is_refused(
    call: Call, get: Get, owner_id: UUID, fields: dict[str, Any], field: str
) -> None:
    """The response names the field, and nothing is stored."""
    status, body = await call(owner_id, "POST", "/api/ingest/calls", a_call(**fields))
    assert (status, list(body["details"])) == (400, [field])
    assert (await get(owner_id, "/calls"))[1]["data"] == []


@pytest.mark.parametrize("depth", [30, 31, 300, 900, 1100])
async def test_deep_metadata_is_kept_or_refused(call: Call, depth: int) -> None:
    """At most 32 levels, two of which are the body's."""
    raw = orjson.dumps(a_call(metadata={})).replace(
        b'"metadata":{}', b'"metadata":{"a":' + b"[" * depth + b"]" * depth + b"}"
    )
    for key in (None, "k"):
        status, _ = await call(new_id(), "POST", "/api/ingest/calls", raw=raw, key=key)
        assert status == (201 if depth == 30 else 400)


async def test_an_escaped_backslash_before_u0000_is_allowed(call: Call) -> None:
    """Only the NUL character is refused, not text that looks like its JSON escape."""
    metadata = {"a": "\\u0000"}
    assert (await call(new_id(), "POST", "/api/ingest/calls", a_call(metadata=metadata)))[0] == 201


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "51"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"page": "0"}, "page"),
        ({"status": "busy"}, "status"),
        ({"status": ""}, "status"),
        ({"status": "fa\u0131led"}, "status"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "from"),
        ({"from": "x"}, "from"),
        ({"to": ""}, "to"),
    ],
)
async def test_a_bad_parameter_is_named(
    get: Get, owner_id: UUID, query: dict[str, str], field: str
) -> None:
    """400 in the error format; a limit of fifty is valid."""
    status, body = await get(owner_id, "/calls", **query)
    assert (status, body["error"], list(body["details"])) == (400, "Invalid request data", [field])
    assert (await get(owner_id, "/calls", limit=50))[0] == 200
