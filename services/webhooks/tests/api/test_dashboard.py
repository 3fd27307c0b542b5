"""Webhooks behind a dashboard session."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from services.webhooks.tests.conftest import Subscriber, dispatching
from services.webhooks.tests.events import booking_created

from linktime_common.identity import Door
from linktime_common.ids import new_id
from linktime_common.postgres import Database
from linktime_common.testing.services import Running
from linktime_common.testing.waiting import eventually
from linktime_webhooks.api.routes import PUBLIC
from linktime_webhooks.deps import Deps
from linktime_webhooks.use_cases.add_endpoint import AddEndpoint, add_endpoint
from linktime_webhooks.use_cases.take_in_events import take_in_events

# An address needs no name server.
NEW = {"url": "https://93.184.215.14/hook", "events": ["contact.created", "booking.created"]}
PICKED = ("id", "createdAt")

Answer = tuple[int, Any]
Ask = Callable[..., Awaitable[Answer]]


def as_user(webhooks: Running, user_id: UUID) -> Ask:
    async def call(method: str, path: str = "", body: Any = None, key: str = "") -> Answer:
        headers = webhooks.identity(Door.SESSION, subject=user_id)
        if key:
            headers["Idempotency-Key"] = key
        url = f"{webhooks.url}/dashboard/api/webhooks{path}"
        async with webhooks.session.request(method, url, json=body, headers=headers) as response:
            return response.status, await response.json()

    return call


@pytest.fixture
def ask(webhooks: Running) -> Ask:
    """Some user."""
    return as_user(webhooks, new_id())


async def test_a_webhook_comes_and_goes(ask: Ask) -> None:
    """Its secret is shown at creation only; deleted it is gone from everywhere."""
    status, made = await ask("POST", body=NEW)
    assert status == 201
    assert made.pop("secret").startswith("whsec_")
    assert made == {**NEW, "events": sorted(NEW["events"]), **{k: made[k] for k in PICKED}}
    listed = {"data": [made], "pagination": {"page": 1, "limit": 20, "total": 1, "totalPages": 1}}
    assert await ask("GET") == (200, listed)
    assert await ask("GET", f"/{made['id']}") == (200, made)
    assert await ask("DELETE", f"/{made['id']}") == (200, {"success": True})
    for method in ("GET", "PATCH", "DELETE"):
        assert await ask(method, f"/{made['id']}") == (404, {"error": "Webhook not found"})
    assert (await ask("GET"))[1]["pagination"]["total"] == 0


async def test_others_webhooks_are_not_found(ask: Ask, webhooks: Running) -> None:
    """Another user's id, an unknown one and a malformed one look the same."""
    _status, made = await ask("POST", body=NEW)
    stranger = as_user(webhooks, new_id())
    for path in (f"/{made['id']}", f"/{new_id()}", "/x"):
        for method in ("GET", "PATCH", "DELETE"):
            assert await stranger(method, path) == (404, {"error": "Webhook not found"})
    assert (await stranger("GET"))[1]["data"] == []
    assert (await ask("GET", f"/{made['id']}"))[0] == 200


async def test_writes_repeat_with_their_key(ask: Ask, database: Database) -> None:
    """One webhook; the secret is not kept for a repeat, and not readable in the database."""
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
    """Twenty at most, the deleted ones not counted; at the same moment too."""
    answers = await asyncio.gather(*(ask("POST", body=NEW) for _ in range(22)))
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
    ],
)
async def test_bad_input_is_named(ask: Ask, change: dict[str, Any], field: str) -> None:
    """400 with the field; nothing is kept."""
    status, answer = await ask("POST", body=NEW | change, key="k")
    assert (status, list(answer["details"])) == (400, [field])
    assert (await ask("GET"))[1]["data"] == []


async def test_a_deleted_webhook_hears_nothing_more(
    webhooks: Running, deps: Deps, receiver: Subscriber
) -> None:
    """Neither what waited for it nor what happens later; another one of the owner still does."""
    event = booking_created(new_id())
    ids = []
    for path in ("gone", "there"):
        command = AddEndpoint(event.owner_id, f"{receiver.url}/{path}", ["booking.created"])
        endpoint, _secret = await add_endpoint(command, deps)
        ids.append(endpoint.id)
    async with deps.database.transaction() as connection:
        await take_in_events(connection, [event])
    owner = as_user(webhooks, event.owner_id)
    assert (await owner("DELETE", f"/{ids[0]}"))[0] == 200
    async with deps.database.transaction() as connection:
        await take_in_events(connection, [booking_created(event.owner_id)])
    async with dispatching(deps):
        await eventually(lambda: len(receiver.received) >= 2)
    assert {one.path for one in receiver.received} == {"/hook/there"}
    async with deps.database.connection() as connection:
        states = await connection.fetch("SELECT endpoint_id, state FROM delivery_history")
    assert sorted((ids.index(row["endpoint_id"]), row["state"]) for row in states) == [
        (0, "cancelled"),
        (1, "delivered"),
        (1, "delivered"),
    ]


async def test_a_webhook_deleted_while_an_event_comes_in_hears_nothing(
    webhooks: Running, deps: Deps
) -> None:
    """The deletion waits for the fan-out under way, and cancels what it made."""
    event = booking_created(new_id())
    command = AddEndpoint(event.owner_id, "http://127.0.0.1:1/", ["booking.created"])
    endpoint, _secret = await add_endpoint(command, deps)
    owner = as_user(webhooks, event.owner_id)
    async with deps.database.transaction() as connection:
        await take_in_events(connection, [event])
        deleting = asyncio.ensure_future(owner("DELETE", f"/{endpoint.id}"))
        await eventually(lambda: _waits_for_a_lock(deps.database))
    assert (await deleting)[0] == 200
    async with deps.database.connection() as connection:
        assert await connection.fetchval("SELECT state FROM delivery_history") == "cancelled"


async def _waits_for_a_lock(database: Database) -> bool:
    async with database.connection() as connection:
        waiting = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
    return bool(waiting)


def test_every_route_is_described() -> None:
    """With examples that the models read, and write as they stand there."""
    for route in PUBLIC:
        operation = route.operation
        assert operation is not None
        if operation.body is not None:
            operation.body.model_validate(operation.body_example)
        answered = operation.reply or operation.page_of
        assert answered is not None
        example = operation.reply_example
        for one in example["data"] if operation.page_of else [example]:
            assert answered.model_validate(one).model_dump(mode="json") == one
