"""Webhooks behind a dashboard session."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from services.webhooks.tests.api.calls import NEW, Ask, as_user
from services.webhooks.tests.rows import add_delivery, add_event, ago
from services.webhooks.tests.subscribers import SEALING_KEY

from linktime_common.ids import new_id
from linktime_common.postgres import Database
from linktime_common.sealing import Sealer
from linktime_local.testing.services import Running
from linktime_local.testing.waiting import eventually
from linktime_webhooks.domain.custom_headers import MASK
from linktime_webhooks.domain.delivery import DeliveryState
from linktime_webhooks.domain.sealed import open_headers
from linktime_webhooks.store.endpoints import CHANGED

UNTOUCHED = {
    "description": "",
    "headers": {},
    "ratePerSecond": None,
    "active": True,
    "state": "active",
    "disabledReason": None,
    "disabledAt": None,
    "failingSince": None,
    "pausedUntil": None,
}
PICKED = ("id", "createdAt", "updatedAt")
STATES = """
    SELECT id, state FROM delivery_history
     UNION ALL
    SELECT id, 'pending' FROM deliveries
"""


async def states(database: Database) -> dict[str, str]:
    """Return the state of each delivery."""
    async with database.connection() as connection:
        return {str(row["id"]): row["state"] for row in await connection.fetch(STATES)}


async def execute(database: Database, query: str, *values: Any) -> None:
    async with database.connection() as connection:
        await connection.execute(query, *values)


async def test_a_webhook_is_created_and_deleted(ask: Ask) -> None:
    """The secret is shown at creation only; a deleted webhook is not found."""
    status, made = await ask("POST", body=NEW)
    assert status == 201
    assert made.pop("secret").startswith("whsec_")
    assert made == {**NEW, **UNTOUCHED, **{name: made[name] for name in PICKED}}
    listed = {"data": [made], "pagination": {"page": 1, "limit": 20, "total": 1, "totalPages": 1}}
    assert await ask("GET") == (200, listed)
    assert await ask("GET", f"/{made['id']}") == (200, made)
    assert await ask("DELETE", f"/{made['id']}") == (200, {"success": True})
    for method in ("GET", "DELETE"):
        assert await ask(method, f"/{made['id']}") == (
            404,
            {"error": "Webhook not found", "code": "webhook_not_found"},
        )
    assert (await ask("GET"))[1]["pagination"]["total"] == 0


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"active": False}),
        ("DELETE", "", None),
        ("GET", "/secrets", None),
        ("POST", "/secrets/rotate", None),
        ("GET", "/deliveries", None),
        ("POST", "/replay", {"from": "2026-03-01T14:00:00Z", "to": "2026-03-01T14:00:00Z"}),
        ("POST", "/test", {"eventType": "booking.created"}),
    ],
)
async def test_others_webhooks_are_not_found(
    ask: Ask, webhooks: Running, hook: dict[str, Any], method: str, path: str, body: Any
) -> None:
    """Ids of another user, unknown and malformed ids get the same 404, and nothing changes."""
    stranger = as_user(webhooks, new_id())
    for named in (hook["id"], new_id(), "x"):
        answer = await stranger(method, f"/{named}{path}", body)
        assert answer == (404, {"error": "Webhook not found", "code": "webhook_not_found"})
    assert (await stranger("GET"))[1]["data"] == []
    assert (await ask("GET", f"/{hook['id']}"))[1]["updatedAt"] == hook["updatedAt"]
    assert len((await ask("GET", f"/{hook['id']}/secrets"))[1]["data"]) == 1
    assert (await ask("GET", f"/{hook['id']}/deliveries"))[1]["data"] == []


async def test_writes_repeat_with_their_key(ask: Ask, database: Database) -> None:
    """A repeat creates no second webhook; the secret is not stored for it, nor readable."""
    status, made = await ask("POST", body=NEW, key="k")
    assert await ask("POST", body=NEW, key="k") == (status, {**made, "secret": None})
    assert (await ask("POST", body={**NEW, "events": ["booking.created"]}, key="k"))[0] == 422
    assert (await ask("GET"))[1]["pagination"]["total"] == 1
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT answer FROM idempotency_records")
    assert [made["secret"].encode() in row["answer"] for row in rows] == [False]
    for _ in range(2):
        assert (await ask("DELETE", f"/{made['id']}", key="d"))[0] == 200


async def test_a_deleted_webhook_makes_room(ask: Ask) -> None:
    """At most 20 webhooks, deleted ones not counted, also with concurrent requests."""
    answers = [await ask("POST", body=NEW) for _ in range(17)]
    answers += await asyncio.gather(*(ask("POST", body=NEW) for _ in range(5)))
    assert sorted(status for status, _ in answers) == [201] * 20 + [409] * 2
    kept = next(body for status, body in answers if status == 201)
    assert (await ask("DELETE", f"/{kept['id']}"))[0] == 200
    assert (await ask("POST", body=NEW))[0] == 201
    status, page = await ask("GET", "?page=2&limit=15")
    assert (status, len(page["data"])) == (200, 5)
    assert page["pagination"] == {"page": 2, "limit": 15, "total": 20, "totalPages": 2}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "http://example.com/"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": None}, "url"),
        ({"events": []}, "events"),
        ({"events": ["booking.exploded"]}, "events"),
        ({"secret": "whsec_x"}, "secret"),
        ({"headers": {"Host": "x"}}, "headers.Host"),
        ({"ratePerSecond": 1001}, "ratePerSecond"),
    ],
)
async def test_bad_input_is_named(ask: Ask, change: dict[str, Any], field: str) -> None:
    """400 with the field; nothing is stored."""
    status, answer = await ask("POST", body=NEW | change, key="k")
    assert (status, list(answer["details"])) == (400, [field])
    assert (await ask("GET"))[1]["data"] == []


async def test_deletion_cancels_pending_deliveries(
    ask: Ask, hook: dict[str, Any], owner: UUID, database: Database
) -> None:
    """Ended deliveries keep their state; URL, headers and secrets are erased."""
    event = await add_event(database, owner, at=ago(minutes=5))
    other = await add_event(database, owner, at=ago(minutes=5))
    waits = await add_delivery(database, event, hook["id"], DeliveryState.PENDING, at=ago())
    over = await add_delivery(database, other, hook["id"], DeliveryState.FAILED, at=ago())
    assert (await ask("DELETE", f"/{hook['id']}"))[0] == 200
    assert await states(database) == {waits: "cancelled", over: "failed"}
    async with database.connection() as connection:
        kept = await connection.fetch("SELECT url, sealed_headers FROM endpoints")
        assert [tuple(row) for row in kept] == [("", None)]
        assert await connection.fetchval("SELECT count(*) FROM endpoint_secrets") == 0


async def test_only_sent_fields_change(ask: Ask, hook: dict[str, Any]) -> None:
    """Each field can be changed alone; a whole reply can be sent back."""
    path = f"/{hook['id']}"
    before = (await ask("GET", path))[1]
    for change in (
        {"url": "https://93.184.215.14/other"},
        {"events": ["booking.cancelled"]},
        {"description": "The CRM"},
        {"headers": {"X-Api-Key": "one"}},
        {"ratePerSecond": 5},
        {"ratePerSecond": None},
    ):
        status, after = await ask("PATCH", path, change)
        shown = {"headers": {"X-Api-Key": MASK}} if "headers" in change else change
        assert (status, after) == (200, {**before, **shown, "updatedAt": after["updatedAt"]})
        assert after["updatedAt"] > before["updatedAt"]
        before = after
    assert await ask("PATCH", path, before) == (200, before)
    assert await ask("PATCH", path) == (200, before)
    assert await ask("GET", path) == (200, before)


async def test_custom_headers_are_never_shown(
    ask: Ask, hook: dict[str, Any], database: Database
) -> None:
    """Encrypted in the database, masked in replies; the mask keeps a stored value only."""
    path = f"/{hook['id']}"
    await ask("PATCH", path, {"headers": {"X-Api-Key": "hidden-1", "X-Other": "hidden-2"}})
    status, after = await ask("PATCH", path, {"headers": {"X-Api-Key": MASK, "X-New": "hidden-3"}})
    assert (status, after["headers"]) == (200, {"X-Api-Key": MASK, "X-New": MASK})
    for name in ("x-api-key", "X-API-KEY"):  # read as unchanged
        _status, kept = await ask("PATCH", path, {"headers": {name: MASK, "X-New": MASK}})
        assert kept["headers"] == after["headers"]
    refused = await ask("PATCH", path, {"headers": {"X-Other": MASK}})
    assert refused == (
        400,
        {
            "error": "A masked header keeps its stored value, but none is stored under this name",
            "code": "masked_header_unknown",
        },
    )
    async with database.connection() as connection:
        sealed = await connection.fetchval("SELECT sealed_headers FROM endpoints")
    assert b"hidden" not in sealed
    opened = open_headers(Sealer([SEALING_KEY]), UUID(hook["id"]), sealed)
    assert opened == {"X-Api-Key": "hidden-1", "X-New": "hidden-3"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": ""}, "url"),
        ({"url": None}, "url"),
        ({"events": []}, "events"),
        ({"events": None}, "events"),
        ({"events": ["booking.exploded"]}, "events"),
        ({"description": "x" * 501}, "description"),
        ({"description": "\0"}, "description"),
        ({"description": None}, "description"),
        ({"headers": {f"X-{number}": "1" for number in range(21)}}, "headers"),
        ({"headers": None}, "headers"),
        ({"headers": {"X-A": 1}}, "headers.X-A"),
        ({"headers": {"X-A": "1\r\nX-B: 2"}}, "headers.X-A"),
        ({"headers": {"X-A": "1", "x-a": "2"}}, "headers.X-A"),
        ({"headers": {"Webhook-Id": "1"}}, "headers.Webhook-Id"),
        ({"ratePerSecond": 0}, "ratePerSecond"),
        ({"ratePerSecond": 1001}, "ratePerSecond"),
        ({"active": "no"}, "active"),
        ({"active": None}, "active"),
        ({"secret": "whsec_x"}, "secret"),
    ],
)
async def test_a_wrong_change_changes_nothing(
    ask: Ask, hook: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    """400 with the field; valid fields of the same request are not changed either."""
    path = f"/{hook['id']}"
    status, answer = await ask("PATCH", path, {"description": "new", **change})
    assert (status, next(iter(answer["details"]))) == (400, field)
    assert (await ask("GET", path))[1]["updatedAt"] == hook["updatedAt"]


async def test_a_change_repeats_with_its_key(ask: Ask, hook: dict[str, Any]) -> None:
    """The stored reply is returned, even after another change; another body is 422."""
    path, moved = f"/{hook['id']}", {"url": "https://93.184.215.14/moved"}
    answers = await asyncio.gather(*(ask("PATCH", path, moved, key="k") for _ in range(5)))
    assert answers == [answers[0]] * 5
    assert answers[0][0] == 200
    await ask("PATCH", path, {"url": hook["url"]})
    assert await ask("PATCH", path, moved, key="k") == answers[0]
    assert (await ask("GET", path))[1]["url"] == hook["url"]
    assert (await ask("PATCH", path, {"active": False}, key="k"))[0] == 422


async def test_disabled_and_enabled_again(
    ask: Ask, hook: dict[str, Any], owner: UUID, database: Database
) -> None:
    """Disabling suppresses pending deliveries; enabling resets failures and sends nothing again."""
    path = f"/{hook['id']}"
    event = await add_event(database, owner, at=ago(minutes=5))
    waits = await add_delivery(database, event, hook["id"], DeliveryState.PENDING, at=ago())
    status, off = await ask("PATCH", path, {"active": False})
    assert (status, off["active"], off["state"]) == (200, False, "disabled")
    assert off["disabledReason"] == "owner"
    assert off["disabledAt"] is not None
    assert await states(database) == {waits: "suppressed"}
    again = (await ask("PATCH", path, {"active": False}))[1]
    assert again["disabledAt"] == off["disabledAt"]
    await execute(
        database,
        "UPDATE endpoint_health SET failing_since = now(), breaker = 'open', recent = $1",
        [[1, "failed"]],
    )
    status, on = await ask("PATCH", path, {"active": True})
    assert (status, on) == (200, {**off, **UNTOUCHED, "updatedAt": on["updatedAt"]})
    assert await states(database) == {waits: "suppressed"}
    async with database.connection() as connection:
        health = await connection.fetchrow("SELECT breaker, recent FROM endpoint_health")
    assert tuple(health) == ("closed", [])


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ("failing_since = now() - interval '1 hour'", ("failing", True, False)),
        ("paused_until = now() + interval '1 hour'", ("paused", False, True)),
        ("paused_until = now() - interval '1 hour'", ("active", False, False)),
        ("failing_since = now(), paused_until = now() + interval '1 hour'", ("paused", True, True)),
    ],
)
async def test_the_state_shows_failures_and_pauses(
    ask: Ask, hook: dict[str, Any], database: Database, change: str, shown: tuple[str, bool, bool]
) -> None:
    """`failingSince` and `pausedUntil` are set; a pause that has ended is not shown."""
    await execute(database, f"UPDATE endpoint_health SET {change}")
    _status, now = await ask("GET", f"/{hook['id']}")
    assert (now["state"], bool(now["failingSince"]), bool(now["pausedUntil"])) == shown
    assert now["active"]


async def test_a_reply_that_is_sent_back_resets_no_failures(
    ask: Ask, hook: dict[str, Any], database: Database
) -> None:
    """An unchanged `active: true` among read-only fields is ignored; alone, it resets failures."""
    await execute(database, "UPDATE endpoint_health SET failing_since = now()")
    _status, shown = await ask("GET", f"/{hook['id']}")
    status, changed = await ask("PATCH", f"/{hook['id']}", {**shown, "description": "New"})
    assert (status, changed["state"], changed["description"]) == (200, "failing", "New")
    assert (await ask("PATCH", f"/{hook['id']}", {"active": True}))[1]["state"] == "active"


async def test_a_change_notifies_the_dispatchers(
    ask: Ask, hook: dict[str, Any], database: Database
) -> None:
    """A change, a rotation and a deletion each send the endpoint's id to the channel."""
    notified: list[str] = []
    async with database.separate_connection() as listener:
        await listener.add_listener(CHANGED, lambda *call: notified.append(call[-1]))
        await ask("PATCH", f"/{hook['id']}", {"description": "new"})
        await ask("POST", f"/{hook['id']}/secrets/rotate")
        await ask("DELETE", f"/{hook['id']}")
        await eventually(lambda: len(notified) == 3, what="three notices")
    assert set(notified) == {hook["id"]}
