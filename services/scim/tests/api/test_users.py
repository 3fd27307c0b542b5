"""The internal routes of accounts, and /me, over HTTP."""

import io
from typing import Any
from uuid import UUID, uuid4

import pytest

from linktime_common.contracts.internal_api.scim import DirectoryUser, DirectoryUsers
from linktime_common.identity import CallerKind
from linktime_local.testing.services import Running

from .calls import Ask, Sent, person


async def test_an_account_is_created_and_read_back(ask: Ask) -> None:
    """201 with the whole account; reads by id and by e-mail return the same."""
    words = {"username": "ann-l", "timezone": "Europe/Berlin", "locale": "pt-BR"}
    body = person(email="Ann.Lee@Example.com", **words)
    status, made = await ask("POST", "/internal/users", body, issuer="gateway")
    assert status == 201
    user = DirectoryUser.model_validate(made).user
    assert made["user"] == {
        "id": body["id"],
        "email": "Ann.Lee@example.com",
        "name": "Ann Lee",
        "username": "ann-l",
        "timezone": "Europe/Berlin",
        "plan": "BUSINESS",
        "effectivePlan": "BUSINESS",
        "active": True,
        "createdAt": made["user"]["createdAt"],
        "credentialsValidFrom": None,
        "locale": "pt-BR",
    }
    assert made["version"] > 0
    for issuer in ("availability", "bookings"):
        assert await ask("GET", f"/internal/users/{user.id}", issuer=issuer) == (200, made)
    by_email = await ask("GET", "/internal/users?email=ANN.lee@example.COM", issuer="gateway")
    assert by_email == (200, {"data": [made], "nextAfter": None})


async def test_a_retry_returns_200(ask: Ask) -> None:
    """The caller's id makes a retry safe."""
    body = person()
    first = await ask("POST", "/internal/users", body)
    second = await ask("POST", "/internal/users", body)
    assert (first[0], second[0]) == (201, 200)
    assert first[1] == second[1]


async def test_conflicts_return_409_with_their_cause(ask: Ask) -> None:
    """E-mail, username and id have different messages."""
    body = person(username="first-come")
    await ask("POST", "/internal/users", body)
    other_email = "An account with this id and another e-mail already exists"
    for fields, sentence, code in (
        (
            {"email": body["email"].upper()},
            "An account with this e-mail already exists",
            "email_taken",
        ),
        ({"username": "first-come"}, "This username is already taken", "username_taken"),
        ({"id": body["id"]}, other_email, "user_id_taken"),
    ):
        assert await ask("POST", "/internal/users", person(**fields)) == (
            409,
            {"error": sentence, "code": code},
        )


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"username": "admin"}, "username", "This username is reserved"),
        ({"username": "well-known"}, "username", "This username is reserved"),
        ({"username": "Ann"}, "username", None),
        ({"username": ""}, "username", None),
        ({"username": "a" * 40}, "username", None),
        ({"username": "a\x00b"}, "username", None),
        ({"username": "{x}"}, "username", None),
        ({"username": 5}, "username", "Expected a text"),
        ({"email": "nobody"}, "email", "Invalid email format"),
        ({"email": "a@b@c.de"}, "email", "Invalid email format"),
        ({"email": f"{'a' * 300}@example.com"}, "email", "Invalid email format"),
        ({"email": "a\x00@example.com"}, "email", None),
        ({"email": None}, "email", "Expected a text"),
        ({"name": ""}, "name", "Must have at least 1 character"),
        ({"name": "   "}, "name", "Must have at least 1 character"),
        ({"name": "a" * 201}, "name", "Must have at most 200 characters"),
        ({"name": "a\x00"}, "name", "Must be one line without control characters"),
        ({"name": ["a"]}, "name", "Expected a text"),
        ({"plan": "GOLD"}, "plan", None),
        ({"timezone": "Mars/Olympus"}, "timezone", "Unknown time zone"),
        ({"timezone": "../etc/passwd"}, "timezone", "Unknown time zone"),
        ({"id": "1"}, "id", "Not a known id"),
        ({"surprise": 1}, "surprise", "Unknown field"),
    ],
)
async def test_a_bad_field_is_named_and_changes_nothing(
    ask: Ask, fields: dict[str, Any], field: str, sentence: str | None
) -> None:
    """400 in the error shape, and the account is not created."""
    body = person(**fields)
    status, answer = await ask("POST", "/internal/users", body)
    assert status == 400
    assert answer["error"] == "Invalid request data"
    assert list(answer["details"]) == [field]
    if sentence:
        assert answer["details"][field] == sentence
    if field != "id":
        assert (await ask("GET", f"/internal/users/{body['id']}"))[0] == 404


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b"", 400),
        (b'"\xff"', 400),
        (b'{"name": "\\ud800"}', 400),
        (b" " * (1024 * 1024 + 1), 413),
    ],
)
async def test_a_broken_body_is_refused(scim: Running, raw: bytes, status: int) -> None:
    """Never a 500."""
    headers = {
        **scim.identity(CallerKind.OPERATOR, issuer="operator"),
        "Content-Type": "application/json",
    }
    url = f"{scim.internal_url}/internal/users"
    async with scim.session.post(url, data=io.BytesIO(raw), headers=headers) as response:
        assert response.status == status
        assert "error" in await response.json()


@pytest.mark.parametrize("name", ["王小明", "🎉🎉🎉", "…\u200d"])
async def test_a_name_in_any_script_is_accepted(ask: Ask, name: str) -> None:
    """The name is stored as written, the username is a random host's."""
    status, made = await ask("POST", "/internal/users", person(name=name))
    assert status == 201
    assert made["user"]["name"] == name
    assert made["user"]["username"].startswith("host-")


async def test_some_accounts_are_looked_up(ask: Ask) -> None:
    """Those that exist, each once, by id; at most 100 ids."""
    made = [(await ask("POST", "/internal/users", person()))[1] for _ in range(3)]
    known = sorted((made[0], made[2]), key=lambda one: str(one["user"]["id"]))
    ids = [made[2]["user"]["id"], str(uuid4()), made[0]["user"]["id"], made[2]["user"]["id"]]
    answer = await ask("POST", "/internal/users/lookup", {"ids": ids}, issuer="bookings")
    assert answer == (200, {"data": known, "nextAfter": None})
    too_many = {"ids": [str(uuid4()) for _ in range(101)]}
    status, body = await ask("POST", "/internal/users/lookup", too_many, issuer="bookings")
    assert (status, list(body["details"])) == (400, ["ids"])


async def test_all_accounts_are_listed_page_by_page(ask: Ask) -> None:
    """Each once, by id; the last page is marked."""
    made = {(await ask("POST", "/internal/users", person()))[1]["user"]["id"] for _ in range(3)}
    seen: list[str] = []
    query = "limit=2"
    while True:
        status, body = await ask("GET", f"/internal/users?{query}", issuer="gateway")
        assert status == 200
        page = DirectoryUsers.model_validate(body)
        assert len(page.data) <= 2
        seen += [str(entry.user.id) for entry in page.data]
        if page.next_after is None:
            break
        query = f"limit=2&after={page.next_after}"
    assert made <= set(seen)
    assert seen == sorted(seen)
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=many", "limit"),
        ("limit=99999999999999999999999999", "limit"),
        ("after=first", "after"),
        ("email=a%00b", "email"),
        ("username=a%00b", "username"),
    ],
)
async def test_a_bad_query_is_named(ask: Ask, query: str, field: str) -> None:
    """400 with the parameter in details."""
    status, answer = await ask("GET", f"/internal/users?{query}")
    assert (status, list(answer["details"])) == (400, [field])


@pytest.mark.parametrize("email", ["", "nobody", "nobody@example.com", "%25", "a" * 7000])
async def test_an_unknown_email_finds_no_account(ask: Ask, email: str) -> None:
    """Not an error: an empty list."""
    assert await ask("GET", f"/internal/users?email={email}") == (
        200,
        {"data": [], "nextAfter": None},
    )


async def test_an_account_is_found_by_its_username(ask: Ask) -> None:
    """Exactly as written, for the gateway and availability."""
    _, made = await ask("POST", "/internal/users", person(username="by-this-name"))
    for issuer in ("gateway", "availability"):
        found = await ask("GET", "/internal/users?username=by-this-name", issuer=issuer)
        assert found == (200, {"data": [made], "nextAfter": None})


@pytest.mark.parametrize("username", ["", "nobody-here", "by-this-name-2", "by-this-", "%25"])
async def test_an_unknown_username_finds_no_account(ask: Ask, username: str) -> None:
    """Not an error: an empty list, never all accounts."""
    await ask("POST", "/internal/users", person())
    assert await ask("GET", f"/internal/users?username={username}") == (
        200,
        {"data": [], "nextAfter": None},
    )


@pytest.mark.parametrize(
    "user_id", ["9530514d-34ef-45dc-b2de-62be36eb2062", "1", "me", "%00", "a" * 5000]
)
async def test_an_unknown_or_malformed_id_is_not_found(ask: Ask, user_id: str) -> None:
    """Both get the same 404."""
    not_found = (404, {"error": "User not found", "code": "user_not_found"})
    assert await ask("GET", f"/internal/users/{user_id}") == not_found
    assert await ask("PUT", f"/internal/users/{user_id}/plan", {"plan": "PRO"}) == not_found


async def test_the_plan_is_changed(ask: Ask) -> None:
    """The response is the account with a later version."""
    _, made = await ask("POST", "/internal/users", person(plan="FREE"))
    path = f"/internal/users/{made['user']['id']}/plan"
    status, changed = await ask("PUT", path, {"plan": "Pro"})
    assert status == 200
    assert (changed["user"]["plan"], changed["user"]["effectivePlan"]) == ("PRO", "PRO")
    assert changed["version"] > made["version"]
    for bad in ({}, {"plan": None}, {"plan": "gold"}, {"plan": "PRO", "more": 1}):
        assert (await ask("PUT", path, bad))[0] == 400


async def test_me_is_the_key_owners_profile(ask: Ask, me: Any) -> None:
    """Exactly the six fields of the contract."""
    _, made = await ask("POST", "/internal/users", person(plan="PRO"))
    user = made["user"]
    assert await me(UUID(user["id"])) == (
        200,
        {name: user[name] for name in ("id", "email", "name", "username", "plan", "effectivePlan")},
    )
    assert await me(uuid4()) == (404, {"error": "User not found", "code": "user_not_found"})


async def test_wrong_callers_are_refused(ask: Ask, scim: Running) -> None:
    """Another service, another caller kind, no identity: 503, never data."""
    user_id = str(uuid4())
    assert (await ask("POST", "/internal/users", person(), issuer="bookings"))[0] == 503
    assert (await ask("GET", "/internal/users", issuer="bookings"))[0] == 503
    assert (await ask("GET", f"/internal/users/{user_id}", issuer="webhooks"))[0] == 503
    assert (await ask("PUT", f"/internal/users/{user_id}/plan", {}, issuer="gateway"))[0] == 503
    for caller_kind in (
        CallerKind.PUBLIC,
        CallerKind.SESSION,
        CallerKind.SCIM_TOKEN,
        CallerKind.SERVICE,
        CallerKind.OPERATOR,
    ):
        headers = scim.identity(caller_kind, subject=uuid4())
        async with scim.session.get(f"{scim.url}/api/v1/me", headers=headers) as response:
            assert response.status == 503
    async with scim.session.get(f"{scim.url}/api/v1/me") as response:
        assert response.status == 503
    async with scim.session.get(f"{scim.url}/internal/users") as response:
        assert response.status == 404


async def test_the_operator_deactivates_and_activates_an_account(ask: Ask, sent: Sent) -> None:
    """One event for each change, none for a repeat."""
    body = person()
    before = (await ask("POST", "/internal/users", body))[1]
    path = f"/internal/users/{body['id']}/active"
    status, closed = await ask("PUT", path, {"active": False})
    assert (status, closed["user"]) == (200, before["user"] | {"active": False})
    assert closed["version"] > before["version"]
    assert await ask("PUT", path, {"active": False}) == (200, closed)
    (event,) = await sent(UUID(body["id"]), "user.deactivated")
    assert event["data"]["user"]["active"] is False
    opened = (await ask("PUT", path, {"active": True}))[1]
    assert opened["user"] == before["user"]
    assert len(await sent(UUID(body["id"]), "user.updated")) == 1
    unknown = await ask("PUT", f"/internal/users/{uuid4()}/active", {"active": False})
    assert unknown == (404, {"error": "User not found", "code": "user_not_found"})
