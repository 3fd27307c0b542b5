"""Validity of API keys and the speed of revocation."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from aiohttp import web

from linktime_common.contracts.wire import format_instant
from linktime_gateway.app import SERVICE
from linktime_gateway.domain.credentials import API_KEY_PREFIX, SCIM_TOKEN_PREFIX
from linktime_local.testing.services import running
from linktime_local.testing.waiting import eventually

REVOKE_UNHEARD = "UPDATE api_keys SET revoked_at = $2 WHERE last4 = $1"
INVALID = {"error": "Missing or invalid API key", "code": "invalid_api_key"}


# Well-formed but unknown; equal in all test processes.
UNKNOWN = f"{API_KEY_PREFIX}{'aB3' * 14}Z"


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer x",
        f"Basic {UNKNOWN}",
        f"Bearer {UNKNOWN}",
        f"Bearer {UNKNOWN.replace(API_KEY_PREFIX, SCIM_TOKEN_PREFIX)}",
        f"Bearer {UNKNOWN} x",
        "Bearer " + "a" * 5000,
        "Bearer lt_live_é",
    ],
)
async def test_an_unknown_key_is_401(call: Any, world: Any, authorization: str | None) -> None:
    """Missing, malformed, unknown or of another kind: the same response with WWW-Authenticate."""
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = await call("GET", "/api/v1/me", headers=headers)
    assert (answer.status, answer.json) == (401, INVALID)
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["X-Request-Id"]
    assert world["scim"].seen == []


async def test_a_new_key_works_immediately(call: Any, world: Any, operator: Any) -> None:
    """Also when it was tried before its creation: refusals are not cached."""
    made = await operator.make_key(world.directory.add())
    assert (await call("GET", "/api/v1/me", made["key"])).status == 200


async def test_a_revoked_key_is_refused_immediately(call: Any, world: Any, operator: Any) -> None:
    """The revoking process drops it from its cache before the response."""
    user = world.directory.add()
    made = await operator.make_key(user)
    assert (await call("GET", "/api/v1/me", made["key"])).status == 200
    status, body = await operator.call("DELETE", f"/internal/users/{user.id}/api-keys/{made['id']}")
    assert (status, body) == (200, {"success": True})
    answer = await call("GET", "/api/v1/me", made["key"])
    assert (answer.status, answer.json) == (
        401,
        {"error": "This API key has been revoked", "code": "key_revoked"},
    )


async def test_a_key_revoked_in_another_process_stops_within_a_second(
    call: Any, world: Any, operator: Any, database: Any, settings: dict[str, Any]
) -> None:
    """Two gateways on one database; the second has the key cached."""
    user = world.directory.add()
    made = await operator.make_key(user)
    async with running(SERVICE, **settings) as replica:

        async def answers(status: int) -> bool:
            answer = await call("GET", "/api/v1/me", made["key"], url=replica.url)
            return bool(answer.status == status)

        async def remembered() -> bool:
            assert await answers(200)
            await database.execute(REVOKE_UNHEARD, made["key"][-4:], datetime.now(UTC))
            kept = await answers(200)
            await database.execute(REVOKE_UNHEARD, made["key"][-4:], None)
            return kept

        await eventually(remembered, within=5)
        await operator.call("DELETE", f"/internal/users/{user.id}/api-keys/{made['id']}")
        await eventually(lambda: answers(401), within=1)


async def test_an_expired_key_is_refused_although_cached(
    call: Any, world: Any, operator: Any
) -> None:
    """The expiry is checked on every use."""
    soon = datetime.now(UTC) + timedelta(seconds=2)
    made = await operator.make_key(world.directory.add(), expiresAt=format_instant(soon))
    assert (await call("GET", "/api/v1/me", made["key"])).status == 200

    async def expired() -> Any:
        answer = await call("GET", "/api/v1/me", made["key"])
        return answer if answer.status == 401 else None

    answer = await eventually(expired, within=5)
    assert datetime.now(UTC) >= soon - timedelta(milliseconds=1)
    assert answer.json == {"error": "This API key has expired", "code": "key_expired"}
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("change", [{"active": False}, {"effective_plan": "FREE"}])
async def test_a_key_whose_owner_may_no_longer_use_keys_is_401(
    call: Any, world: Any, operator: Any, change: dict[str, Any]
) -> None:
    """From the account's event until another event allows keys again."""
    user = world.directory.add()
    key = (await operator.make_key(user))["key"]
    assert (await call("GET", "/api/v1/me", key)).status == 200

    async def publish(**facts: Any) -> None:
        entry = world.directory.change(user, **facts)
        body = {"users": [entry.model_dump(mode="json")]}
        assert await operator.call("POST", "/internal/resync", body) == (200, {"applied": 1})

    async def answers(status: int) -> bool:
        return bool((await call("GET", "/api/v1/me", key)).status == status)

    await publish(**change)
    await eventually(lambda: answers(401), within=1)
    assert (await call("GET", "/api/v1/me", key)).json["error"].startswith("The owner of this API")
    await publish()
    await eventually(lambda: answers(200), within=1)


@pytest.mark.parametrize(
    "facts",
    [{}, {"active": False}, {"effective_plan": "FREE"}, {"effective_plan": "BUSINESS"}],
)
async def test_an_unknown_owner_is_read_from_the_directory(
    call: Any, world: Any, operator: Any, settings: dict[str, Any], facts: dict[str, Any]
) -> None:
    """Once, after which the projection has the account."""
    user = world.directory.add()
    key = (await operator.make_key(user))["key"]
    await _lose_account(settings, user.id)
    world.directory.change(user, **facts)
    world.directory.seen.clear()
    status = 200 if facts in ({}, {"effective_plan": "BUSINESS"}) else 401
    for _ in range(2):
        assert (await call("GET", "/api/v1/me", key)).status == status
    assert [seen.raw_path for seen in world.directory.seen] == [f"/internal/users/{user.id}"]


async def test_an_unavailable_directory_does_not_refuse_a_key(
    call: Any, world: Any, operator: Any, settings: dict[str, Any]
) -> None:
    """503 meanwhile; the key works when the directory is available again."""
    user = world.directory.add()
    key = (await operator.make_key(user))["key"]
    await _lose_account(settings, user.id)

    async def broken(_request: web.BaseRequest) -> web.Response:
        return web.Response(status=500)

    world.directory.reply = broken
    answer = await call("GET", "/api/v1/me", key)
    assert answer.status == 503
    assert answer.headers["Retry-After"]
    world.directory.reply = None
    assert (await call("GET", "/api/v1/me", key)).status == 200

    del world.directory.users[user.id]
    await _lose_account(settings, user.id)
    assert (await call("GET", "/api/v1/me", key)).status == 401


async def test_keys_are_cached(
    call: Any, world: Any, operator: Any, settings: dict[str, Any]
) -> None:
    """A row deleted without a notification is used until the cache is emptied."""
    connection = await asyncpg.connect(settings["postgres_dsn"])
    key = ""

    async def outlives_its_row() -> bool:
        nonlocal key
        key = str((await operator.make_key(world.directory.add()))["key"])
        assert (await call("GET", "/api/v1/me", key)).status == 200
        await connection.execute("DELETE FROM api_keys WHERE last4 = $1", key[-4:])
        return bool((await call("GET", "/api/v1/me", key)).status == 200)

    try:
        # Nothing is cached before the gateway listens for changes.
        await eventually(outlives_its_row)
        # Losing the listening connection empties the cache.
        cut = await connection.fetchval(
            "SELECT bool_or(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'gateway listen'"
        )
        assert cut

        async def refused() -> bool:
            return bool((await call("GET", "/api/v1/me", key)).status == 401)

        await eventually(refused, within=1)
    finally:
        await connection.close()


@pytest.mark.usefixtures("long_connection_wait")
async def test_concurrent_requests_with_one_key(call: Any, world: Any, key: str) -> None:
    """All succeed with an empty cache."""
    answers = await asyncio.gather(*(call("GET", "/api/v1/me", key) for _ in range(100)))
    assert {answer.status for answer in answers} == {200}


async def _lose_account(settings: dict[str, Any], user_id: Any) -> None:
    """Empty the projection as after a restore, and notify all processes."""
    connection = await asyncpg.connect(settings["postgres_dsn"])
    try:
        await connection.execute("DELETE FROM accounts WHERE id = $1", user_id)
    finally:
        await connection.close()
