"""Changes of usernames: the previous one stays a name of the account."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from linktime_common.ids import new_id
from linktime_common.postgres import Database, connect
from linktime_scim.domain.usernames import KEPT, MOST_FORMER

from .calls import Ask, Sent, Session, person

TAKEN = (409, "This username is already taken")


@pytest.fixture(scope="module")
async def stored(dsn: str) -> AsyncIterator[Database]:
    """A connection to the directory's database."""
    database = await connect(dsn, application_name="test")
    yield database
    await database.close()


def name() -> str:
    """Return a username that nobody has."""
    return f"u-{new_id().hex[-20:]}"


async def add(ask: Ask, username: str) -> UUID:
    status, made = await ask("POST", "/internal/users", person(username=username))
    assert status == 201, made
    return UUID(made["user"]["id"])


async def found(ask: Ask, username: str) -> list[Any]:
    """Return ids and present usernames of the accounts that have or had the username."""
    _status, body = await ask("GET", f"/internal/users?username={username}")
    return [(UUID(one["user"]["id"]), one["user"]["username"]) for one in body["data"]]


async def rename(session: Session, user_id: UUID, username: str) -> tuple[int, Any]:
    status, body = await session(user_id, "PATCH", "/me", {"username": username})
    return status, body["username"] if status == 200 else body["error"]


async def make_older(database: Database, username: str) -> None:
    async with database.connection() as connection:
        await connection.execute(
            "UPDATE former_usernames SET replaced_at = replaced_at - $2::interval"
            " WHERE username = $1",
            username,
            KEPT + timedelta(minutes=1),
        )


async def test_former_usernames_find_the_account(ask: Ask, session: Session, sent: Sent) -> None:
    """In any letter case; the change is published, and the profile has the new one."""
    first, second = name(), name()
    user_id = await add(ask, first)
    assert await rename(session, user_id, second) == (200, second)
    for username in (first, first.upper(), second, second.upper()):
        assert await found(ask, username) == [(user_id, second)]
    assert (await session(user_id, "GET", "/me"))[1]["username"] == second
    (event,) = await sent(user_id, "user.updated")
    assert event["data"]["user"]["username"] == second


async def test_a_username_that_somebody_has_or_had_is_refused(
    ask: Ask, session: Session, stored: Database
) -> None:
    """For 90 days; the account itself can take it back at once."""
    first, second, third = name(), name(), name()
    user_id, other_id = await add(ask, first), await add(ask, third)
    assert await rename(session, user_id, third) == TAKEN
    assert await rename(session, user_id, second) == (200, second)
    assert await rename(session, other_id, first) == TAKEN
    status, body = await ask("POST", "/internal/users", person(username=first))
    assert (status, body["error"]) == TAKEN
    assert await rename(session, user_id, first) == (200, first)
    assert await rename(session, user_id, second) == (200, second)
    await make_older(stored, first)
    assert await found(ask, first) == [(user_id, second)]
    assert await rename(session, other_id, first) == (200, first)
    assert await found(ask, first) == [(other_id, first)]
    assert await found(ask, third) == [(other_id, first)]


async def test_a_derived_username_is_no_former_one(ask: Ask, session: Session) -> None:
    """An account made from the same name gets the next number."""
    word = name()
    _status, made = await ask("POST", "/internal/users", person(name=word))
    assert made["user"]["username"] == word
    await rename(session, UUID(made["user"]["id"]), name())
    _status, second = await ask("POST", "/internal/users", person(name=word))
    assert second["user"]["username"] == f"{word}-2"


async def test_two_accounts_at_once_do_not_get_one_username(ask: Ask, session: Session) -> None:
    """One gets it, the other is refused."""
    ids = [await add(ask, name()) for _ in range(5)]
    wanted = name()
    answers = await asyncio.gather(*(rename(session, user_id, wanted) for user_id in ids))
    assert sorted(answers) == [(200, wanted), *[TAKEN] * 4]


async def test_changes_are_limited(ask: Ask, session: Session, stored: Database) -> None:
    """Otherwise one account could keep any number of usernames."""
    names = [name() for _ in range(MOST_FORMER + 2)]
    user_id = await add(ask, names[0])
    # Former ones are counted, not changes.
    for username in (*names[1:3], *names[1:-1]):
        assert (await rename(session, user_id, username))[0] == 200
    status, sentence = await rename(session, user_id, names[-1])
    assert (status, sentence) == (
        409,
        "This account has 10 former usernames, each kept for 90 days; change the username later",
    )
    await make_older(stored, names[0])
    assert (await rename(session, user_id, names[-1]))[0] == 200


async def test_a_full_account_can_return_to_a_former_username(ask: Ask, session: Session) -> None:
    """It keeps as many as before; a further one is still refused."""
    names = [name() for _ in range(MOST_FORMER + 1)]
    user_id = await add(ask, names[0])
    for username in (*names[1:], names[3], names[-1], names[3]):
        assert await rename(session, user_id, username) == (200, username)
    assert (await rename(session, user_id, name()))[0] == 409
