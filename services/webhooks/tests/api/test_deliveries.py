"""The log of a webhook's deliveries."""

from base64 import b64encode
from typing import Any
from uuid import UUID

import pytest
from services.webhooks.tests.api.calls import NEW, Ask, as_user
from services.webhooks.tests.rows import add_attempt, add_delivery, add_event, ago

from linktime_common.contracts.wire import format_instant
from linktime_common.ids import new_id
from linktime_common.postgres import Database
from linktime_local.testing.services import Running
from linktime_webhooks.domain.delivery import DeliveryKind, DeliveryState
from linktime_webhooks.domain.signing import message_id

MANY = """
    INSERT INTO delivery_history (id, event_id, event_created_at, endpoint_id, kind, state,
                                  attempt, created_at, finished_at)
    SELECT gen_random_uuid(), id, created_at, $2, 'event', 'delivered', 1, created_at, now()
      FROM events, generate_series(1, $3)
     WHERE id = $1
"""
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def fill(database: Database, owner: UUID, endpoint_id: str) -> dict[str, str]:
    """Add one delivery per state, later states newer; return ids by state."""
    made = {}
    for minutes, state in enumerate(reversed(DeliveryState), start=1):
        event = await add_event(database, owner, at=ago(minutes=minutes))
        made[str(state)] = await add_delivery(
            database, event, endpoint_id, state, at=ago(minutes=minutes)
        )
    return made


async def ids(ask: Ask, hook: dict[str, Any], query: str = "") -> list[str]:
    status, answer = await ask("GET", f"/{hook['id']}/deliveries{query}")
    assert status == 200, answer
    return [one["id"] for one in answer["data"]]


async def test_live_and_ended_deliveries_are_one_list(
    ask: Ask, hook: dict[str, Any], owner: UUID, database: Database
) -> None:
    """Newest first, page by page without gaps or repeats; other webhooks' are not listed."""
    made = list((await fill(database, owner, hook["id"])).values())
    other = (await ask("POST", body=NEW))[1]
    await fill(database, owner, other["id"])
    assert await ids(ask, hook) == made
    pages = [await ids(ask, hook, f"?limit=4&page={page}") for page in (1, 2, 3)]
    assert pages == [made[:4], made[4:], []]
    _status, past = await ask("GET", f"/{hook['id']}/deliveries?limit=4&page=3")
    assert past["pagination"] == {"page": 3, "limit": 4, "total": 6, "totalPages": 2}


async def test_deliveries_of_the_same_instant_have_a_fixed_order(
    ask: Ask, hook: dict[str, Any], owner: UUID, database: Database
) -> None:
    """By id, so that pages do not overlap."""
    at = ago(minutes=1)
    made = []
    for state in (DeliveryState.PENDING, DeliveryState.FAILED) * 3:
        event = await add_event(database, owner, at=at)
        made.append(await add_delivery(database, event, hook["id"], state, at=at))
    pages = [await ids(ask, hook, f"?limit=2&page={page}") for page in (1, 2, 3)]
    assert [one for page in pages for one in page] == sorted(made, reverse=True)


async def test_a_delivery_has_its_fields(
    ask: Ask, hook: dict[str, Any], owner: UUID, database: Database
) -> None:
    """`messageId` is the `webhook-id` that the receiver got."""
    at = ago(minutes=1)
    event = await add_event(database, owner, at=at, event_type="contact.created")
    delivery = await add_delivery(
        database, event, hook["id"], DeliveryState.PENDING, at=at, kind=DeliveryKind.TEST
    )
    _status, page = await ask("GET", f"/{hook['id']}/deliveries")
    shown = {
        "id": delivery,
        "messageId": message_id(event),
        "eventType": "contact.created",
        "requestId": None,
        "kind": "test",
        "state": "pending",
        "attemptCount": 0,
        "lastReason": None,
        "nextAttemptAt": format_instant(at),
        "createdAt": format_instant(at),
        "finishedAt": None,
        "traceId": None,
    }
    assert page["data"] == [shown]
    status, detail = await ask("GET", f"/{hook['id']}/deliveries/{delivery}")
    assert (status, detail) == (200, {**shown, "attempts": []})


async def test_filters_select(
    ask: Ask, hook: dict[str, Any], owner: UUID, database: Database
) -> None:
    """By state in any letter case, type and creation time: `from` included, `to` not."""
    made = await fill(database, owner, hook["id"])
    for state, delivery in made.items():
        assert await ids(ask, hook, f"?state={state.upper()}") == [delivery]
    at = ago(days=2)
    event = await add_event(database, owner, at=at, event_type="contact.created")
    old = await add_delivery(database, event, hook["id"], DeliveryState.DELIVERED, at=at)
    assert await ids(ask, hook, "?eventType=contact.created") == [old]
    assert await ids(ask, hook, "?eventType=contact.created&state=failed") == []
    at_text = format_instant(at)
    assert await ids(ask, hook, f"?to={at_text}") == []
    assert await ids(ask, hook, f"?from={at_text}&to={format_instant(ago(days=1))}") == [old]
    assert await ids(ask, hook, f"?from={at.date()}&to={at.date()}") == [old]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("state=sent", "state"),
        ("state=", "state"),
        ("eventType=booking.exploded", "eventType"),
        ("from=yesterday", "from"),
        ("to=2026-03-01T14:00:00", "to"),
        ("from=2026-03-02&to=2026-03-01", "from"),
        ("page=0", "page"),
        ("limit=101", "limit"),
    ],
)
async def test_a_wrong_query_is_refused(
    ask: Ask, hook: dict[str, Any], query: str, field: str
) -> None:
    """400 with the parameter."""
    status, answer = await ask("GET", f"/{hook['id']}/deliveries?{query}")
    assert (status, list(answer["details"])) == (400, [field])


async def test_no_more_than_the_newest_ten_thousand_are_counted(
    ask: Ask, hook: dict[str, Any], owner: UUID, database: Database
) -> None:
    """For a longer log, `to` leads to older ones."""
    event = await add_event(database, owner, at=ago(minutes=1))
    async with database.connection() as connection:
        await connection.execute(MANY, event, UUID(hook["id"]), 10_050)
    _status, last = await ask("GET", f"/{hook['id']}/deliveries?page=100&limit=100")
    assert (len(last["data"]), last["pagination"]["total"]) == (100, 10_000)
    assert await ids(ask, hook, "?page=101&limit=100") == []
    older = await add_event(database, owner, at=ago(days=3))
    delivery = await add_delivery(database, older, hook["id"], DeliveryState.FAILED, at=ago(days=3))
    assert await ids(ask, hook, f"?to={format_instant(ago(days=1))}") == [delivery]


async def test_deliveries_of_a_deleted_event_are_listed(
    ask: Ask, hook: dict[str, Any], owner: UUID, database: Database
) -> None:
    """Without a type; they cannot be replayed."""
    event = await add_event(database, owner, at=ago(days=3))
    delivery = await add_delivery(database, event, hook["id"], DeliveryState.FAILED, at=ago(days=3))
    async with database.connection() as connection:
        await connection.execute("DELETE FROM events")
    path = f"/{hook['id']}/deliveries/{delivery}"
    shown = (await ask("GET", path))[1]
    assert (shown["eventType"], shown["traceId"]) == (None, None)
    assert await ids(ask, hook) == [delivery]
    refused = {
        "error": "The event of this delivery was deleted after 30 days",
        "code": "event_deleted",
    }
    assert await ask("POST", f"{path}/replay") == (409, refused)


async def test_a_delivery_names_the_trace_of_its_event(
    ask: Ask, hook: dict[str, Any], owner: UUID, database: Database
) -> None:
    """In the list and alone; null if the event has none."""
    event = await add_event(database, owner, at=ago(minutes=1))
    delivery = await add_delivery(database, event, hook["id"], DeliveryState.FAILED, at=ago())
    path = f"/{hook['id']}/deliveries"
    assert (await ask("GET", path))[1]["data"][0]["traceId"] is None
    async with database.connection() as connection:
        await connection.execute("UPDATE events SET traceparent = $1", TRACEPARENT)
    assert (await ask("GET", path))[1]["data"][0]["traceId"] == TRACEPARENT.split("-")[1]
    status, detail = await ask("GET", f"{path}/{delivery}")
    assert (status, detail["traceId"]) == (200, TRACEPARENT.split("-")[1])


async def test_every_attempt_is_shown_with_its_response(
    ask: Ask, hook: dict[str, Any], owner: UUID, database: Database
) -> None:
    """In order; readable text as text, anything else in base64."""
    event = await add_event(database, owner, at=ago(minutes=1))
    delivery = await add_delivery(database, event, hook["id"], DeliveryState.FAILED, at=ago())
    bodies = [
        ("Überlastet\n".encode(), {"encoding": "text", "content": "Überlastet\n"}),
        (b"a\x00b", {"encoding": "base64", "content": b64encode(b"a\x00b").decode()}),
        (b"\xff\xfe", {"encoding": "base64", "content": b64encode(b"\xff\xfe").decode()}),
        (b"\x1b[2J", {"encoding": "base64", "content": b64encode(b"\x1b[2J").decode()}),
        (b"", {"encoding": "text", "content": ""}),
    ]
    for number, (body, _shown) in enumerate(bodies, start=1):
        await add_attempt(
            database, delivery, hook["id"], number=number, headers=b"Server: x\r\n", body=body
        )
    status, detail = await ask("GET", f"/{hook['id']}/deliveries/{delivery}")
    assert status == 200
    assert [one["responseBody"] for one in detail["attempts"]] == [shown for _, shown in bodies]
    first = detail["attempts"][0]
    assert first == {
        "attempt": 1,
        "at": first["at"],
        "url": "https://example.com/hook",
        "address": "93.184.215.14",
        "reason": "http_500",
        "status": 500,
        "dnsMs": None,
        "connectMs": None,
        "tlsMs": None,
        "firstByteMs": None,
        "totalMs": 12,
        "requestHeaders": {
            "Host": "example.com",
            "webhook-id": "msg_1",
            "X-Api-Key": "•••",
            "Content-Length": "2",
        },
        "requestBody": {"encoding": "text", "content": "{}"},
        "responseHeaders": {"encoding": "text", "content": "Server: x\r\n"},
        "responseBody": {"encoding": "text", "content": "Überlastet\n"},
        "responseBodyTruncated": False,
    }


async def test_parts_of_a_request_that_are_not_stored_are_null(
    ask: Ask, hook: dict[str, Any], owner: UUID, database: Database
) -> None:
    """An attempt without stored headers, of a deleted event."""
    event = await add_event(database, owner, at=ago(minutes=1))
    delivery = await add_delivery(database, event, hook["id"], DeliveryState.FAILED, at=ago())
    await add_attempt(database, delivery, hook["id"])
    async with database.connection() as connection:
        await connection.execute("UPDATE attempts SET request_headers = '{}'")
        await connection.execute("DELETE FROM events")
    _status, detail = await ask("GET", f"/{hook['id']}/deliveries/{delivery}")
    (attempt,) = detail["attempts"]
    assert (attempt["requestHeaders"], attempt["requestBody"]) == (None, None)


async def test_a_blocked_attempt_never_shows_the_address(
    ask: Ask, hook: dict[str, Any], owner: UUID, database: Database
) -> None:
    """Only the reason is shown, even if the table has an address."""
    event = await add_event(database, owner, at=ago(minutes=1))
    delivery = await add_delivery(database, event, hook["id"], DeliveryState.FAILED, at=ago())
    await add_attempt(
        database,
        delivery,
        hook["id"],
        address="10.0.0.7",
        reason="blocked_address",
        status=None,
    )
    _status, detail = await ask("GET", f"/{hook['id']}/deliveries/{delivery}")
    assert detail["attempts"][0]["reason"] == "blocked_address"
    assert detail["attempts"][0]["address"] is None
    assert "10.0.0.7" not in str(detail)


async def test_others_deliveries_are_not_found(
    ask: Ask, webhooks: Running, hook: dict[str, Any], owner: UUID, database: Database
) -> None:
    """By another user, below another webhook, unknown or malformed: the same 404."""
    event = await add_event(database, owner, at=ago(minutes=1))
    delivery = await add_delivery(database, event, hook["id"], DeliveryState.FAILED, at=ago())
    other = (await ask("POST", body=NEW))[1]
    stranger = as_user(webhooks, new_id())
    foreign = (await stranger("POST", body=NEW))[1]
    for method, end in (("GET", ""), ("POST", "/replay")):
        for whose, path, kind in (
            (stranger, f"/{hook['id']}/deliveries/{delivery}", "webhook"),
            (stranger, f"/{foreign['id']}/deliveries/{delivery}", "delivery"),
            (ask, f"/{other['id']}/deliveries/{delivery}", "delivery"),
            (ask, f"/{hook['id']}/deliveries/{new_id()}", "delivery"),
            (ask, f"/{hook['id']}/deliveries/x", "delivery"),
        ):
            error = {"error": f"{kind.capitalize()} not found", "code": f"{kind}_not_found"}
            assert await whose(method, path + end) == (404, error)
    assert await ids(ask, hook) == [delivery]
