"""Maximum numbers of credentials, and their paged lists."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from linktime_common.contracts.events.scim import UserUpdated
from linktime_common.contracts.wire import format_instant
from linktime_common.identity import CallerKind
from linktime_gateway.app import SERVICE
from linktime_gateway.settings import GatewaySettings
from linktime_local.testing.services import running
from linktime_local.testing.waiting import eventually

KEYS = "/api-keys"
TOO_MANY_KEYS = "This user has as many API keys as allowed; revoke one that is no longer used"
TOO_MANY_TOKENS = (
    "This organization has as many SCIM tokens as allowed; revoke one that is no longer used"
)
INSERT_KEYS = """
    INSERT INTO api_keys (id, user_id, name, key_hash, prefix, last4, created_at)
    SELECT gen_random_uuid(), $1, 'key ' || n, sha256(($1::uuid || n::text)::bytea), '', '',
           now() + n * interval '1 second'
      FROM generate_series(1, $2) AS n
"""


@pytest.fixture
def owned_tokens(browser: Any, organization: UUID, world: Any) -> str:
    """The path of the SCIM tokens of an organization of the browser's user."""
    world.directory.roles[organization, UUID(browser.user_id)] = "owner"
    return f"/organizations/{organization}/scim-tokens"


async def concurrent_creations(
    make: Callable[[str], Awaitable[Any]], settings: dict[str, Any]
) -> list[tuple[int, Any]]:
    """Return ten responses of two processes with caps of 3."""
    few = {**settings, "api_keys_per_user": 3, "scim_tokens_per_organization": 3}
    async with running(SERVICE, **few) as one, running(SERVICE, **few) as other:
        answers = await asyncio.gather(*(make(url) for url in [one.url, other.url] * 5))
    return sorted((answer.status, answer.json.get("error")) for answer in answers)


async def test_concurrent_key_creations_do_not_exceed_the_cap(
    browser: Any, settings: dict[str, Any]
) -> None:
    """In two processes: the database enforces it."""
    answers = await concurrent_creations(
        lambda url: browser.call("POST", KEYS, {}, url=url), settings
    )
    assert answers == [(201, None)] * 3 + [(409, TOO_MANY_KEYS)] * 7


async def test_concurrent_token_creations_do_not_exceed_the_cap(
    browser: Any, owned_tokens: str, settings: dict[str, Any]
) -> None:
    """The same for an organization."""
    answers = await concurrent_creations(
        lambda url: browser.call("POST", owned_tokens, {}, url=url), settings
    )
    assert answers == [(201, None)] * 3 + [(409, TOO_MANY_TOKENS)] * 7


async def test_only_live_keys_count(
    browser: Any, database: Any, settings: dict[str, Any], world: Any, publish_event: Any
) -> None:
    """Revoked, expired and ended keys do not."""
    async with running(SERVICE, **{**settings, "api_keys_per_user": 2}) as gateway:

        async def make() -> Any:
            return await browser.call("POST", KEYS, {}, url=gateway.url)

        first, second = [(await make()).json["id"] for _ in range(2)]
        assert (await make()).status == 409
        await browser.call("DELETE", f"{KEYS}/{first}", url=gateway.url)
        assert (await make()).status == 201
        assert (await make()).status == 409
        await database.execute("UPDATE api_keys SET expires_at = now() WHERE id = $1", UUID(second))
        assert (await make()).status == 201
        assert (await make()).status == 409
        now = datetime.now(UTC)
        user = world.directory.users[UUID(browser.user_id)].user
        entry = world.directory.change(user, credentials_valid_from=now)
        await publish_event(UserUpdated, entry.user, entry.version)
        ended = "SELECT credentials_valid_from IS NOT NULL FROM accounts WHERE id = $1"
        await eventually(lambda: database.fetchval(ended, UUID(browser.user_id)))
        expiry = {"expiresAt": format_instant(now + timedelta(days=1))}
        path = f"{gateway.internal_url}/internal/users/{browser.user_id}/api-keys"
        headers = gateway.identity(CallerKind.OPERATOR, issuer="operator")
        for status in (201, 201, 409):
            async with gateway.session.post(path, json=expiry, headers=headers) as answer:
                assert answer.status == status


async def test_a_repeat_of_a_refused_creation_is_refused(
    browser: Any, settings: dict[str, Any]
) -> None:
    """The refusal is stored under the Idempotency-Key."""
    async with running(SERVICE, **{**settings, "api_keys_per_user": 1}) as gateway:
        await browser.call("POST", KEYS, {}, url=gateway.url)
        refused = {"error": TOO_MANY_KEYS, "code": "too_many_api_keys"}
        for _ in range(2):
            again = {"Idempotency_Key": "k1"}
            answer = await browser.call("POST", KEYS, {}, url=gateway.url, **again)
            assert (answer.status, answer.json) == (409, refused)
    assert (await browser.call("GET", KEYS)).json["pagination"]["total"] == 1


async def test_a_thousand_keys_are_listed_in_pages(
    browser: Any, operator: Any, database: Any
) -> None:
    """Newest first, for the owner and for the operator."""
    await database.execute(INSERT_KEYS, UUID(browser.user_id), 1001)
    first = (await browser.call("GET", KEYS)).json
    assert first["pagination"] == {"page": 1, "limit": 20, "total": 1001, "totalPages": 51}
    assert first["data"][0]["name"] == "key 1001"
    last = (await browser.call("GET", f"{KEYS}?page=11&limit=100")).json
    assert [one["name"] for one in last["data"]] == ["key 1"]
    path = f"/internal/users/{browser.user_id}/api-keys?page=11&limit=100"
    assert await operator.call("GET", path) == (200, last)
    for query, field in (("limit=101", "limit"), ("page=0", "page"), ("page=x", "page")):
        answer = await browser.call("GET", f"{KEYS}?{query}")
        assert (answer.status, set(answer.json["details"])) == (400, {field})
    assert (await browser.call("GET", f"{KEYS}?page=99")).json["data"] == []


async def test_scim_tokens_are_listed_in_pages(browser: Any, owned_tokens: str) -> None:
    """Newest first."""
    for name in ("first", "second", "third"):
        await browser.call("POST", owned_tokens, {"name": name})
    listed = (await browser.call("GET", f"{owned_tokens}?page=2&limit=2")).json
    assert [one["name"] for one in listed["data"]] == ["first"]
    assert listed["pagination"] == {"page": 2, "limit": 2, "total": 3, "totalPages": 2}


def test_the_default_caps() -> None:
    """50 keys per user, 20 tokens per organization."""
    fields = GatewaySettings.model_fields
    assert fields["api_keys_per_user"].default == 50
    assert fields["scim_tokens_per_organization"].default == 20
