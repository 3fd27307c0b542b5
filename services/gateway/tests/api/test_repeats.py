"""Idempotency-Key on the gateway's own dashboard routes."""

import asyncio
from typing import Any

import pytest

from linktime_common.contracts.internal_api.scim import OrganizationView
from linktime_common.ids import new_id
from linktime_gateway.app import SERVICE
from linktime_local.testing.locks import while_locked
from linktime_local.testing.services import running

from .callers import PASSWORD

KEYS = "/api-keys"
NEW_PASSWORD = "staple of another kind"


async def test_a_repeat_creates_no_second_key_and_returns_none(browser: Any, call: Any) -> None:
    """Only the first response has the secret; another body is 422."""
    first = await browser.call("POST", KEYS, {"name": "CRM"}, Idempotency_Key="k")
    again = await browser.call("POST", KEYS, {"name": "CRM"}, Idempotency_Key="k")
    assert (first.status, again.status) == (201, 201)
    assert first.json["key"].startswith("lt_live_")
    assert again.json == first.json | {"key": None}
    other = await browser.call("POST", KEYS, {"name": "ERP"}, Idempotency_Key="k")
    assert other.status == 422
    assert len((await browser.call("GET", KEYS)).json["data"]) == 1
    assert (await call("GET", "/api/v1/me", first.json["key"])).status == 200


async def test_concurrent_repeats_create_one_key(browser: Any) -> None:
    """Exactly one response contains it."""
    answers = await asyncio.gather(
        *(browser.call("POST", KEYS, {"name": "CRM"}, Idempotency_Key="k") for _ in range(10))
    )
    assert [answer.status for answer in answers] == [201] * 10
    assert len({answer.json["id"] for answer in answers}) == 1
    assert len([answer for answer in answers if answer.json["key"]]) == 1
    assert len((await browser.call("GET", KEYS)).json["data"]) == 1


async def test_idempotency_keys_are_scoped_to_the_user(browser: Any, sign_up: Any) -> None:
    """Each user creates a key."""
    other = await sign_up()
    await other.sign_in()
    made = [
        (await user.call("POST", KEYS, {}, Idempotency_Key="k")).json for user in (browser, other)
    ]
    assert made[0]["id"] != made[1]["id"]
    assert all(one["key"] for one in made)


async def test_a_repeat_after_a_crash_creates_the_key(browser: Any, database: Any) -> None:
    """The first attempt claimed its Idempotency-Key and wrote nothing."""
    await browser.call("POST", KEYS, {"name": "CRM"}, Idempotency_Key="k")
    await database.execute("DELETE FROM api_keys WHERE user_id = $1::uuid", browser.user_id)
    await database.execute(
        "UPDATE idempotency_records SET status = NULL, answer = NULL,"
        " claimed_until = '-infinity' WHERE scope = $1",
        f"user {browser.user_id}",
    )
    again = await browser.call("POST", KEYS, {"name": "CRM"}, Idempotency_Key="k")
    assert again.status == 201
    assert again.json["key"].startswith("lt_live_")
    assert len((await browser.call("GET", KEYS)).json["data"]) == 1


async def test_a_revocation_repeats(browser: Any) -> None:
    """The first response again, also for a refusal."""
    made = (await browser.call("POST", KEYS, {})).json
    for _ in range(2):
        answer = await browser.call("DELETE", f"{KEYS}/{made['id']}", Idempotency_Key="d")
        assert (answer.status, answer.json) == (200, {"success": True})
    for _ in range(2):
        answer = await browser.call("DELETE", f"{KEYS}/{new_id()}", Idempotency_Key="d")
        assert answer.status == 404


async def test_a_repeat_creates_no_second_scim_token(browser: Any, world: Any) -> None:
    """Shown once, also for concurrent repeats, and revoked once; another body is 422."""
    organization = OrganizationView(
        id=new_id(), name="Acme", owner_id=browser.user_id, plan="BUSINESS", verified_domains=[]
    )
    world.directory.organizations[organization.id] = organization
    world.directory.roles[organization.id, organization.owner_id] = "owner"
    path = f"/organizations/{organization.id}/scim-tokens"
    answers = await asyncio.gather(
        *(browser.call("POST", path, {"name": "Okta"}, Idempotency_Key="k") for _ in range(5))
    )
    assert [answer.status for answer in answers] == [201] * 5
    (first,) = [answer for answer in answers if answer.json["token"]]
    again = await browser.call("POST", path, {"name": "Okta"}, Idempotency_Key="k")
    assert (again.status, again.json) == (201, first.json | {"token": None})
    assert (await browser.call("POST", path, {"name": "X"}, Idempotency_Key="k")).status == 422
    (entry,) = (await browser.call("GET", path)).json["data"]
    for _ in range(2):
        answer = await browser.call("DELETE", f"{path}/{entry['id']}", Idempotency_Key="d")
        assert answer.status == 200


async def test_a_changed_password_repeats(browser: Any, database: Any) -> None:
    """Although the current password has changed; the stored record cannot be used to guess it.

    The fingerprint of the body is keyed with the session's token, which is not stored.
    """
    body = {"current": PASSWORD, "new": NEW_PASSWORD}
    for _ in range(2):
        answer = await browser.call("PUT", "/password", body, Idempotency_Key="p")
        assert (answer.status, answer.json) == (200, {"success": True})
    other = {"current": NEW_PASSWORD, "new": PASSWORD}
    assert (await browser.call("PUT", "/password", other, Idempotency_Key="p")).status == 422
    plain = await database.fetchval(
        "SELECT sha256($2::bytea) = fingerprint FROM idempotency_records"
        " WHERE scope = $1 AND key = 'p'",
        f"user {browser.user_id}",
        f'{{"current":"{PASSWORD}","new":"{NEW_PASSWORD}"}}'.encode(),
    )
    assert plain is False
    assert (await browser.another().sign_in(NEW_PASSWORD)).status == 200


async def test_a_wrong_current_password_leaves_the_key_free(browser: Any) -> None:
    """400 is not stored: the next attempt with the key succeeds."""
    wrong = {"current": "not this one", "new": NEW_PASSWORD}
    assert (await browser.call("PUT", "/password", wrong, Idempotency_Key="p")).status == 400
    right = {"current": PASSWORD, "new": NEW_PASSWORD}
    assert (await browser.call("PUT", "/password", right, Idempotency_Key="p")).status == 200


@pytest.mark.usefixtures("product_time_limits")
async def test_a_write_that_waits_for_a_row_times_out(
    browser: Any, database: Any, settings: dict[str, Any]
) -> None:
    """503, the key still works, and the repeat revokes it."""
    made = (await browser.call("POST", KEYS, {})).json
    revoke = ("DELETE", f"{KEYS}/{made['id']}")
    lock = f"SELECT FROM api_keys WHERE id = '{made['id']}' FOR UPDATE"
    async with running(SERVICE, **settings) as gateway:
        request = browser.call(*revoke, url=gateway.url, Idempotency_Key="d")
        answer = await while_locked(database, lock, request)
    assert answer.status == 503
    assert len((await browser.call("GET", KEYS)).json["data"]) == 1
    assert (await browser.call(*revoke, Idempotency_Key="d")).status == 200
