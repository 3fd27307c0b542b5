"""Which messages are refused, and which parameters of the list."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from linktime_common.contracts.wire import format_instant

from .calls import Call, Get
from .messages import a_message


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"source": ""}, "source"),
        ({"source": None}, "source"),
        ({"externalMessageId": "x" * 201}, "externalMessageId"),
        ({"externalMessageId": "a\x00"}, "externalMessageId"),
        ({"channel": "FAX"}, "channel"),
        ({"channel": None}, "channel"),
        ({"direction": 1}, "direction"),
        ({"contactPhone": "030 123456"}, "contactPhone"),
        ({"contactPhone": "+0301234567"}, "contactPhone"),
        ({"contactPhone": ""}, "contactPhone"),
        ({"contactPhone": None}, "contactPhone"),
        ({"ourPhone": "4930999999"}, "ourPhone"),
        ({"body": 5}, "body"),
        ({"body": None, "status": None}, "body"),
        ({"body": " ", "media": [], "status": None}, "body"),
        ({"body": "x" * 20_001}, "body"),
        ({"body": "a\x00"}, "body"),
        ({"media": "https://example.com"}, "media"),
        ({"media": ["javascript:alert(1)"]}, "media.0.url"),
        ({"media": ["https://a:99999/"]}, "media.0.url"),
        ({"media": [{"contentType": "image/png"}]}, "media.0.url"),
        ({"media": ["https://example.com"] * 21}, "media"),
        ({"sentAt": "yesterday"}, "sentAt"),
        ({"sentAt": "0001-01-01T00:00:00Z"}, "sentAt"),
        ({"sentAt": "0001-01-01T00:00:00+02:00"}, "sentAt"),
        ({"sentAt": "9999-12-31T23:59:59.999-12:00"}, "sentAt"),
        ({"sentAt": "2026-03-01T09:00:00"}, "sentAt"),
        ({"sentAt": None}, "sentAt"),
        ({"status": "LOST"}, "status"),
        ({"surprise": 1}, "surprise"),
    ],
)
async def test_an_invalid_message_is_refused(
    call: Call, get: Get, owner_id: UUID, fields: dict[str, Any], field: str
) -> None:
    """The response names the field, and nothing is stored."""
    status, body = await call(owner_id, "POST", "/api/ingest/messages", a_message(**fields))
    assert (status, list(body["details"])) == (400, [field])
    assert (await get(owner_id, "/conversations"))[1]["data"] == []


async def test_the_earliest_and_latest_instants_are_kept(
    call: Call, get: Get, owner_id: UUID
) -> None:
    """The list returns them unchanged, and updates are accepted. The latest is that of a clock
    which is ahead by a few minutes."""
    latest = datetime.now(UTC) + timedelta(minutes=4)
    edges = ["0001-01-01T00:00:00.001Z", format_instant(latest)]
    for number, edge in enumerate(edges):
        message = a_message(externalMessageId=str(number), sentAt=edge)
        for wanted in (201, 200):
            assert (await call(owner_id, "POST", "/api/ingest/messages", message))[0] == wanted
    _, listed = await get(owner_id, "/conversations")
    assert [message["timestamp"] for message in listed["data"][0]["messages"]] == edges


async def test_a_message_from_the_future_is_refused(call: Call, get: Get, owner_id: UUID) -> None:
    """It would stay the newest of its thread; 5 minutes are allowed for clocks that differ."""
    late = format_instant(datetime.now(UTC) + timedelta(minutes=10))
    for sent_at in (late, "9999-12-31T23:59:59.999Z"):
        status, body = await call(
            owner_id, "POST", "/api/ingest/messages", a_message(sentAt=sent_at)
        )
        assert status == 400
        assert body["details"] == {"sentAt": "Must not be more than 5 minutes in the future"}
    assert (await get(owner_id, "/conversations"))[1]["data"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "51"}, "limit"),
        ({"limit": "0"}, "limit"),
        ({"page": "0"}, "page"),
        ({"page": "x"}, "page"),
        ({"phone": "030123"}, "phone"),
        ({"phone": "4930123456"}, "phone"),
        ({"phone": ""}, "phone"),
        ({"from": "soon"}, "from"),
        ({"from": "0001-01-01T00:00:00Z"}, "from"),
        ({"to": "9999-12-31T23:59:59-01:00"}, "to"),
        ({"to": "2026-02-30"}, "to"),
        ({"to": "2026-03-01T09:00:00"}, "to"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "from"),
        ({"from": "2026-03-02T00:00:00Z", "to": "2026-03-01"}, "from"),
        ({"from": "2026-03-01T00:00:01Z", "to": "2026-03-01T00:00:00Z"}, "from"),
    ],
)
async def test_a_bad_parameter_is_named(
    get: Get, owner_id: UUID, query: dict[str, str], field: str
) -> None:
    """400 in the error format; a limit of fifty and an unknown parameter are accepted."""
    status, body = await get(owner_id, "/conversations", **query)
    assert (status, body["error"], list(body["details"])) == (400, "Invalid request data", [field])
    assert (await get(owner_id, "/conversations", limit=50, surprise="1"))[0] == 200
