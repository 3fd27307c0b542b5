"""Credentials ended by `credentialsValidFrom` or by an inactive account."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from linktime_common.contracts.events.scim import UserDeactivated, UserState, UserUpdated
from linktime_common.contracts.wire import format_instant
from linktime_gateway.app import SERVICE
from linktime_gateway.store.changes import CHANNEL
from linktime_local.testing.services import Running, running
from linktime_local.testing.waiting import eventually

ME = "/api/v1/me"
# Far from now: credentials are compared with the value at their creation, not with the clock.
ENDED_AT = datetime(2025, 7, 1, 12, tzinfo=UTC)
Answers = Callable[[int, int], Awaitable[bool]]


@pytest.fixture
async def replica(settings: dict[str, Any]) -> AsyncIterator[Running]:
    """A second process beside `gateway`."""
    async with running(SERVICE, **settings) as other:
        yield other


@pytest.fixture
async def key(browser: Any) -> str:
    """An API key of the signed-in user."""
    return str((await browser.call("POST", "/api-keys", {})).json["key"])


@pytest.fixture
def everywhere(call: Any, browser: Any, key: str, gateway: Running, replica: Running) -> Answers:
    """Return whether both processes respond to key and session with these statuses."""

    async def answer(with_key: int, with_session: int) -> bool:
        got = [
            ((await call("GET", ME, key, url=url)).status, session.status)
            for url in (gateway.url, replica.url)
            for session in [await browser.call("GET", "/session", url=url)]
        ]
        return got == [(with_key, with_session)] * 2

    return answer


def account_of(world: Any, browser: Any) -> UserState:
    return world.directory.users[UUID(browser.user_id)].user


async def test_an_inactive_accounts_key_and_session_stop_within_a_second(
    world: Any, browser: Any, everywhere: Answers, publish_event: Any
) -> None:
    """In both processes, which have them cached; the key works when the account is active again."""
    user = account_of(world, browser)
    assert await everywhere(200, 200)
    await publish_event(UserDeactivated, user.model_copy(update={"active": False}), 10)
    await eventually(lambda: everywhere(401, 401), within=3)
    assert (await browser.another().sign_in()).status == 401
    await publish_event(UserUpdated, user, 11)
    await eventually(lambda: everywhere(200, 401), within=3)
    assert (await browser.another().sign_in()).status == 200


async def test_credentials_made_before_the_end_are_refused(
    world: Any,
    browser: Any,
    everywhere: Answers,
    publish_event: Any,
    call: Any,
    key: str,
    database: Any,
) -> None:
    """Key, session and password, in both processes; older events do not restore them."""
    user = account_of(world, browser)
    assert await everywhere(200, 200)
    ended = user.model_copy(update={"credentials_valid_from": ENDED_AT})
    await publish_event(UserUpdated, ended, 10)
    await eventually(lambda: everywhere(401, 401), within=3)
    answer = await call("GET", ME, key)
    assert answer.json == {"error": "This API key has been revoked", "code": "key_revoked"}
    assert (await browser.another().sign_in()).status == 401
    await publish_event(UserUpdated, user, 9)
    await publish_event(UserUpdated, ended.model_copy(update={"name": "Renamed"}), 11)

    async def renamed() -> bool:
        name = await database.fetchval("SELECT name FROM accounts WHERE id = $1", user.id)
        return bool(name == "Renamed")

    await eventually(renamed)
    assert await everywhere(401, 401)


async def test_keys_made_after_the_end_work(
    world: Any, browser: Any, call: Any, operator: Any, key: str, publish_event: Any
) -> None:
    """The list shows the old key as revoked at that time."""
    world.directory.change(account_of(world, browser), credentials_valid_from=ENDED_AT)
    new = (await operator.make_key(account_of(world, browser)))["key"]
    assert (await call("GET", ME, new)).status == 200
    assert (await call("GET", ME, key)).status == 401
    _, listed = await operator.call("GET", f"/internal/users/{browser.user_id}/api-keys")
    assert [(one["last4"], one["revokedAt"]) for one in listed["data"]] == [
        (new[-4:], None),
        (key[-4:], format_instant(ENDED_AT)),
    ]
    again = ENDED_AT + timedelta(days=1)
    ended = account_of(world, browser).model_copy(update={"credentials_valid_from": again})
    await publish_event(UserUpdated, ended, 10)

    async def ended_too() -> bool:
        return bool((await call("GET", ME, new)).status == 401)

    await eventually(ended_too)


async def test_an_ended_session_cannot_create_a_key(
    world: Any, browser: Any, operator: Any
) -> None:
    """Creating a key reads the directory, before the event arrives."""
    world.directory.change(account_of(world, browser), credentials_valid_from=ENDED_AT)
    answer = await browser.call("POST", "/api-keys", {})
    assert (answer.status, answer.json) == (
        401,
        {"error": "Please sign in", "code": "not_signed_in"},
    )
    _, listed = await operator.call("GET", f"/internal/users/{browser.user_id}/api-keys")
    assert listed["data"] == []
    assert (await browser.call("GET", "/session")).status == 401


async def test_a_password_set_by_an_ended_session_is_refused(
    world: Any, browser: Any, publish_event: Any
) -> None:
    """Although it was changed before the event arrived."""
    change = {"current": "correct horse battery", "new": "another horse battery"}
    assert (await browser.call("PUT", "/password", change)).status == 200
    user = account_of(world, browser)
    await publish_event(
        UserUpdated, user.model_copy(update={"credentials_valid_from": ENDED_AT}), 10
    )

    async def ended() -> bool:
        return bool((await browser.call("GET", "/session")).status == 401)

    await eventually(ended)
    assert (await browser.another().sign_in("another horse battery")).status == 401


async def test_an_account_read_from_the_directory_ends_credentials(
    world: Any, browser: Any, call: Any, key: str, database: Any
) -> None:
    """The directory's response has the same effect as the event."""
    world.directory.change(account_of(world, browser), credentials_valid_from=ENDED_AT)
    await database.execute("DELETE FROM accounts WHERE id = $1", UUID(browser.user_id))
    await database.execute("SELECT pg_notify($1, $2)", CHANNEL, browser.user_id)

    async def refused() -> bool:
        return bool((await call("GET", ME, key)).status == 401)

    await eventually(refused)
    assert (await browser.call("GET", "/session")).status == 401
