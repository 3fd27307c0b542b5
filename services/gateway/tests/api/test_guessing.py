"""Signing in tells nothing to who guesses, and lets nobody guess for long."""

import asyncio
from typing import Any

import pytest

from linktime_gateway.clients.passwords import Passwords

WRONG = {"error": "The e-mail or the password is wrong"}


async def test_unknown_and_wrong_are_answered_alike(
    visitor: Any, world: Any, operator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown e-mail, wrong password, no password: one answer, each after looking at a hash."""
    looked_at: list[str] = []
    verify = Passwords._matches

    def count(self: Passwords, encoded: str, password: str) -> bool:
        looked_at.append(encoded)
        return verify(self, encoded, password)

    monkeypatch.setattr(Passwords, "_matches", count)
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
async def test_a_malformed_sign_in_is_400(nobody: Any, body: Any, field: str) -> None:
    """Each names the field; nothing that was sent comes back."""
    answer = await nobody.call("POST", "/session", body)
    assert answer.status == 400
    assert set(answer.json["details"]) == {field}


async def test_guessing_is_limited_by_email(visitor: Any, database: Any) -> None:
    """Ten at once and no more, also with the right password; then it says when to come back."""
    await asyncio.gather(*(visitor.another().sign_in("wrong") for _ in range(10)))
    answer = await visitor.sign_in()
    assert answer.status == 429
    assert answer.json == {"error": "Too many attempts to sign in; please try again later"}
    assert 840 < int(answer.headers["Retry-After"]) <= 900
    await database.execute(
        "UPDATE sign_in_attempts SET began_at = began_at - interval '15 minutes'"
    )
    assert (await visitor.sign_in()).status == 200


async def test_guessing_is_limited_by_address(visitor: Any, database: Any) -> None:
    """An address that has tried many e-mails is stopped for all; one good sign-in frees nothing."""
    await database.execute("INSERT INTO sign_in_attempts VALUES ('address 127.0.0.1', now(), 19)")
    assert (await visitor.sign_in()).status == 200
    stranger = visitor.another()
    stranger.email = "stranger@example.com"
    assert (await stranger.sign_in()).status == 401
    assert (await visitor.another().sign_in()).status == 429


async def test_signing_in_forgives_earlier_mistakes(visitor: Any, database: Any) -> None:
    """A right password begins the e-mail's count anew."""
    for _ in range(3):
        assert (await visitor.sign_in("wrong")).status == 401
    assert (await visitor.sign_in()).status == 200
    left = await database.fetch("SELECT subject, attempts FROM sign_in_attempts")
    assert [tuple(row) for row in left] == [("address 127.0.0.1", 3)]
