"""Replays of one delivery, or of the events that a webhook missed."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from services.webhooks.tests.api.calls import NEW, Ask, as_user
from services.webhooks.tests.rows import add_delivery, add_event, ago, end_all, live

from linktime_common.contracts.wire import format_instant
from linktime_common.ids import new_id
from linktime_common.postgres import Database
from linktime_local.testing.services import Running
from linktime_webhooks.deps import Deps
from linktime_webhooks.domain.delivery import DeliveryKind, DeliveryState
from linktime_webhooks.use_cases.process_replays import BATCH, _step, process_replays

MANY = """
    WITH new AS (
        INSERT INTO events (id, owner_id, type, body, occurred_at, created_at)
        SELECT gen_random_uuid(), $1, 'booking.created', '{}', now(), now()
          FROM generate_series(1, $3)
        RETURNING id, created_at
    )
    INSERT INTO delivery_history (id, event_id, event_created_at, endpoint_id, kind, state,
                                  attempt, created_at, finished_at)
    SELECT gen_random_uuid(), id, created_at, $2, 'event', 'failed', 10, created_at, now()
      FROM new
"""


def span(since: datetime, until: datetime, **more: Any) -> dict[str, Any]:
    return {"from": format_instant(since), "to": format_instant(until), **more}


def last_hours(hours: float = 1, **more: Any) -> dict[str, Any]:
    return span(ago(hours=hours), ago(seconds=-1), **more)


async def replay(
    ask: Ask, deps: Deps, hook: dict[str, Any], body: dict[str, Any]
) -> dict[str, Any]:
    """Request a replay and run the worker; return the replay when it is done."""
    status, asked = await ask("POST", f"/{hook['id']}/replay", body)
    assert (status, asked["state"], asked["chosen"]) == (202, "running", None)
    await process_replays(deps)
    status, over = await ask("GET", f"/{hook['id']}/replays/{asked['id']}")
    assert (status, over["id"], over["state"]) == (200, asked["id"], "done")
    assert over["chosen"] == over["replayed"]
    return dict(over)


@pytest.mark.parametrize("state", [one for one in DeliveryState if one != "pending"])
async def test_a_delivery_of_any_final_state_can_be_replayed(
    ask: Ask, hook: dict[str, Any], owner: UUID, database: Database, state: DeliveryState
) -> None:
    """A new delivery of the same event is created; the old one stays in the log."""
    event = await add_event(database, owner, at=ago(minutes=5))
    old = await add_delivery(database, event, hook["id"], state, at=ago(minutes=5))
    status, made = await ask("POST", f"/{hook['id']}/deliveries/{old}/replay")
    assert (status, made["kind"], made["state"]) == (202, "replay", "pending")
    assert made["id"] != old
    _status, page = await ask("GET", f"/{hook['id']}/deliveries")
    assert [one["id"] for one in page["data"]] == [made["id"], old]
    assert page["data"][0]["messageId"] == page["data"][1]["messageId"]
    (row,) = await live(database)
    assert (row["event_id"], row["attempt"]) == (event, 0)


async def test_a_live_delivery_is_not_sent_twice(
    ask: Ask, hook: dict[str, Any], owner: UUID, database: Database
) -> None:
    """200 with the pending one; once it has ended, 202 with a new one, any number of times."""
    event = await add_event(database, owner, at=ago(minutes=5))
    old = await add_delivery(database, event, hook["id"], DeliveryState.FAILED, at=ago(minutes=5))
    seen = {old}
    for _ in range(3):
        status, made = await ask("POST", f"/{hook['id']}/deliveries/{old}/replay")
        assert (status, made["id"] in seen) == (202, False)
        again = await ask("POST", f"/{hook['id']}/deliveries/{old}/replay")
        assert again == (200, made)
        assert await ask("POST", f"/{hook['id']}/deliveries/{made['id']}/replay") == (200, made)
        seen.add(made["id"])
        await end_all(database, DeliveryState.FAILED)
    assert len(seen) == 4


async def test_concurrent_replays_create_one_delivery(
    ask: Ask, hook: dict[str, Any], owner: UUID, database: Database
) -> None:
    """All replies name the same one."""
    event = await add_event(database, owner, at=ago(minutes=5))
    old = await add_delivery(database, event, hook["id"], DeliveryState.FAILED, at=ago(minutes=5))
    path = f"/{hook['id']}/deliveries/{old}/replay"
    answers = await asyncio.gather(*(ask("POST", path) for _ in range(5)))
    assert sorted(status for status, _ in answers) == [200] * 4 + [202]
    assert len({made["id"] for _, made in answers}) == 1
    assert len(await live(database)) == 1


async def test_a_replay_repeats_with_its_key(
    ask: Ask, deps: Deps, hook: dict[str, Any], owner: UUID, database: Database
) -> None:
    """Even if the first one has ended since: nothing is sent a second time."""
    event = await add_event(database, owner, at=ago(minutes=5))
    old = await add_delivery(database, event, hook["id"], DeliveryState.FAILED, at=ago(minutes=5))
    path = f"/{hook['id']}/deliveries/{old}/replay"
    first = await ask("POST", path, key="k")
    await end_all(database, DeliveryState.DELIVERED)
    assert await ask("POST", path, key="k") == first
    body = last_hours(states=["delivered"])
    bulk = await ask("POST", f"/{hook['id']}/replay", body, key="b")
    await process_replays(deps)
    assert len(await live(database)) == 1
    await end_all(database, DeliveryState.DELIVERED)
    assert await ask("POST", f"/{hook['id']}/replay", body, key="b") == bulk
    await process_replays(deps)
    assert await live(database) == []


async def test_nothing_is_sent_to_a_disabled_webhook(
    ask: Ask, deps: Deps, hook: dict[str, Any], owner: UUID, database: Database
) -> None:
    """409 until it is enabled; then a replay sends the missed events."""
    _status, off = await ask("PATCH", f"/{hook['id']}", {"active": False})
    event = await add_event(database, owner, at=ago())
    missed = await add_delivery(database, event, hook["id"], DeliveryState.SUPPRESSED, at=ago())
    since_then = {"from": off["disabledAt"], "to": format_instant(ago(seconds=-1))}
    for path, body in (
        (f"/deliveries/{missed}/replay", None),
        ("/replay", since_then),
        ("/test", {"eventType": "booking.created"}),
    ):
        refused = await ask("POST", f"/{hook['id']}{path}", body)
        assert refused == (
            409,
            {"error": "The webhook is disabled; enable it first", "code": "webhook_disabled"},
        )
    assert await live(database) == []
    await ask("PATCH", f"/{hook['id']}", {"active": True})
    assert (await replay(ask, deps, hook, since_then))["replayed"] == 1
    (row,) = await live(database)
    assert (row["event_id"], row["kind"]) == (event, "replay")


async def test_a_range_selects_undelivered_events(
    ask: Ask, deps: Deps, hook: dict[str, Any], owner: UUID, database: Database
) -> None:
    """By when the event was received, without other endpoints, tests and delivered events."""
    since, until = ago(hours=2), ago(hours=1)
    other = (await ask("POST", body=NEW))[1]
    wanted = set()
    for at, state, inside in (
        (since, DeliveryState.FAILED, True),
        (ago(minutes=90), DeliveryState.SUPPRESSED, True),
        (until, DeliveryState.FAILED, False),
        (since - timedelta(milliseconds=1), DeliveryState.FAILED, False),
        (ago(minutes=90), DeliveryState.DELIVERED, False),
        (ago(minutes=90), DeliveryState.CANCELLED, True),
        (ago(minutes=90), DeliveryState.POISON, True),
        (ago(minutes=90), DeliveryState.PENDING, False),
    ):
        event = await add_event(database, owner, at=at)
        await add_delivery(database, event, hook["id"], state, at=at)
        await add_delivery(database, event, other["id"], DeliveryState.FAILED, at=at)
        wanted |= {event} if inside else set()
    test = await add_event(database, owner, at=ago(minutes=90))
    await add_delivery(
        database, test, hook["id"], DeliveryState.FAILED, at=ago(), kind=DeliveryKind.TEST
    )
    assert (await replay(ask, deps, hook, span(since, until)))["replayed"] == 4
    replayed = [row for row in await live(database) if row["kind"] == "replay"]
    assert {row["event_id"] for row in replayed} == wanted
    assert {str(row["endpoint_id"]) for row in replayed} == {hook["id"]}


async def test_the_last_delivery_of_an_event_decides(
    ask: Ask, deps: Deps, hook: dict[str, Any], owner: UUID, database: Database
) -> None:
    """Failed, then replayed with success: not selected. Failed twice: selected once."""
    came = ago(minutes=30)
    mended = await add_event(database, owner, at=came)
    await add_delivery(database, mended, hook["id"], DeliveryState.FAILED, at=came)
    await add_delivery(database, mended, hook["id"], DeliveryState.DELIVERED, at=ago(minutes=5))
    broken = await add_event(database, owner, at=came)
    await add_delivery(database, broken, hook["id"], DeliveryState.FAILED, at=came)
    await add_delivery(database, broken, hook["id"], DeliveryState.FAILED, at=ago(minutes=5))
    over = await replay(ask, deps, hook, span(came, ago(minutes=20)))
    assert (over["replayed"], over["hasMore"]) == (1, False)
    assert [row["event_id"] for row in await live(database)] == [broken]


async def test_types_and_states_select(
    ask: Ask, deps: Deps, hook: dict[str, Any], owner: UUID, database: Database
) -> None:
    """Both together; states in any letter case."""
    made = {}
    for event_type in ("booking.created", "contact.created"):
        for state in (DeliveryState.FAILED, DeliveryState.DELIVERED):
            event = await add_event(database, owner, at=ago(minutes=5), event_type=event_type)
            await add_delivery(database, event, hook["id"], state, at=ago(minutes=5))
            made[event_type, state] = event
    body = last_hours(eventTypes=["contact.created"], states=["DELIVERED"])
    assert (await replay(ask, deps, hook, body))["replayed"] == 1
    chosen = made["contact.created", DeliveryState.DELIVERED]
    assert [row["event_id"] for row in await live(database)] == [chosen]


async def test_a_repeat_selects_nothing_until_another_failure(
    ask: Ask, deps: Deps, hook: dict[str, Any], owner: UUID, database: Database
) -> None:
    """Concurrent requests are one replay; a later request creates another."""
    event = await add_event(database, owner, at=ago(minutes=5))
    await add_delivery(database, event, hook["id"], DeliveryState.FAILED, at=ago(minutes=5))
    body = last_hours()
    answers = await asyncio.gather(*(ask("POST", f"/{hook['id']}/replay", body) for _ in range(4)))
    assert sorted(status for status, _ in answers) == [200, 200, 200, 202]
    assert len({answer["id"] for _, answer in answers}) == 1
    await process_replays(deps)
    assert len(await live(database)) == 1
    await end_all(database, DeliveryState.FAILED)
    assert (await replay(ask, deps, hook, body))["replayed"] == 1
    await end_all(database, DeliveryState.DELIVERED)
    assert (await replay(ask, deps, hook, body))["replayed"] == 0


async def test_another_range_waits_until_the_first_is_over(
    ask: Ask, deps: Deps, hook: dict[str, Any]
) -> None:
    """409, while another webhook of the owner has a separate replay."""
    path = f"/{hook['id']}/replay"
    assert (await ask("POST", path, last_hours(2)))[0] == 202
    refused = await ask("POST", path, last_hours(3))
    assert refused == (
        409,
        {
            "error": "Another range of this webhook is being replayed; wait until that has ended",
            "code": "replay_running",
        },
    )
    other = (await ask("POST", body=NEW))[1]
    assert (await ask("POST", f"/{other['id']}/replay", last_hours(3)))[0] == 202
    await process_replays(deps)
    assert (await ask("POST", path, last_hours(3)))[0] == 202


async def test_more_than_ten_thousand_take_several_requests(
    ask: Ask, deps: Deps, hook: dict[str, Any], owner: UUID, database: Database
) -> None:
    """`hasMore` is true at the end, and the same request completes the rest."""
    async with database.connection() as connection:
        await connection.execute(MANY, owner, UUID(hook["id"]), 10_001)
    body = last_hours()
    over = await replay(ask, deps, hook, body)
    assert (over["replayed"], over["hasMore"]) == (10_000, True)
    over = await replay(ask, deps, hook, body)
    assert (over["replayed"], over["hasMore"]) == (1, False)
    assert len(await live(database)) == 10_001


async def test_a_replay_continues_after_a_crash(
    ask: Ask, deps: Deps, hook: dict[str, Any], owner: UUID, database: Database
) -> None:
    """Each batch is a transaction; no delivery is created twice, and progress is visible."""
    async with database.connection() as connection:
        await connection.execute(MANY, owner, UUID(hook["id"]), BATCH + 20)
    _status, asked = await ask("POST", f"/{hook['id']}/replay", last_hours())
    seen = []
    for _ in range(3):
        await _step(deps)
        _status, now = await ask("GET", f"/{hook['id']}/replays/{asked['id']}")
        seen.append((now["state"], now["chosen"], now["replayed"]))
    chosen = BATCH + 20
    assert seen == [
        ("running", chosen, 0),
        ("running", chosen, BATCH),
        ("done", chosen, chosen),
    ]
    assert len(await live(database)) == chosen


async def test_a_replay_of_a_webhook_out_of_use_is_cancelled(
    ask: Ask, deps: Deps, hook: dict[str, Any], owner: UUID, database: Database
) -> None:
    """No more deliveries are created for it."""
    event = await add_event(database, owner, at=ago(minutes=5))
    await add_delivery(database, event, hook["id"], DeliveryState.FAILED, at=ago(minutes=5))
    _status, asked = await ask("POST", f"/{hook['id']}/replay", last_hours())
    await ask("PATCH", f"/{hook['id']}", {"active": False})
    await process_replays(deps)
    _status, over = await ask("GET", f"/{hook['id']}/replays/{asked['id']}")
    assert (over["state"], over["replayed"]) == ("cancelled", 0)
    assert await live(database) == []


async def test_others_replays_are_not_found(
    ask: Ask, webhooks: Running, hook: dict[str, Any]
) -> None:
    """By another user, below another webhook, unknown or malformed: the same 404."""
    _status, asked = await ask("POST", f"/{hook['id']}/replay", last_hours())
    other = (await ask("POST", body=NEW))[1]
    stranger = as_user(webhooks, new_id())
    for whose, path, kind in (
        (stranger, f"/{hook['id']}/replays/{asked['id']}", "webhook"),
        (ask, f"/{other['id']}/replays/{asked['id']}", "replay"),
        (ask, f"/{hook['id']}/replays/{new_id()}", "replay"),
        (ask, f"/{hook['id']}/replays/x", "replay"),
    ):
        error = {"error": f"{kind.capitalize()} not found", "code": f"{kind}_not_found"}
        assert await whose("GET", path) == (404, error)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"from": None}, "from"),
        ({"from": "2026-03-01"}, "from"),
        ({"from": "2026-03-10T00:00:00Z"}, "from"),
        ({"to": "2026-03-15T00:00:00.001Z"}, "to"),
        ({"eventTypes": []}, "eventTypes"),
        ({"eventTypes": ["booking.exploded"]}, "eventTypes.0"),
        ({"states": []}, "states"),
        ({"states": ["pending"]}, "states.0"),
        ({"states": ["nope"]}, "states.0"),
        ({"states": [1]}, "states.0"),
        ({"states": "failed"}, "states"),
        ({"limit": 5}, "limit"),
    ],
)
async def test_a_wrong_range_is_refused(
    ask: Ask, hook: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    """400 with the field; the longest range is 14 days."""
    body = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z", **change}
    status, answer = await ask("POST", f"/{hook['id']}/replay", body)
    assert (status, list(answer["details"])) == (400, [field])
    fortnight = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-15T00:00:00Z"}
    assert (await ask("POST", f"/{hook['id']}/replay", fortnight))[0] == 202


async def test_only_states_that_are_accepted_are_offered(ask: Ask, hook: dict[str, Any]) -> None:
    """`pending` is not among them: such deliveries are sent without a replay."""
    path = f"/{hook['id']}/replay"
    _status, answer = await ask("POST", path, last_hours(states=["nope"]))
    offered = answer["details"]["states.0"].removeprefix("Must be one of: ").split(", ")
    assert set(offered) == set(DeliveryState) - {"pending"}
    assert (await ask("POST", path, last_hours(states=offered)))[0] == 202


async def test_a_range_before_all_events_finds_nothing(
    ask: Ask, deps: Deps, hook: dict[str, Any]
) -> None:
    """Even from the first instant allowed, one millisecond after the calendar begins."""
    none = {"from": "0001-01-01T00:00:00.001Z", "to": "0001-01-02T00:00:00Z"}
    assert (await replay(ask, deps, hook, none))["chosen"] == 0
    asked = await ask("POST", f"/{hook['id']}/replay", none)
    again = await ask("POST", f"/{hook['id']}/replay", none)
    assert (asked[0], again) == (202, (200, asked[1]))
