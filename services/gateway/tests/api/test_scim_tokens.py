"""Storage, use and revocation of SCIM tokens."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from linktime_gateway import workers
from linktime_gateway.app import SERVICE
from linktime_gateway.store.changes import ChangeListener
from linktime_local.testing.services import running
from linktime_local.testing.waiting import eventually

USERS = "/api/scim/v2/Users"
REVOKE_UNHEARD = "UPDATE scim_tokens SET revoked_at = $2 WHERE last4 = $1"
Answers = Callable[[str, int], Awaitable[bool]]


async def test_only_the_hash_of_a_token_is_stored(token: str, database: Any) -> None:
    """No column contains the token."""
    row = await database.fetchrow("SELECT * FROM scim_tokens WHERE last4 = $1", token[-4:])
    assert token not in str(dict(row))


async def test_the_last_use_is_written_later(
    call: Any,
    token: str,
    database: Any,
    settings: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Shortly after the request, and on shutdown."""
    last_used = "SELECT last_used_at FROM scim_tokens WHERE last4 = $1"
    monkeypatch.setattr(workers, "FLUSH_SECONDS", 3600.0)
    async with running(SERVICE, **settings) as replica:
        for _ in range(3):
            assert (await call("GET", USERS, token, url=replica.url)).status == 200
        assert await database.fetchval(last_used, token[-4:]) is None
    assert await database.fetchval(last_used, token[-4:]) is not None


@pytest.fixture
def revoke(database: Any, browser: Any, world: Any, token: str, organization: UUID) -> Any:
    """Revoke the token as an owner."""
    world.directory.roles[organization, UUID(browser.user_id)] = "owner"

    async def end(url: str = "") -> None:
        statement = "SELECT id FROM scim_tokens WHERE last4 = $1 AND organization_id = $2"
        token_id = await database.fetchval(statement, token[-4:], organization)
        path = f"/organizations/{organization}/scim-tokens/{token_id}"
        assert (await browser.call("DELETE", path, url=url)).status == 200

    return end


@pytest.fixture
def has_status(call: Any, token: str) -> Answers:
    """Return whether the gateway at `url` responds to the token with this status."""

    async def does(url: str, status: int) -> bool:
        return bool((await call("GET", USERS, token, url=url)).status == status)

    return does


async def is_cached(has_status: Answers, url: str, token: str, database: Any) -> None:
    """Wait until that gateway no longer reads the token from its database."""

    async def does_not_ask() -> bool:
        assert await has_status(url, 200)
        await database.execute(REVOKE_UNHEARD, token[-4:], datetime.now(UTC))
        kept = await has_status(url, 200)
        await database.execute(REVOKE_UNHEARD, token[-4:], None)
        return kept

    await eventually(does_not_ask)


async def test_a_revoked_token_is_refused_immediately(
    has_status: Answers,
    token: str,
    revoke: Any,
    database: Any,
    settings: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The revoking process does not wait for the notification."""
    monkeypatch.setattr(ChangeListener, "_on_change", lambda *_heard: None)
    async with running(SERVICE, **settings) as replica:
        await is_cached(has_status, replica.url, token, database)
        await revoke(replica.url)
        assert await has_status(replica.url, 401)


async def test_a_token_revoked_in_another_process_stops_within_a_second(
    call: Any,
    has_status: Answers,
    token: str,
    revoke: Any,
    database: Any,
    settings: dict[str, Any],
) -> None:
    """Two gateways on one database; the second has the token cached."""
    async with running(SERVICE, **settings) as replica:
        await is_cached(has_status, replica.url, token, database)
        await revoke()
        await eventually(lambda: has_status(replica.url, 401), within=1)
    answer = await call("GET", USERS, token)
    assert answer.json["detail"] == "This SCIM token has been revoked"
