"""API keys and SCIM tokens on the dashboard."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest

from linktime_common.contracts.events.scim import Plan
from linktime_common.contracts.internal_api.scim import OrganizationView
from linktime_common.contracts.wire import format_instant
from linktime_common.ids import new_id
from linktime_gateway import workers
from linktime_gateway.app import SERVICE
from linktime_local.testing.services import running
from linktime_local.testing.waiting import eventually

KEYS = "/api-keys"


async def test_a_key_is_shown_once_works_and_is_revoked(browser: Any, call: Any) -> None:
    """Created with a name and an expiry; the list does not contain the key."""
    expires = format_instant(datetime.now(UTC) + timedelta(days=1))
    made = await browser.call("POST", KEYS, {"name": "CRM", "expiresAt": expires})
    assert made.status == 201
    assert made.headers["Cache-Control"] == "no-store"
    key = made.json["key"]
    assert (await call("GET", "/api/v1/me", key)).status == 200
    listed = await browser.call("GET", KEYS)
    assert key not in listed.body.decode()
    (entry,) = listed.json["data"]
    assert (entry["name"], entry["last4"], entry["expiresAt"]) == ("CRM", key[-4:], expires)
    assert entry["revokedAt"] is None
    revoked = await browser.call("DELETE", f"{KEYS}/{made.json['id']}")
    assert (revoked.status, revoked.json) == (200, {"success": True})
    assert (await call("GET", "/api/v1/me", key)).status == 401
    (entry,) = (await browser.call("GET", KEYS)).json["data"]
    assert entry["revokedAt"] is not None


MALFORMED = [
    ({"name": ""}, "name"),
    ({"name": "x" * 201}, "name"),
    ({"name": "CRM", "expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"),
    ({"name": "CRM", "expiresAt": "tomorrow"}, "expiresAt"),
    ({"name": "CRM", "userId": "x"}, "userId"),
]


async def test_an_invalid_key_request_is_400(browser: Any) -> None:
    """The response names the field, and no key is created."""
    for body, field in MALFORMED:
        answer = await browser.call("POST", KEYS, body)
        assert (answer.status, set(answer.json["details"])) == (400, {field})
    assert (await browser.call("GET", KEYS)).json["data"] == []


async def test_malformed_bodies_are_refused(browser: Any) -> None:
    """415 or 400 in the error format for a body that is not JSON."""
    headers = {"Cookie": f"linktime_session={browser.cookie}", "X-CSRF-Token": browser.csrf}
    url = f"{browser.url}/dashboard/api{KEYS}"
    for kind, body, status in (
        ("text/plain", b"{}", 415),
        ("application/json", b"{", 400),
        ("application/json", b"[]", 400),
        ("application/json", b"x" * (1024 * 1024 + 1), 413),
    ):
        sent = {**headers, "Content-Type": kind}
        async with browser.gateway.session.post(url, data=BytesIO(body), headers=sent) as answer:
            assert (answer.status, "error" in await answer.json()) == (status, True)


async def test_a_plan_without_keys_is_403(sign_up: Any, visitor: Any) -> None:
    """The dashboard is available on every plan, keys are not."""
    user = await sign_up(plan="FREE")
    await user.sign_in()
    answer = await user.call("POST", KEYS, {"name": "CRM"})
    assert answer.status == 403
    assert answer.json == {
        "error": "API keys need the Pro or Business plan",
        "code": "plan_required",
    }


async def test_another_users_key_is_404(browser: Any, sign_up: Any, call: Any) -> None:
    """For reading and revoking, and for a malformed id."""
    made = (await browser.call("POST", KEYS, {})).json
    stranger = await sign_up()
    await stranger.sign_in()
    assert (await stranger.call("GET", KEYS)).json["data"] == []
    for key_id in (made["id"], new_id(), "x"):
        answer = await stranger.call("DELETE", f"{KEYS}/{key_id}")
        assert (answer.status, answer.json) == (
            404,
            {"error": "API key not found", "code": "api_key_not_found"},
        )
    assert (await call("GET", "/api/v1/me", made["key"])).status == 200


async def test_the_last_use_is_written_later(
    browser: Any, call: Any, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shortly after the request, and on shutdown."""

    async def last_used() -> Any:
        (entry,) = (await browser.call("GET", KEYS)).json["data"]
        return entry["lastUsedAt"]

    key = (await browser.call("POST", KEYS, {})).json["key"]
    monkeypatch.setattr(workers, "FLUSH_SECONDS", 3600.0)
    async with running(SERVICE, **settings) as replica:
        for _ in range(3):
            assert (await call("GET", "/api/v1/me", key, url=replica.url)).status == 200
        assert await last_used() is None
    written = await last_used()
    assert written is not None
    monkeypatch.setattr(workers, "FLUSH_SECONDS", 0.01)
    async with running(SERVICE, **settings) as replica:
        assert (await call("GET", "/api/v1/me", key, url=replica.url)).status == 200

        async def moved() -> bool:
            return bool(await last_used() > written)

        await eventually(moved, within=5)


def own(world: Any, owner: str | UUID, plan: Plan = Plan.BUSINESS) -> str:
    """The path of the SCIM tokens of an organization."""
    organization = OrganizationView(
        id=new_id(), name="Acme", owner_id=UUID(str(owner)), plan=plan, verified_domains=[]
    )
    world.directory.organizations[organization.id] = organization
    world.directory.roles[organization.id, organization.owner_id] = "owner"
    return f"/organizations/{organization.id}/scim-tokens"


async def test_an_owner_creates_and_revokes_scim_tokens(browser: Any, world: Any) -> None:
    """Shown once, listed without the token, revoked permanently."""
    path = own(world, browser.user_id)
    made = await browser.call("POST", path, {"name": " Entra ID "})
    assert made.status == 201
    about = dict(made.json)
    token = about.pop("token")
    assert token.startswith("lt_scim_")
    assert about == {
        "id": about["id"],
        "name": "Entra ID",
        "prefix": token[:12],
        "last4": token[-4:],
    }
    listed = await browser.call("GET", path)
    assert token not in listed.body.decode()
    (entry,) = listed.json["data"]
    never = {"lastUsedAt": None, "revokedAt": None}
    assert entry == {**about, **never, "createdAt": entry["createdAt"]}
    answer = await browser.call("DELETE", f"{path}/{entry['id']}")
    assert (answer.status, answer.json) == (200, {"success": True})
    (entry,) = (await browser.call("GET", path)).json["data"]
    assert entry["revokedAt"] is not None


async def test_a_stored_credential_that_cannot_be_serialized_is_500(
    browser: Any, database: Any, world: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """With an error in the log."""
    path = own(world, browser.user_id)
    token_id = (await browser.call("POST", path)).json["id"]
    await database.execute(
        "UPDATE scim_tokens SET created_at = '-infinity' WHERE id = $1", UUID(token_id)
    )
    answer = await browser.call("GET", path)
    assert (answer.status, answer.json) == (
        500,
        {"error": "Something went wrong on our side", "code": "internal_error"},
    )
    errors = [one.getMessage() for one in caplog.records if one.levelname == "ERROR"]
    assert len([line for line in errors if "unexpected error" in line]) == 1


async def test_scim_tokens_of_other_organizations_are_not_found(browser: Any, world: Any) -> None:
    """Another, an unknown and a malformed organization, for every method."""
    mine, foreign = own(world, browser.user_id), own(world, new_id())
    token_id = (await browser.call("POST", mine)).json["id"]
    for path in (foreign, f"/organizations/{new_id()}/scim-tokens", "/organizations/x/scim-tokens"):
        for method, suffix in (("GET", ""), ("POST", ""), ("DELETE", f"/{token_id}")):
            answer = await browser.call(method, path + suffix)
            assert (answer.status, answer.json) == (
                404,
                {"error": "Organization not found", "code": "organization_not_found"},
            )
    other = own(world, browser.user_id)
    for unknown in (token_id, new_id(), "x"):
        answer = await browser.call("DELETE", f"{other}/{unknown}")
        assert (answer.status, answer.json) == (
            404,
            {"error": "SCIM token not found", "code": "scim_token_not_found"},
        )
    assert (await browser.call("GET", mine)).json["data"][0]["revokedAt"] is None


async def test_admins_manage_scim_tokens_and_members_do_not(
    browser: Any, sign_up: Any, world: Any
) -> None:
    """A member's error gives the reason."""
    path = own(world, browser.user_id)
    organization_id = UUID(path.split("/")[2])
    token_id = (await browser.call("POST", path)).json["id"]
    other = await sign_up()
    await other.sign_in()
    world.directory.roles[organization_id, UUID(other.user_id)] = "member"
    for method, suffix in (("GET", ""), ("POST", ""), ("DELETE", f"/{token_id}")):
        answer = await other.call(method, path + suffix)
        assert answer.status == 403
        assert answer.json == {
            "error": "Your role in this organization does not allow this",
            "code": "role_not_enough",
        }
    world.directory.roles[organization_id, UUID(other.user_id)] = "admin"
    assert (await other.call("POST", path)).status == 201
    assert (await other.call("DELETE", f"{path}/{token_id}")).status == 200
    assert len((await other.call("GET", path)).json["data"]) == 2


async def test_an_invalid_scim_token_request_is_400(browser: Any, world: Any) -> None:
    """The response names the field, and no token is created; the name has a default."""
    path = own(world, browser.user_id)
    for body, field in (
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": None}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"token": "lt_scim_mine"}, "token"),
    ):
        answer = await browser.call("POST", path, body)
        assert (answer.status, set(answer.json["details"])) == (400, {field})
    assert (await browser.call("GET", path)).json["data"] == []
    assert (await browser.call("POST", path)).json["name"] == "SCIM token"


async def test_scim_needs_business(browser: Any, world: Any) -> None:
    """On other plans no token is created; existing ones are listed."""
    path = own(world, browser.user_id, Plan.PRO)
    answer = await browser.call("POST", path)
    assert answer.status == 403
    assert answer.json == {
        "error": "SCIM needs an organization on the Business plan",
        "code": "plan_required",
    }
    assert (await browser.call("GET", path)).json["data"] == []


async def test_an_unavailable_directory_is_503(browser: Any, world: Any) -> None:
    """Without the role, no access is given."""
    path = own(world, browser.user_id)

    async def fail(_request: Any) -> Any:
        raise ConnectionResetError

    world.directory.reply = fail
    assert (await browser.call("POST", path)).status == 503
    world.directory.reply = None
    assert (await browser.call("GET", path)).json["data"] == []
