"""From the dashboard to the receiver: an owner's requests and their deliveries."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web
from services.webhooks.tests.api.calls import Ask
from services.webhooks.tests.events import booking_created
from services.webhooks.tests.rows import ago
from services.webhooks.tests.subscribers import Subscriber, dispatching
from standardwebhooks import Webhook

from linktime_common.contracts.wire import format_instant
from linktime_common.idempotency import WriteAttempt, WriteReply
from linktime_common.postgres import Database
from linktime_local.testing.waiting import eventually
from linktime_webhooks.deps import Deps
from linktime_webhooks.domain.signing import message_id
from linktime_webhooks.use_cases.add_endpoint import AddEndpoint, add_endpoint
from linktime_webhooks.use_cases.change_endpoint import ChangeEndpoint, change_endpoint
from linktime_webhooks.use_cases.process_replays import process_replays
from linktime_webhooks.use_cases.store_events import store_events


@pytest.fixture
async def hook(deps: Deps, owner: UUID, receiver: Subscriber) -> dict[str, str]:
    """A webhook of the owner with the receiver's URL."""
    command = AddEndpoint(owner, receiver.url, ["booking.created"], headers={"X-Api-Key": "hidden"})
    endpoint, secret = await add_endpoint(command, deps)
    return {"id": str(endpoint.id), "secret": secret}


async def consume(deps: Deps, owner: UUID) -> str:
    """Consume an event; return its `webhook-id`."""
    event = booking_created(owner)
    async with deps.database.transaction() as connection:
        await store_events(connection, [event])
    return message_id(event.event_id)


async def log_of(ask: Ask, hook: dict[str, str]) -> list[dict[str, Any]]:
    return list((await ask("GET", f"/{hook['id']}/deliveries"))[1]["data"])


async def states(ask: Ask, hook: dict[str, str]) -> list[str]:
    return [one["state"] for one in await log_of(ask, hook)]


def is_genuine(request: Any, secret: str) -> bool:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return bool(Webhook(secret).verify(request.body, headers))


async def test_a_replay_sends_what_a_disabled_webhook_missed(
    ask: Ask, hook: dict[str, str], deps: Deps, owner: UUID, receiver: Subscriber
) -> None:
    """Suppressed while disabled, not sent when enabled, sent by the replay with the same id."""
    path = f"/{hook['id']}"
    async with dispatching(deps) as dispatcher:
        since = (await ask("PATCH", path, {"active": False}))[1]["disabledAt"]
        missed = await consume(deps, owner)
        assert await states(ask, hook) == ["suppressed"]
        await ask("PATCH", path, {"active": True})
        later = await consume(deps, owner)
        dispatcher.wake()
        await eventually(lambda: receiver.received, what="the later event")
        assert [one.headers["webhook-id"] for one in receiver.received] == [later]
        span = {"from": since, "to": format_instant(ago(seconds=-1))}
        assert (await ask("POST", f"{path}/replay", span))[0] == 202
        await process_replays(deps)
        await eventually(lambda: len(receiver.received) == 2, what="the replay")
        got = receiver.received[-1]
        assert got.headers["webhook-id"] == missed
        assert is_genuine(got, hook["secret"])

        async def recorded() -> bool:
            return await states(ask, hook) == ["delivered", "delivered", "suppressed"]

        await eventually(recorded, what="the log of it")


async def test_every_replay_sends_it_again(
    ask: Ask, hook: dict[str, str], deps: Deps, owner: UUID, receiver: Subscriber
) -> None:
    """With the same id and the same bytes."""
    async with dispatching(deps) as dispatcher:
        identifier = await consume(deps, owner)
        dispatcher.wake()
        for count in range(1, 4):
            await eventually(lambda n=count: len(receiver.received) == n, what=f"delivery {count}")

            async def over() -> bool:
                return set(await states(ask, hook)) == {"delivered"}

            await eventually(over, what="its record")
            first = (await log_of(ask, hook))[-1]
            if count < 3:
                status, _ = await ask("POST", f"/{hook['id']}/deliveries/{first['id']}/replay")
                assert status == 202
    assert {one.headers["webhook-id"] for one in receiver.received} == {identifier}
    assert len({one.body for one in receiver.received}) == 1


async def test_a_test_is_tried_once_and_its_attempt_shown(
    ask: Ask, hook: dict[str, str], deps: Deps, receiver: Subscriber
) -> None:
    """Signed like any other; a failure is not retried and does not count for the webhook."""
    receiver.answer = lambda _received: web.Response(status=500, text="über")
    _status, made = await ask("POST", f"/{hook['id']}/test", {"eventType": "booking.cancelled"})
    async with dispatching(deps, delays=(0, 0.01, 0.01)):

        async def over() -> bool:
            return await states(ask, hook) == ["failed"]

        await eventually(over, what="the only attempt")
    (got,) = receiver.received
    assert is_genuine(got, hook["secret"])
    assert json.loads(got.body)["data"]["test"] is True
    assert (await ask("GET", f"/{hook['id']}"))[1]["state"] == "active"
    _status, detail = await ask("GET", f"/{hook['id']}/deliveries/{made['id']}")
    (attempt,) = detail["attempts"]
    assert (attempt["status"], attempt["reason"]) == (500, "http_500")
    assert attempt["responseBody"] == {"encoding": "text", "content": "über"}
    assert attempt["requestHeaders"]["webhook-id"] == got.headers["webhook-id"]
    assert "hidden" not in json.dumps(detail)


async def test_during_an_overlap_both_secrets_verify(
    ask: Ask, hook: dict[str, str], deps: Deps, owner: UUID, receiver: Subscriber
) -> None:
    """The new one first; after a rotation without overlap, old ones do not verify."""
    path = f"/{hook['id']}/secrets/rotate"
    async with dispatching(deps) as dispatcher:
        second = (await ask("POST", path))[1]["secret"]
        await consume(deps, owner)
        dispatcher.wake()
        await eventually(lambda: len(receiver.received) == 1, what="a delivery with two signatures")
        third = (await ask("POST", path, {"overlapHours": 0}))[1]["secret"]

        async def is_signed_with_the_third() -> bool:
            """Send another one: the dispatcher may not have the notification of the change yet."""
            before = len(receiver.received)
            await consume(deps, owner)
            dispatcher.wake()
            await eventually(lambda: len(receiver.received) > before, what="a delivery")
            return receiver.received[-1].headers["webhook-signature"].count(" ") == 0

        await eventually(is_signed_with_the_third, what="a delivery with the new signature")
    both, *_, last = receiver.received
    assert is_genuine(both, hook["secret"])
    assert is_genuine(both, second)
    assert both.headers["webhook-signature"].count(" ") == 1
    assert is_genuine(last, third)
    assert last.headers["webhook-signature"].count(" ") == 0


async def test_pending_deliveries_go_to_the_new_url(
    ask: Ask, deps: Deps, owner: UUID, hook: dict[str, str], receiver: Subscriber
) -> None:
    """Even if their event is no longer chosen; later events are not sent."""
    await consume(deps, owner)
    change = ChangeEndpoint(
        owner_id=owner,
        endpoint_id=UUID(hook["id"]),
        values={"url": f"{receiver.url}/new", "events": ("contact.created",)},
    )
    await change_endpoint(change, deps, WriteAttempt({}, 0, lambda _endpoint: WriteReply(200, {})))
    await consume(deps, owner)
    async with dispatching(deps):
        await eventually(lambda: receiver.received)
    assert [one.path for one in receiver.received] == ["/hook/new"]
    assert len(await states(ask, hook)) == 1


async def test_a_deleted_webhook_receives_nothing(
    ask: Ask, hook: dict[str, str], deps: Deps, owner: UUID, receiver: Subscriber
) -> None:
    """Neither pending deliveries nor later events; another webhook of the owner still does."""
    there = AddEndpoint(owner, f"{receiver.url}/there", ["booking.created"])
    await add_endpoint(there, deps)
    await consume(deps, owner)
    assert (await ask("DELETE", f"/{hook['id']}"))[0] == 200
    await consume(deps, owner)
    async with dispatching(deps):
        await eventually(lambda: len(receiver.received) >= 2)
    assert [one.path for one in receiver.received] == ["/hook/there"] * 2
    async with deps.database.connection() as connection:
        rows = await connection.fetch("SELECT endpoint_id, state FROM delivery_history")
    assert [row["state"] for row in rows if str(row["endpoint_id"]) == hook["id"]] == ["cancelled"]


@pytest.mark.parametrize(
    ("method", "body", "state"),
    [("DELETE", None, "cancelled"), ("PATCH", {"active": False}, "suppressed")],
)
async def test_concurrent_deliveries_are_ended_too(
    ask: Ask, hook: dict[str, str], deps: Deps, owner: UUID, method: str, body: Any, state: str
) -> None:
    """Deletion and disabling wait for a running fan-out, and end its deliveries."""
    event = booking_created(owner)
    async with deps.database.transaction() as connection:
        await store_events(connection, [event])
        ending = asyncio.ensure_future(ask(method, f"/{hook['id']}", body))
        await eventually(lambda: _waits_for_a_lock(deps.database))
    assert (await ending)[0] == 200
    async with deps.database.connection() as connection:
        assert await connection.fetchval("SELECT state FROM delivery_history") == state
        assert await connection.fetchval("SELECT count(*) FROM deliveries") == 0


async def _waits_for_a_lock(database: Database) -> bool:
    async with database.connection() as connection:
        waiting = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
    return bool(waiting)
