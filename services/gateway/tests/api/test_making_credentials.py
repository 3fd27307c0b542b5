"""The operator's API keys and SCIM tokens."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web

from linktime_common.contracts.internal_api.scim import OrganizationView
from linktime_common.contracts.wire import format_instant
from linktime_common.ids import new_id


async def unavailable(_request: web.BaseRequest) -> web.Response:
    return web.Response(status=503)


async def test_a_key_is_shown_once_and_stored_as_a_hash(
    operator: Any, world: Any, database: Any
) -> None:
    """The list has name, prefix and last four characters; no column contains the key."""
    user = world.directory.add()
    later = format_instant(datetime.now(UTC) + timedelta(days=1))
    first = await operator.make_key(user)
    second = await operator.make_key(user, name="CI", expiresAt=later)
    assert set(first) == {"id", "key", "name", "prefix", "last4"}
    assert first["name"] == "API key"
    assert first["key"].startswith(first["prefix"])
    assert first["key"].endswith(first["last4"])
    await operator.call("DELETE", f"/internal/users/{user.id}/api-keys/{first['id']}")
    status, listed = await operator.call("GET", f"/internal/users/{user.id}/api-keys")
    assert status == 200
    assert [key["id"] for key in listed["data"]] == [second["id"], first["id"]]
    newest, oldest = listed["data"]
    assert newest["name"] == "CI"
    assert newest["expiresAt"] == later
    assert (newest["revokedAt"], newest["lastUsedAt"]) == (None, None)
    assert oldest["revokedAt"] is not None
    assert "key" not in newest
    rows = await database.fetch("SELECT * FROM api_keys WHERE user_id = $1", user.id)
    secrets = {first["key"][12:-4], second["key"][12:-4]}
    assert not any(secret in str(dict(row)) for row in rows for secret in secrets)


@pytest.mark.parametrize(
    ("facts", "status", "sentence", "code"),
    [
        ({"plan": "FREE"}, 403, "API keys need the Pro or Business plan", "plan_required"),
        ({"active": False}, 409, "The account is inactive", "account_inactive"),
    ],
)
async def test_inactive_accounts_and_other_plans_get_no_key(
    operator: Any, world: Any, facts: dict[str, Any], status: int, sentence: str, code: str
) -> None:
    """The current plan is read from the directory."""
    user = world.directory.add(**facts)
    answer = await operator.call("POST", f"/internal/users/{user.id}/api-keys", {})
    assert answer == (status, {"error": sentence, "code": code})


async def test_a_key_for_an_unknown_user_is_404(operator: Any) -> None:
    """Also for a malformed id."""
    for user_id in (new_id(), "nonsense"):
        answer = await operator.call("POST", f"/internal/users/{user_id}/api-keys", {})
        assert answer == (404, {"error": "User not found", "code": "user_not_found"})


async def test_a_key_is_not_made_while_the_directory_is_unavailable(
    operator: Any, world: Any
) -> None:
    """The response is 503."""
    user = world.directory.add()
    world.directory.reply = unavailable
    assert (await operator.call("POST", f"/internal/users/{user.id}/api-keys", {}))[0] == 503


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"),
        ({"expiresAt": "2099-01-01T00:00:00"}, "expiresAt"),
        ({"expiresAt": "soon"}, "expiresAt"),
        ({"scope": "all"}, "scope"),
    ],
)
async def test_an_invalid_key_request_names_the_field(
    operator: Any, world: Any, wrong: dict[str, Any], field: str
) -> None:
    """Including an expiry in the past or without an offset."""
    user = world.directory.add()
    status, answer = await operator.call("POST", f"/internal/users/{user.id}/api-keys", wrong)
    assert (status, list(answer["details"])) == (400, [field])


async def test_revoking_is_idempotent_and_only_for_the_owner(
    call: Any, operator: Any, world: Any
) -> None:
    """Another user's id in the path is a 404, and the key still works."""
    owner, other = world.directory.add(), world.directory.add()
    made = await operator.make_key(owner)
    for user_id, key_id in ((other.id, made["id"]), (owner.id, new_id()), (owner.id, "nonsense")):
        answer = await operator.call("DELETE", f"/internal/users/{user_id}/api-keys/{key_id}")
        assert answer == (404, {"error": "API key not found", "code": "api_key_not_found"})
    assert (await call("GET", "/api/v1/me", made["key"])).status == 200
    path = f"/internal/users/{owner.id}/api-keys"
    revoked = []
    for _ in range(2):
        assert (await operator.call("DELETE", f"{path}/{made['id']}"))[0] == 200
        revoked.append((await operator.call("GET", path))[1]["data"][0]["revokedAt"])
    assert revoked[0] == revoked[1]


async def test_a_scim_token_is_made_for_a_business_organization(
    call: Any, operator: Any, world: Any, database: Any
) -> None:
    """Shown once, stored as a hash, and refused under /api/v1."""
    organization = OrganizationView(
        id=new_id(), name="Acme", owner_id=new_id(), plan="BUSINESS", verified_domains=[]
    )
    world.directory.organizations[organization.id] = organization
    path = f"/internal/organizations/{organization.id}/scim-tokens"
    status, made = await operator.call("POST", path)
    assert status == 201
    assert set(made) == {"id", "name", "prefix", "last4", "token"}
    assert made["name"] == "SCIM token"
    assert made["token"].startswith("lt_scim_")
    row = await database.fetchrow("SELECT * FROM scim_tokens WHERE id = $1", UUID(made["id"]))
    assert row["organization_id"] == organization.id
    assert made["token"] not in str(dict(row))
    assert (await call("GET", "/api/v1/me", made["token"])).status == 401


async def test_other_organizations_get_no_scim_token(operator: Any, world: Any) -> None:
    """Without Business 403, unknown or malformed 404."""
    organization = OrganizationView(
        id=new_id(), name="Acme", owner_id=new_id(), plan="PRO", verified_domains=[]
    )
    world.directory.organizations[organization.id] = organization
    answer = await operator.call("POST", f"/internal/organizations/{organization.id}/scim-tokens")
    assert answer == (
        403,
        {"error": "SCIM needs an organization on the Business plan", "code": "plan_required"},
    )
    for unknown in (new_id(), "nonsense"):
        answer = await operator.call("POST", f"/internal/organizations/{unknown}/scim-tokens")
        assert answer == (
            404,
            {"error": "Organization not found", "code": "organization_not_found"},
        )
