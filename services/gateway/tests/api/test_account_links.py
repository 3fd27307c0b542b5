"""One-time links: each is used once, for what and whom it was made."""

import asyncio
import json
from typing import Any

import pytest

from linktime_common.clock import SystemClock
from linktime_common.contracts.events.scim import UserDeactivated, UserUpdated
from linktime_common.identity import CallerKind
from linktime_gateway.store import account_links
from linktime_local.testing.waiting import eventually

NEW = "staple of another kind"
ENDED = {
    "error": "This link is not valid: it has been used, has expired, or a later one replaces it",
    "code": "account_link_ended",
}
DAY = "25 hours"


async def verify(browser: Any, secret: object) -> Any:
    return await browser.call("POST", "/account/verify", {"token": secret})


async def choose(browser: Any, secret: object, password: object = NEW) -> Any:
    return await browser.call("POST", "/account/password", {"token": secret, "password": password})


async def test_address_is_verified_once(browser: Any, nobody: Any, account_mails: Any) -> None:
    secret = await account_mails.secret("verify_address", browser)
    assert (await browser.call("GET", "/session")).json["user"]["emailVerified"] is False
    answers = await asyncio.gather(*(verify(nobody, secret) for _ in range(5)))
    assert sorted(answer.status for answer in answers) == [200, 400, 400, 400, 400]
    assert next(answer.json for answer in answers if answer.status == 400) == ENDED
    assert (await browser.call("GET", "/session")).json["user"]["emailVerified"] is True


async def test_new_password(browser: Any, nobody: Any, account_mails: Any) -> None:
    """It works, the old one does not, all sessions have ended, the address is verified."""
    secret = await account_mails.secret("reset_password", browser)
    assert (await choose(nobody, secret)).json == {"success": True}
    assert (await browser.call("GET", "/session")).status == 401
    assert (await browser.sign_in()).status == 401
    answer = await browser.sign_in(NEW)
    assert answer.json["user"]["emailVerified"] is True


async def test_first_password(sign_up: Any, nobody: Any, account_mails: Any) -> None:
    """Of an account without one."""
    user = await sign_up(password=None)
    assert (await choose(nobody, await account_mails.secret("set_password", user))).status == 200
    assert (await user.sign_in(NEW)).status == 200
    assert (await account_mails.make("set_password", user))[0] == 404


async def test_of_two_uses_at_once_one_wins(visitor: Any, nobody: Any, account_mails: Any) -> None:
    """The password is that of the one with 200."""
    secret = await account_mails.secret("reset_password", visitor)
    passwords = [f"staple of kind {number}" for number in range(2)]
    answers = await asyncio.gather(*(choose(nobody, secret, one) for one in passwords))
    assert sorted(answer.status for answer in answers) == [200, 400]
    signed_in = [(await visitor.sign_in(one)).status for one in passwords]
    assert signed_in == [200 if answer.status == 200 else 401 for answer in answers]


async def test_links_are_made_and_used_at_the_same_time(
    visitor: Any, nobody: Any, account_mails: Any
) -> None:
    """Neither waits for the other; only the newest link is left."""
    # A new password verifies the address, so later there may be no such link.
    secret = await account_mails.secret("verify_address", visitor)
    for _ in range(5):
        made, *used = await asyncio.gather(
            account_mails.make("reset_password", visitor),
            verify(nobody, "unknown"),
            choose(nobody, await account_mails.secret("reset_password", visitor)),
            choose(nobody, secret),
        )
        assert made[0] == 201
        assert [answer.status for answer in used if answer.status not in {200, 400}] == []


async def test_links_that_cannot_be_used(
    visitor: Any, nobody: Any, account_mails: Any, database: Any
) -> None:
    """Used, expired, replaced, of another kind, guessed: one sentence for all of them."""
    replaced = await account_mails.secret("reset_password", visitor)
    current = await account_mails.secret("reset_password", visitor)
    verifying = await account_mails.secret("verify_address", visitor)
    refused = [
        await choose(nobody, replaced),
        await choose(nobody, verifying),
        await verify(nobody, current),
        await choose(nobody, "guessed"),
        await choose(nobody, ""),
        await verify(nobody, "x" * 200),
        await verify(nobody, "\u00e4\u4e16"),
    ]
    assert (await choose(nobody, current)).status == 200
    refused.append(await choose(nobody, current))
    await account_mails.age(visitor.user_id, DAY)
    refused.append(await verify(nobody, verifying))
    assert [(answer.status, answer.json) for answer in refused] == [(400, ENDED)] * 9
    async with asyncio.timeout(5):
        await account_links.clear(database, SystemClock().now())
    left = "SELECT count(*) FROM account_links WHERE user_id = $1"
    assert await database.fetchval(left, visitor.user_id) == 0


async def test_link_is_of_one_user(sign_up: Any, nobody: Any, account_mails: Any) -> None:
    """Another user's password stays."""
    ada, eve = await sign_up(), await sign_up()
    assert (await choose(nobody, await account_mails.secret("reset_password", eve))).status == 200
    assert (await ada.sign_in()).status == 200
    assert (await eve.sign_in(NEW)).status == 200


async def test_password_is_checked_as_at_sign_up(
    visitor: Any, nobody: Any, account_mails: Any
) -> None:
    """A refused password does not use the link."""
    secret = await account_mails.secret("reset_password", visitor)
    for password in ("short", " " * 12, "password1234", visitor.email, "x" * 1_025, 5, None):
        answer = await choose(nobody, secret, password)
        assert answer.status == 400
        assert set(answer.json["details"]) == {"password"}
    assert (await choose(nobody, secret)).status == 200


async def test_links_end_with_the_account(
    visitor: Any, nobody: Any, account_mails: Any, world: Any, publish_event: Any
) -> None:
    """Also when it is active again."""
    secret = await account_mails.secret("reset_password", visitor)
    user = next(
        one.user for one in world.directory.users.values() if one.user.email == visitor.email
    )
    await publish_event(UserDeactivated, user.model_copy(update={"active": False}), 2)

    async def not_wanted() -> bool:
        return bool((await account_mails.make("verify_address", visitor))[0] == 404)

    await eventually(not_wanted)
    assert (await choose(nobody, secret)).status == 400
    await publish_event(UserUpdated, user, 3)

    async def wanted() -> bool:
        return bool((await account_mails.make("verify_address", visitor))[0] == 201)

    await eventually(wanted)
    assert (await choose(nobody, secret)).status == 400


async def test_password_works_after_credentials_have_ended(
    visitor: Any, nobody: Any, account_mails: Any, world: Any, publish_event: Any
) -> None:
    """Passwords made before `credentials_valid_from` end; one chosen by a link is made after."""
    user = next(
        one.user for one in world.directory.users.values() if one.user.email == visitor.email
    )
    await publish_event(
        UserUpdated, user.model_copy(update={"credentials_valid_from": user.created_at}), 2
    )

    async def ended() -> bool:
        return bool((await visitor.sign_in()).status == 401)

    await eventually(ended, every=0.3)
    assert (
        await choose(nobody, await account_mails.secret("reset_password", visitor))
    ).status == 200
    assert (await visitor.sign_in(NEW)).status == 200


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"email": "old@example.com"}, 409),
        ({"userId": "0195f0c4-7b1e-7c3a-9d52-0a4c8e6f1b20"}, 404),
        ({"kind": "set_password"}, 404),
        ({"kind": "other"}, 400),
        ({"userId": "x"}, 400),
        ({"email": 5}, 400),
    ],
)
async def test_links_are_made_only_for_wanted_mails(
    visitor: Any, account_mails: Any, changes: Any, status: int
) -> None:
    """409 is for an address that is not known yet: the mail is sent later."""
    wanted = {"kind": "reset_password", **changes}
    assert (await account_mails.make(wanted.pop("kind"), visitor, **wanted))[0] == status


@pytest.mark.parametrize(
    ("caller_kind", "issuer"),
    [(CallerKind.SERVICE, "availability"), (CallerKind.OPERATOR, "operator")],
)
async def test_only_bookings_makes_links(
    gateway: Any, visitor: Any, caller_kind: CallerKind, issuer: str
) -> None:
    body = {"userId": visitor.user_id, "kind": "reset_password", "email": visitor.email}
    async with gateway.session.post(
        f"{gateway.internal_url}/internal/account-links",
        json=body,
        headers=gateway.identity(caller_kind, issuer=issuer),
    ) as response:
        assert response.status == 503, "a wrong identity is an error of the caller's settings"


async def test_secret_is_stored_and_logged_nowhere(
    browser: Any,
    nobody: Any,
    account_mails: Any,
    call: Any,
    database: Any,
    gateway: Any,
    capfd: Any,
) -> None:
    """Looked for in every table, every metric and the log, after each way of using a link."""
    await browser.call("POST", "/account/verification")
    await account_mails.requested(browser.user_id)
    secrets = [
        await account_mails.secret(kind, browser) for kind in ("verify_address", "reset_password")
    ]
    for secret in secrets:
        for path in ("verify", "password"):
            await call("GET", f"/account/{path}/{secret}")
            await call("POST", f"/account/{path}/{secret}", data={"password": "short"})
            await call("PUT", f"/account/{path}/{secret}")
            await call("GET", f"/account/{path}/{secret}/more")
        await verify(nobody, secret)
        await choose(nobody, secret, [secret])
        await choose(nobody, secret)
    async with gateway.session.get(f"{gateway.internal_url}/metrics") as response:
        seen = [await response.text()]
    tables = await database.fetch(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    )
    for table in tables:
        rows = await database.fetch(f"SELECT t::text FROM {table['table_name']} AS t")
        seen += [row[0] for row in rows]
    seen += [
        bytes(row["envelope"]).decode()
        for row in await database.fetch("SELECT envelope FROM outbox")
    ]
    written = capfd.readouterr()
    seen += [written.out, written.err]
    assert "/account/verify/{secret}" in seen[0]
    assert len(seen) > len(tables)
    for secret in secrets:
        assert not [text for text in seen if secret in text or secret.encode().hex() in text]
        assert json.dumps(secret) not in "".join(seen)
