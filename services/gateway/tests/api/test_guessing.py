"""Password guessing is slowed down, reveals nothing and locks nobody out."""

import asyncio
import dataclasses
from typing import Any

import aiohttp
import pytest

from linktime_gateway.clients.passwords import PasswordChecker

WRONG = {"error": "The e-mail or the password is wrong", "code": "sign_in_refused"}


async def test_unknown_and_wrong_get_the_same_response(
    visitor: Any, world: Any, operator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown e-mail, wrong password, no password: each after verifying a hash."""
    looked_at: list[str] = []
    verify = PasswordChecker._matches

    def count(self: PasswordChecker, encoded: str, password: str) -> bool:
        looked_at.append(encoded)
        return verify(self, encoded, password)

    monkeypatch.setattr(PasswordChecker, "_matches", count)
    unknown, bare = visitor.another(), visitor.another()
    unknown.email = "nobody@example.com"
    user = world.directory.add()
    await operator.make_key(user)
    bare.email = user.email
    answers = [
        await visitor.sign_in("not the password"),
        await visitor.sign_in(""),
        await unknown.sign_in(),
        await bare.sign_in(),
    ]
    assert [(answer.status, answer.json) for answer in answers] == [(401, WRONG)] * 4
    assert len(looked_at) == 4
    assert len({encoded.rpartition("$")[0].rpartition("$")[0] for encoded in looked_at}) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"password": "x"}, "email"),
        ({"email": "a@example.com"}, "password"),
        ({"email": 5, "password": "x"}, "email"),
        ({"email": "a@example.com", "password": ["x"]}, "password"),
        ({"email": "a" * 300, "password": "x"}, "email"),
        ({"email": "a\u0000@example.com", "password": "x"}, "email"),
        ({"email": "a@example.com", "password": "x" * 2000}, "password"),
        ({"email": "a@example.com", "password": "x", "remember": True}, "remember"),
    ],
)
async def test_an_invalid_sign_in_is_400(nobody: Any, body: Any, field: str) -> None:
    """The response names the field and does not repeat the input."""
    answer = await nobody.call("POST", "/session", body)
    assert answer.status == 400
    assert set(answer.json["details"]) == {field}


TOO_MANY = {
    "error": "Too many attempts to sign in; please try again later",
    "code": "too_many_attempts",
}


async def let_pass(database: Any, seconds: int) -> None:
    """Move the last attempts into the past."""
    await database.execute(
        "UPDATE sign_in_attempts SET last_at = last_at - $1 * interval '1 second'", seconds
    )


async def tried(database: Any, subject: str, times: int) -> None:
    """Set the number of attempts of the subject, the last one now."""
    await database.execute(
        "INSERT INTO sign_in_attempts (subject, attempts, last_at) VALUES ($1, $2, now())"
        " ON CONFLICT (subject) DO UPDATE SET attempts = excluded.attempts, last_at = now()",
        subject,
        times,
    )


async def test_an_address_waits_longer_and_longer_for_one_account(
    visitor: Any, database: Any
) -> None:
    """After ten attempts each must wait, for at most a minute. Refused attempts do not count, and
    the right password must wait as well."""
    subject = f"account {visitor.email}, address 127.0.0.1"
    await tried(database, subject, 9)
    assert (await visitor.sign_in("wrong")).status == 401
    await tried(database, subject, 16)
    for _ in range(2):
        answer = await visitor.sign_in()
        assert (answer.status, answer.json) == (429, TOO_MANY)
        assert 30 < int(answer.headers["Retry-After"]) <= 60
    await let_pass(database, 60)
    assert (await visitor.sign_in("wrong")).status == 401
    counted = "SELECT attempts FROM sign_in_attempts WHERE subject = $1"
    assert await database.fetchval(counted, subject) == 17
    assert (await visitor.sign_in()).status == 429
    await let_pass(database, 60)
    assert (await visitor.sign_in()).status == 200


async def test_one_of_many_concurrent_attempts_is_admitted(visitor: Any, database: Any) -> None:
    """The database decides."""
    await tried(database, f"account {visitor.email}, address 127.0.0.1", 16)
    await let_pass(database, 60)
    answers = await asyncio.gather(*(visitor.another().sign_in("wrong") for _ in range(5)))
    assert sorted(answer.status for answer in answers) == [401, 429, 429, 429, 429]


async def test_attempts_from_elsewhere_do_not_lock_an_account(visitor: Any, database: Any) -> None:
    """The right password works from an address without attempts."""
    await tried(database, f"account {visitor.email}", 1_000_000)
    await tried(database, f"account {visitor.email}, address 127.0.0.1", 1_000_000)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(local_addr=("127.9.9.9", 0))
    ) as session:
        elsewhere = dataclasses.replace(visitor.gateway, session=session)
        owner = dataclasses.replace(visitor, gateway=elsewhere)
        assert (await visitor.sign_in()).status == 429
        assert (await owner.sign_in()).status == 200


async def test_an_address_waits_for_all_accounts(visitor: Any, database: Any) -> None:
    """After many e-mails; a successful sign-in does not reset the count."""
    await tried(database, "address 127.0.0.1", 19)
    assert (await visitor.sign_in()).status == 200
    counted = "SELECT attempts FROM sign_in_attempts WHERE subject = 'address 127.0.0.1'"
    assert await database.fetchval(counted) == 19
    await tried(database, "address 127.0.0.1", 30)
    stranger = visitor.another()
    stranger.email = "stranger@example.com"
    assert (await stranger.sign_in()).status == 429
    assert (await visitor.another().sign_in()).status == 429


async def test_signing_in_resets_the_accounts_count(visitor: Any, database: Any) -> None:
    """The address keeps other attempts."""
    for _ in range(3):
        assert (await visitor.sign_in("wrong")).status == 401
    assert (await visitor.sign_in()).status == 200
    left = await database.fetch("SELECT subject, attempts FROM sign_in_attempts")
    assert [tuple(row) for row in left] == [("address 127.0.0.1", 3)]


async def test_changing_the_password_counts_attempts(browser: Any, database: Any) -> None:
    """Together with signing in."""
    await tried(database, f"account {browser.email}, address 127.0.0.1", 30)
    answer = await browser.call("PUT", "/password", {"current": "guess", "new": "x" * 20})
    assert (answer.status, answer.json) == (429, TOO_MANY)
