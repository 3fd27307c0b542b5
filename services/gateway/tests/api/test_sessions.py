"""Sign in to and out of the dashboard, and permissions of a session."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from linktime_common.contracts.events.scim import UserState
from linktime_common.identity import CallerKind
from linktime_common.ids import new_id
from linktime_gateway.api.routes import OWN
from linktime_gateway.app import SERVICE
from linktime_gateway.domain.credentials import hash_of
from linktime_gateway.store.changes import CHANNEL
from linktime_local.testing.services import running
from linktime_local.testing.waiting import eventually

WRONG = {"error": "The e-mail or the password is wrong", "code": "sign_in_refused"}
SIGN_IN = {"error": "Please sign in", "code": "not_signed_in"}


async def test_signing_in_gives_access_to_the_dashboard(visitor: Any, world: Any) -> None:
    """The cookie is not forwarded; the service receives the user and the caller kind."""
    answer = await visitor.sign_in()
    assert answer.status == 200
    assert answer.json["user"]["email"] == visitor.email
    assert set(answer.json["user"]) == {
        "id",
        "email",
        "name",
        "username",
        "plan",
        "effectivePlan",
        "emailVerified",
    }
    name, *attributes = answer.headers["Set-Cookie"].split("; ")
    assert name.startswith("linktime_session=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(attributes)
    assert "Secure" not in attributes, "the address people see is http"
    assert answer.headers["Cache-Control"] == "no-store"
    assert (await visitor.call("GET", "/contacts")).status == 200
    seen = world["contacts"].last
    assert (str(seen.identity.subject), seen.identity.caller_kind) == (
        visitor.user_id,
        CallerKind.SESSION,
    )
    assert seen.identity.plan == "PRO"
    assert "Cookie" not in seen.headers


async def test_https_makes_the_cookie_a_host_cookie(visitor: Any, settings: dict[str, Any]) -> None:
    """Secure, and with a name that other hosts of the domain cannot set."""
    async with running(SERVICE, **{**settings, "public_url": "https://linktime.test"}) as gateway:
        visitor.url = gateway.url
        answer = await visitor.sign_in()
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-linktime_session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


async def test_the_current_session(browser: Any) -> None:
    """The same response as signing in, with the same CSRF token; e-mail in any letter case."""
    answer = await browser.call("GET", "/session")
    assert (answer.status, answer.json["csrfToken"]) == (200, browser.csrf)
    other = browser.another()
    other.email = browser.email.upper()
    assert (await other.sign_in()).json["user"] == answer.json["user"]
    assert other.csrf != browser.csrf


async def test_look_alikes_sign_in_to_their_own_accounts(sign_up: Any, visitor: Any) -> None:
    """ß and ss are different addresses with separate passwords."""
    name = f"{new_id().hex}@example.com"
    accounts = {f"straße{name}": "one good password", f"strasse{name}": "another good password"}
    for email, password in accounts.items():
        made = await sign_up(email=email, password=password)
        other = visitor.another()
        for other.email in accounts:
            answer = await other.sign_in(password)
            assert answer.status == (200 if other.email == email else 401)
            if answer.status == 200:
                assert answer.json["user"]["id"] == made.user_id


@pytest.mark.parametrize("cookie", ["", "x", "ä", "a" * 3000, "lt_live_x"])
async def test_requests_without_a_session_are_401(world: Any, nobody: Any, cookie: str) -> None:
    """Missing or invalid cookies; an API key is not a session. The service receives nothing."""
    nobody.cookie = cookie
    for method, path in (("GET", "/session"), ("GET", "/contacts"), ("POST", "/contacts")):
        answer = await nobody.call(method, path)
        assert (answer.status, answer.json) == (401, SIGN_IN)
    assert world["contacts"].seen == []


async def test_bytes_that_are_not_text_are_401(raw: Any) -> None:
    """In the cookie and in the CSRF token."""
    head = b"GET /dashboard/api/session HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
    answer = await raw(head + b"Cookie: linktime_session=\xff\xfe\r\nX-CSRF-Token: \xff\r\n\r\n")
    assert (answer.status, answer.json) == (401, SIGN_IN)


async def test_an_api_key_is_refused_by_the_dashboard(call: Any, key: str) -> None:
    """The response is 401."""
    assert (await call("GET", "/dashboard/api/contacts", key)).status == 401


async def test_a_session_is_refused_by_the_api(browser: Any, call: Any) -> None:
    """The cookie is ignored under /api/v1."""
    cookie = {"Cookie": f"linktime_session={browser.cookie}"}
    assert (await call("GET", "/api/v1/me", headers=cookie)).status == 401


async def test_signing_in_replaces_the_session(visitor: Any) -> None:
    """The previous token differs and no longer works, which prevents session fixation."""
    visitor.cookie = planted = "planted-by-somebody"
    assert (await visitor.sign_in()).status == 200
    assert visitor.cookie != planted
    first = visitor.another()
    first.cookie = visitor.cookie
    assert (await visitor.sign_in()).status == 200
    assert visitor.cookie != first.cookie

    async def gone() -> bool:
        return bool((await first.call("GET", "/session")).status == 401)

    await eventually(gone, within=5)


async def test_only_a_hash_is_stored(browser: Any, database: Any) -> None:
    """No column contains the cookie's value."""
    row = await database.fetchrow(
        "SELECT * FROM sessions WHERE token_hash = $1", hash_of(browser.cookie)
    )
    assert browser.cookie not in str(dict(row))


async def test_a_replayed_cookie_is_refused_in_every_process(
    browser: Any, settings: dict[str, Any]
) -> None:
    """After signing out, also where the session was cached."""
    async with running(SERVICE, **settings) as replica:

        async def there() -> int:
            return int((await browser.call("GET", "/session", url=replica.url)).status)

        async def refused() -> bool:
            return await there() == 401

        assert await there() == 200
        answer = await browser.call("DELETE", "/session")
        assert (answer.status, answer.json) == (200, {"success": True})
        assert 'linktime_session=""; ' in answer.headers["Set-Cookie"]
        assert "Max-Age=0" in answer.headers["Set-Cookie"]
        assert (await browser.call("GET", "/session")).status == 401
        await eventually(refused, within=1)


async def test_signing_out_everywhere_ends_the_users_sessions_only(
    browser: Any, sign_up: Any
) -> None:
    """All browsers of this user, and of no other."""
    second, stranger = browser.another(), await sign_up()
    await second.sign_in()
    await stranger.sign_in()
    assert (await browser.call("DELETE", "/sessions")).status == 200
    assert (await second.call("GET", "/session")).status == 401
    assert (await browser.call("GET", "/session")).status == 401
    assert (await stranger.call("GET", "/session")).status == 200


@pytest.mark.parametrize(
    ("column", "age"),
    [("created_at", timedelta(days=30)), ("last_seen_at", timedelta(days=14))],
)
async def test_a_session_expires(browser: Any, database: Any, column: str, age: timedelta) -> None:
    """30 days after its creation and 14 days after its last use; a minute before, it is valid."""

    async def answers_when(since: timedelta, status: int) -> None:
        await database.execute(
            f"UPDATE sessions SET {column} = $2 WHERE token_hash = $1",
            hash_of(browser.cookie),
            datetime.now(UTC) - since,
        )
        await database.execute("SELECT pg_notify($1, $2)", CHANNEL, browser.user_id)

        async def does() -> bool:
            return bool((await browser.call("GET", "/session")).status == status)

        await eventually(does, within=2)

    # In this order: a request updates the last use a few seconds later.
    await answers_when(age, 401)
    await answers_when(age - timedelta(minutes=1), 200)


async def test_expired_sessions_and_attempts_are_deleted(
    browser: Any, database: Any, settings: dict[str, Any]
) -> None:
    """By a starting process; other rows are kept."""
    old, stale = browser.another(), browser.another()
    for other, column in ((old, "created_at"), (stale, "last_seen_at")):
        await other.sign_in()
        await database.execute(
            f"UPDATE sessions SET {column} = now() - interval '31 days' WHERE token_hash = $1",
            hash_of(other.cookie),
        )
    await database.execute(
        "INSERT INTO sign_in_attempts (subject, last_at, attempts)"
        " VALUES ('account old', now() - interval '16 minutes', 9)"
    )
    gone = "SELECT count(*) = 0 FROM sessions WHERE token_hash = ANY($1)"
    async with running(SERVICE, **settings):

        async def cleared() -> bool:
            hashes = [hash_of(old.cookie), hash_of(stale.cookie)]
            left = await database.fetchval(
                "SELECT count(*) FROM sign_in_attempts WHERE attempts = 9"
            )
            return bool(await database.fetchval(gone, hashes)) and left == 0

        await eventually(cleared, within=5)
    assert (await browser.call("GET", "/session")).status == 200


async def test_the_routes_are_described(gateway: Any) -> None:
    """The gateway's own routes are in its OpenAPI description, with the session security scheme."""
    headers = gateway.identity(CallerKind.OPERATOR, issuer="operator")
    async with gateway.session.get(
        gateway.internal_url + "/internal/openapi.json", headers=headers
    ) as answer:
        described = (await answer.json())["paths"]
    assert set(described["/dashboard/api/session"]) == {"get", "post", "delete"}
    assert all(route.method.lower() in described[route.path] for route in OWN), (
        "a route has no description"
    )


async def test_a_deactivated_account_loses_its_sessions(
    browser: Any, world: Any, operator: Any, database: Any
) -> None:
    """Permanently: after reactivation the user must sign in again."""
    entry = next(e for e in world.directory.users.values() if str(e.user.id) == browser.user_id)
    assert isinstance(entry.user, UserState)

    async def change_account(**facts: Any) -> None:
        changed = world.directory.change(entry.user, **facts)
        status, _ = await operator.call(
            "POST", "/internal/resync", {"users": [changed.model_dump(mode="json")]}
        )
        assert status == 200

    async def refused() -> bool:
        return bool((await browser.call("GET", "/session")).status == 401)

    await change_account(active=False)
    await eventually(refused, within=1)
    answer = await browser.another().sign_in()
    assert (answer.status, answer.json) == (401, WRONG)
    await change_account(active=True)
    assert await refused()
    assert (await browser.another().sign_in()).status == 200


async def test_changing_the_password_ends_other_sessions(browser: Any) -> None:
    """This browser stays signed in; the old password is refused."""
    second = browser.another()
    await second.sign_in()
    body = {"current": "correct horse battery", "new": "another good password"}
    answer = await browser.call("PUT", "/password", body)
    assert (answer.status, answer.json) == (200, {"success": True})
    assert (await browser.call("GET", "/session")).status == 200
    assert (await second.call("GET", "/session")).status == 401
    assert (await second.sign_in()).status == 401
    assert (await second.sign_in("another good password")).status == 200


async def test_a_password_that_cannot_be_changed(browser: Any) -> None:
    """The response names the field, and the password is not changed."""
    for body, field in (
        ({"current": "wrong", "new": "another good password"}, "current"),
        ({"current": "correct horse battery", "new": "short"}, "new"),
        ({"current": "correct horse battery"}, "new"),
        ({"current": "correct horse battery", "new": "Password123"}, "new"),
        ({"current": "correct horse battery", "new": " " * 10}, "new"),
        ({"current": "correct horse battery", "new": browser.email.upper()}, "new"),
    ):
        answer = await browser.call("PUT", "/password", body)
        assert (answer.status, set(answer.json["details"])) == (400, {field})
    assert (await browser.another().sign_in()).status == 200


async def test_the_length_of_a_password_is_counted_in_characters(browser: Any) -> None:
    """The error message says so."""
    answer = await browser.call("PUT", "/password", {"current": "x" * 1025, "new": "short"})
    assert (answer.status, answer.json["details"]) == (
        400,
        {
            "current": "Must have at most 1024 characters",
            "new": "Must have at least 10 characters",
        },
    )
