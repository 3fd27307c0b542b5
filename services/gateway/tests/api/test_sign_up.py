"""The operator's sign-up and resync of users."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web
from argon2 import PasswordHasher

from linktime_common.identity import CallerKind
from linktime_common.ids import new_id
from linktime_gateway.api.errors import STATUSES
from linktime_gateway.domain import errors
from linktime_local.testing.waiting import eventually


def new_account(**facts: Any) -> dict[str, Any]:
    return {"email": f"{new_id()}@example.com", "name": "Grace", **facts}


async def unavailable(_request: web.BaseRequest) -> web.Response:
    return web.Response(status=503)


def test_every_refusal_has_a_status() -> None:
    """A refusal without one would return 500."""

    def below(kind: type) -> set[type]:
        return {kind, *(deeper for sub in kind.__subclasses__() for deeper in below(sub))}

    ours = {kind for kind in below(errors.Refusal) if kind.__module__ == errors.__name__}
    assert ours == set(STATUSES)


@pytest.mark.parametrize(
    ("caller_kind", "issuer"),
    [
        (None, ""),
        (CallerKind.SERVICE, "bookings"),
        (CallerKind.API_KEY, "operator"),
        (CallerKind.PUBLIC, "operator"),
    ],
)
async def test_internal_routes_accept_only_the_operator(
    gateway: Any, world: Any, caller_kind: CallerKind | None, issuer: str
) -> None:
    """Without an identity or for another caller kind, 503 and no effect."""
    headers = gateway.identity(caller_kind, issuer=issuer) if caller_kind else {}
    async with gateway.session.post(
        f"{gateway.internal_url}/internal/users", json=new_account(), headers=headers
    ) as answer:
        assert answer.status == 503
    assert world.directory.seen == []


async def test_sign_up_creates_account_and_login(operator: Any, world: Any, database: Any) -> None:
    """The directory has the account, the gateway an active login with a hashed password."""
    body = new_account(username="grace", plan="PRO", timezone="Europe/Berlin")
    status, made = await operator.call(
        "POST", "/internal/users", {**body, "password": "correct horse"}
    )
    assert status == 201
    assert made == {
        "id": made["id"],
        "email": body["email"],
        "name": "Grace",
        "username": "grace",
        "plan": "PRO",
    }
    assert UUID(made["id"]) in world.directory.users
    assert json.loads(world.directory.last.body)["emailVerified"] is True
    login = await _login(database, made["id"])
    assert PasswordHasher().verify(login["password_hash"], "correct horse")
    assert login["password_hash"].startswith("$argon2id$")
    assert login["activated_at"] is not None
    assert (login["pending_email"], login["attempt"]) == (None, None)
    known = await database.fetchval("SELECT email FROM accounts WHERE id = $1", UUID(made["id"]))
    assert known == body["email"]


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("Password123", "This is one of the commonest passwords; choose another"),
        (" " * 12, "Must not consist of blanks only"),
        ("grace.hopper@Example.com", "Must not be your e-mail address or name; choose another"),
        ("gracehopper", "Must not be your e-mail address or name; choose another"),
    ],
)
async def test_a_common_password_is_400(
    operator: Any, world: Any, password: str, sentence: str
) -> None:
    """The response names the field, and nothing is created."""
    body = {"email": "grace.hopper@example.com", "name": "Grace Hopper", "password": password}
    status, answer = await operator.call("POST", "/internal/users", body)
    assert (status, answer["details"]) == (400, {"password": sentence})
    assert world.directory.seen == []


async def test_sign_up_without_a_password(operator: Any, database: Any) -> None:
    """The login is active without a password."""
    status, made = await operator.call("POST", "/internal/users", new_account())
    assert status == 201
    login = await _login(database, made["id"])
    assert login["password_hash"] is None
    assert login["activated_at"] is not None


async def test_an_interrupted_sign_up_resumes_with_the_same_user(
    operator: Any, world: Any, database: Any
) -> None:
    """The directory's response was lost; the retry returns the same account."""
    body = new_account(username="once")

    async def answer_is_lost(_request: web.BaseRequest) -> web.Response:
        world.directory._create(_sent(world))
        return web.Response(status=502)

    world.directory.reply = answer_is_lost
    status, _ = await operator.call("POST", "/internal/users", {**body, "password": "first try!"})
    assert status == 503
    world.directory.reply = None
    retry = {**body, "email": body["email"].upper(), "password": "second try!"}
    status, made = await operator.call("POST", "/internal/users", retry)
    assert status == 201
    assert [seen.method for seen in world.directory.seen] == ["POST", "POST"]
    assert UUID(made["id"]) == UUID(_sent(world)["id"])
    login = await _login(database, made["id"])
    assert PasswordHasher().verify(login["password_hash"], "second try!")


async def test_a_refusal_of_the_directory_is_returned_and_releases_the_email(
    operator: Any, world: Any, database: Any
) -> None:
    """With its message and field; the corrected request succeeds."""
    body = new_account(username="admin")
    status, refused = await operator.call("POST", "/internal/users", body)
    assert status == 400
    assert refused == {
        "error": "Invalid request data",
        "code": "invalid_request",
        "details": {"username": "This username is reserved"},
    }
    pending = "SELECT count(*) FROM logins WHERE pending_email IS NOT NULL"
    assert await database.fetchval(pending) == 0
    status, _ = await operator.call("POST", "/internal/users", {**body, "username": "grace"})
    assert status == 201
    status, refused = await operator.call("POST", "/internal/users", body | {"username": "other"})
    assert status == 409
    assert refused == {"error": "This e-mail is already used", "code": "email_taken"}
    assert await database.fetchval(pending) == 0


async def test_the_email_is_reserved_while_the_directory_is_unavailable(
    operator: Any, world: Any, database: Any
) -> None:
    """503 and a pending login, which the next attempt finishes."""
    body = new_account()
    world.directory.reply = unavailable
    assert (await operator.call("POST", "/internal/users", body))[0] == 503
    held = "SELECT user_id FROM logins WHERE pending_email = $1"
    user_id = await database.fetchval(held, body["email"])
    assert user_id is not None
    world.directory.reply = None
    status, made = await operator.call("POST", "/internal/users", body)
    assert (status, UUID(made["id"])) == (201, user_id)
    assert await database.fetchval(held, body["email"]) is None


async def test_concurrent_sign_ups_make_one_account(
    operator: Any, world: Any, database: Any
) -> None:
    """All successful responses have the same user; the last password is set."""
    body = new_account()
    passwords = [f"password number {number}" for number in range(4)]
    answers = await asyncio.gather(
        *(
            operator.call("POST", "/internal/users", {**body, "password": password})
            for password in passwords
        )
    )
    made = [answer["id"] for status, answer in answers if status == 201]
    assert len(made) == 1
    assert {status for status, _ in answers} <= {201, 409}
    accounts = [
        user_id
        for user_id, entry in world.directory.users.items()
        if entry.user.email == body["email"]
    ]
    assert accounts == [UUID(made[0])]
    winner = next(n for n, (status, _) in enumerate(answers) if status == 201)
    login = await _login(database, made[0])
    assert PasswordHasher().verify(login["password_hash"], passwords[winner])


async def test_a_replaced_sign_up_is_409(operator: Any, world: Any, database: Any) -> None:
    """The later sign-up finishes while the first waits; its password is set."""
    body = new_account()
    second_is_done = asyncio.Event()

    async def slow_for_the_first(request: web.BaseRequest) -> web.Response:
        sent = _sent(world)
        if len(world.directory.seen) == 1:
            await second_is_done.wait()
        return world.directory._create(sent)

    world.directory.reply = slow_for_the_first
    first = asyncio.create_task(
        operator.call("POST", "/internal/users", {**body, "password": "the first one"})
    )
    await eventually(lambda: len(world.directory.seen) == 1)
    status, made = await operator.call(
        "POST", "/internal/users", {**body, "password": "the second one"}
    )
    second_is_done.set()
    assert status == 201
    assert (await first)[0] == 409
    login = await _login(database, made["id"])
    assert PasswordHasher().verify(login["password_hash"], "the second one")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"email": "nonsense"}, "email"),
        ({"email": None}, "email"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"plan": "GOLD"}, "plan"),
        ({"password": "too short"}, "password"),
        ({"password": "x" * 1025}, "password"),
        ({"password": 12345678901}, "password"),
        ({"username": "a\x00b"}, "username"),
        ({"admin": True}, "admin"),
    ],
)
async def test_an_invalid_sign_up_names_the_field(
    operator: Any, world: Any, wrong: dict[str, Any], field: str
) -> None:
    """The directory is not called."""
    status, answer = await operator.call("POST", "/internal/users", new_account() | wrong)
    assert (status, answer["error"]) == (400, "Invalid request data")
    assert list(answer["details"]) == [field]
    assert world.directory.seen == []


@pytest.mark.parametrize("password", ["0918273645", "x" * 1024, "pässwörter "])
async def test_passwords_of_ten_to_1024_characters_are_accepted(
    operator: Any, password: str
) -> None:
    """Of any characters."""
    body = new_account(password=password)
    assert (await operator.call("POST", "/internal/users", body))[0] == 201


async def test_resync_stores_newer_versions(operator: Any, world: Any, database: Any) -> None:
    """Older versions change nothing; accounts created elsewhere get a login."""
    user = world.directory.add()
    old = world.directory.users[user.id]
    new = world.directory.change(user, name="Renamed")

    async def resync(*entries: Any) -> Any:
        users = [entry.model_dump(mode="json") for entry in entries]
        return await operator.call("POST", "/internal/resync", {"users": users})

    assert await resync(new) == (200, {"applied": 1})
    assert await resync(old, new) == (200, {"applied": 0})
    name = await database.fetchval("SELECT name FROM accounts WHERE id = $1", user.id)
    assert name == "Renamed"
    assert (await _login(database, user.id))["password_hash"] is None
    assert (await resync(*[new] * 501))[0] == 400


async def test_readiness_covers_database_broker_and_consumer(gateway: Any) -> None:
    """On the internal port."""
    async with gateway.session.get(f"{gateway.internal_url}/readyz") as answer:
        checks = (await answer.json())["checks"]
    assert checks == {"database": True, "broker": True, "consumer": True}


def _sent(world: Any) -> dict[str, Any]:
    return dict(json.loads(world.directory.last.body))


async def _login(database: Any, user_id: Any) -> Any:
    return await database.fetchrow("SELECT * FROM logins WHERE user_id = $1", UUID(str(user_id)))
