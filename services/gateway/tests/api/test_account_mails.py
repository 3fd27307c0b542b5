"""Which mails about accounts are requested, and what that reveals."""

import asyncio
from typing import Any

import pytest
from services.gateway.tests.api.callers import user_event
from services.gateway.tests.api.password_gate import calling_from

from linktime_common.contracts.events.scim import UserCreated, UserDeactivated, UserUpdated
from linktime_common.postgres import connect
from linktime_gateway.app import SERVICE
from linktime_gateway.consumers import HANDLERS
from linktime_local.testing.services import running
from linktime_local.testing.waiting import eventually


async def reset(browser: Any, email: str, **headers: str) -> Any:
    return await browser.call("POST", "/password/reset", {"email": email}, **headers)


@pytest.mark.parametrize(
    ("facts", "kind"), [({}, "verify_address"), ({"password": None}, "set_password")]
)
async def test_new_account_gets_one_mail(
    sign_up: Any, world: Any, publish_event: Any, account_mails: Any, facts: Any, kind: str
) -> None:
    """After sign-up or `linktime user create`, by whether there is a password."""
    user = await sign_up(**facts)
    made = next(
        one.user for one in world.directory.users.values() if str(one.user.id) == user.user_id
    )
    await publish_event(UserCreated, made, 1)

    async def mailed() -> list[str]:
        return list(await account_mails.requested(user.user_id))

    assert await eventually(mailed) == [kind]


async def test_account_made_by_scim_gets_one_mail(
    world: Any, publish_event: Any, account_mails: Any
) -> None:
    """Also if an update arrives before; none if it is inactive meanwhile."""
    user, gone = world.directory.add(), world.directory.add()
    await publish_event(UserUpdated, user, 2)
    await publish_event(UserCreated, user, 1)
    await publish_event(UserDeactivated, gone.model_copy(update={"active": False}), 2)
    await publish_event(UserCreated, gone, 1)

    async def mailed() -> list[str]:
        return list(await account_mails.requested(str(user.id)))

    assert await eventually(mailed) == ["set_password"]
    assert await account_mails.requested(str(gone.id)) == []


async def test_accounts_of_scim_get_no_mail_if_the_operator_says_so(
    settings: Any, database_dsn: str, world: Any, nobody: Any
) -> None:
    """Neither when they are made nor on request."""
    separate = {**settings, "postgres_dsn": database_dsn, "broker_prefix": "no-set-password"}
    async with running(SERVICE, **separate, set_password_mails=False) as gateway:
        user = world.directory.add()
        database = await connect(database_dsn, application_name="test", size=1)
        async with database.transaction() as connection:
            await HANDLERS[UserCreated](connection, user_event(UserCreated, user, 1))
        answer = await nobody.call(
            "POST", "/password/reset", {"email": user.email}, url=gateway.url
        )
        assert answer.status == 202

        async def decided() -> bool:
            async with database.connection() as connection:
                return not await connection.fetchval("SELECT count(*) FROM account_mail_requests")

        await eventually(decided)
        async with database.connection() as connection:
            assert await connection.fetchval("SELECT count(*) FROM outbox") == 0
        await database.close()


async def test_reset_reveals_nothing(
    visitor: Any, nobody: Any, sign_up: Any, account_mails: Any, database: Any
) -> None:
    """Known, unknown, without a password, malformed: the same response, and the same rows."""
    bare = await sign_up(password=None)
    emails = [visitor.email, "nobody@example.com", bare.email, "no address", visitor.email.upper()]
    answers = [await reset(nobody, email) for email in emails]
    assert {(answer.status, answer.body) for answer in answers} == {(202, b"{}")}
    assert await account_mails.requested(visitor.user_id) == ["reset_password"] * 2
    assert await account_mails.requested(bare.user_id) == ["set_password"]
    kept = await database.fetch("SELECT user_id, email_key FROM account_mail_requests")
    assert all(row["email_key"] is None for row in kept), "a typed address is not kept"


async def test_account_is_not_looked_up_while_the_client_waits(
    visitor: Any, nobody: Any, database: Any
) -> None:
    """So that the time reveals nothing: the response arrives while the account is locked."""
    async with database.transaction():
        await database.execute("LOCK TABLE accounts, logins IN ACCESS EXCLUSIVE MODE")
        async with asyncio.timeout(8):
            for email in (visitor.email, "nobody@example.com"):
                assert (await reset(nobody, email)).status == 202


async def test_mails_of_an_account_are_limited_silently(
    visitor: Any, nobody: Any, account_mails: Any
) -> None:
    """Three in an hour, however many are requested at once."""
    answers = await asyncio.gather(*(reset(nobody, visitor.email) for _ in range(6)))
    assert {answer.status for answer in answers} == {202}
    assert len(await account_mails.requested(visitor.user_id)) == 3
    await account_mails.age(visitor.user_id)
    await reset(nobody, visitor.email)
    assert len(await account_mails.requested(visitor.user_id)) == 4


async def test_requests_of_a_client_are_slowed_down(visitor: Any, nobody: Any) -> None:
    """By address and account, apart from attempts to sign in."""
    statuses = [(await reset(nobody, visitor.email)).status for _ in range(11)]
    assert statuses == [202] * 10 + [429]
    refused = await reset(nobody, visitor.email)
    assert int(refused.headers["Retry-After"]) >= 1
    assert refused.json == {
        "error": "Too many requests for a new password; please try again later",
        "code": "too_many_resets",
    }
    assert (await visitor.sign_in()).status == 200


async def test_resets_of_many_clients_for_one_address_do_not_wait_for_each_other(
    visitor: Any, database: Any
) -> None:
    """Answered while the counts of the account are locked, so none keeps its connection."""
    subjects = [f"account {visitor.email}", f"reset account {visitor.email}"]
    await database.execute(
        "INSERT INTO sign_in_attempts (subject, attempts, last_at)"
        " SELECT subject, 0, now() FROM unnest($1::text[]) AS subject",
        subjects,
    )

    async def reset_from(address: str) -> int:
        async with calling_from(address, visitor) as client:
            return int((await reset(client, visitor.email)).status)

    async with database.transaction():
        await database.fetch(
            "SELECT FROM sign_in_attempts WHERE subject = ANY ($1::text[]) FOR UPDATE", subjects
        )
        clients = (reset_from(f"127.61.0.{number}") for number in range(1, 33))
        assert await asyncio.gather(*clients) == [202] * 32


async def test_reset_of_another_site_is_refused(nobody: Any, visitor: Any) -> None:
    answer = await reset(nobody, visitor.email, Origin="https://evil.example")
    assert answer.status == 403


@pytest.mark.parametrize(
    "body", [None, {}, {"email": 5}, {"email": "a" * 300}, {"email": "a\0"}, {"email": ["a"]}, []]
)
async def test_invalid_reset_is_400(nobody: Any, body: Any) -> None:
    assert (await nobody.call("POST", "/password/reset", body)).status == 400


async def test_new_address_is_not_verified(
    browser: Any, world: Any, publish_event: Any, account_mails: Any, call: Any
) -> None:
    """It gets a mail, and links to the old address end. Letter case makes no difference."""
    secret = await account_mails.secret("verify_address", browser)
    assert (await browser.call("POST", "/account/verify", {"token": secret})).status == 200
    old = await account_mails.secret("reset_password", browser)
    user = next(
        one.user for one in world.directory.users.values() if one.user.email == browser.email
    )

    async def shows(email: str, verified: bool) -> bool:
        shown = (await browser.call("GET", "/session")).json["user"]
        return bool((shown["email"], shown["emailVerified"]) == (email, verified))

    assert await shows(browser.email, True)
    upper = user.email.upper()
    await publish_event(UserUpdated, user.model_copy(update={"email": upper}), 2)
    await eventually(lambda: shows(upper, True))
    await publish_event(UserUpdated, user.model_copy(update={"email": f"new.{user.email}"}), 3)
    await eventually(lambda: shows(f"new.{user.email}", False))
    assert await account_mails.requested(browser.user_id) == ["verify_address"]
    body = {"token": old, "password": "staple of another kind"}
    assert (await browser.call("POST", "/account/password", body)).status == 400


async def test_another_mail_to_verify_the_address(browser: Any, account_mails: Any) -> None:
    """Not after it is verified; for the signed-in user only."""
    assert (await browser.call("POST", "/account/verification")).status == 202
    assert await account_mails.requested(browser.user_id) == ["verify_address"]
    secret = await account_mails.secret("verify_address", browser)
    await browser.call("POST", "/account/verify", {"token": secret})
    assert (await browser.call("POST", "/account/verification")).status == 202
    assert await account_mails.requested(browser.user_id) == ["verify_address"]
    browser.cookie = ""
    assert (await browser.call("POST", "/account/verification")).status == 401
