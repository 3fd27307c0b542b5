"""A deactivated user is only reactivated by an explicit request of the provider."""

from typing import Any

import pytest

from .calls import Ask, person
from .provider import Provider, user
from .scim_people import domain_of


async def deactivated(provider: Provider) -> dict[str, Any]:
    """Return a managed user who is inactive."""
    made = await provider.make()
    await provider.set_active(made, value=False)
    read = await provider.call("GET", f"/Users/{made['id']}")
    return dict(read.body)


async def put(provider: Provider, made: dict[str, Any], **changes: Any) -> Any:
    """PUT the user with these attributes; `active` only as given."""
    body = {name: value for name, value in made.items() if name != "active"}
    return await provider.call("PUT", f"/Users/{made['id']}", body | changes)


SILENT: dict[str, dict[str, Any]] = {
    "PUT without it": {},
    "PUT with null": {"active": None},
    "PUT with another name": {"displayName": "Zoe"},
    "PUT with null and another name": {"displayName": "Zoe", "active": None},
}


@pytest.mark.parametrize("name", SILENT)
async def test_a_put_without_active_keeps_it(provider: Provider, name: str) -> None:
    """The stored value is unchanged, on the member and on the account."""
    made = await deactivated(provider)
    reply = await put(provider, made, **SILENT[name])
    assert (reply.status, reply.body["active"]) == (200, False)
    assert (await provider.account(made["userName"]))["active"] is False


KEEPING: list[list[dict[str, Any]]] = [
    [{"op": "remove", "path": "active"}],
    [{"op": "Remove", "path": "active", "value": [{"$ref": None, "value": "False"}]}],
    [{"op": "replace", "path": "active", "value": None}],
    [{"op": "add", "path": "active", "value": None}],
    [{"op": "replace", "value": {"active": None}}],
    [{"op": "replace", "value": {"active": None, "displayName": "Zoe"}}],
    [{"op": "remove", "path": "active"}, {"op": "add", "path": "displayName", "value": "Zoe"}],
    [
        {"op": "replace", "path": "active", "value": "False"},
        {"op": "remove", "path": "active"},
    ],
]


@pytest.mark.parametrize("operations", KEEPING)
@pytest.mark.parametrize("present", [True, False])
async def test_a_patch_without_active_keeps_it(
    provider: Provider, operations: list[dict[str, Any]], present: bool
) -> None:
    """Removal and null are ignored; the last explicit value before them counts."""
    made = await provider.make()
    await provider.set_active(made, value=present)
    expected = present and operations[0].get("value") != "False"
    reply = await provider.patch(made["id"], *operations)
    assert (reply.status, reply.body["active"]) == (200, expected)
    assert (await provider.account(made["userName"]))["active"] is expected


@pytest.mark.parametrize("word", [True, "True", "true", "TRUE"])
@pytest.mark.parametrize("way", ["PUT", "PATCH", "without a path"])
async def test_an_explicit_true_reactivates(provider: Provider, way: str, word: Any) -> None:
    """As a boolean or as Entra ID's text."""
    made = await deactivated(provider)
    match way:
        case "PUT":
            reply = await put(provider, made, active=word)
        case "PATCH":
            reply = await provider.patch(
                made["id"], {"op": "Replace", "path": "active", "value": word}
            )
        case _:
            reply = await provider.patch(made["id"], {"op": "add", "value": {"active": word}})
    assert (reply.status, reply.body["active"]) == (200, True)
    assert (await provider.account(made["userName"]))["active"] is True


@pytest.mark.parametrize("word", ["yes", "1", 1, 1.0, "on", "t", "", " true", 0, "no", {}])
@pytest.mark.parametrize("way", ["POST", "PUT", "PATCH", "without a path", "as Entra ID"])
async def test_another_value_is_refused(provider: Provider, way: str, word: Any) -> None:
    """400 with the attribute; nobody is activated by mistake."""
    made = await deactivated(provider)
    match way:
        case "POST":
            reply = await provider.call("POST", "/Users", user(active=word))
        case "PUT":
            reply = await put(provider, made, active=word)
        case "PATCH":
            operation = {"op": "replace", "path": "active", "value": word}
            reply = await provider.patch(made["id"], operation)
        case "as Entra ID":
            operation = {"op": "Replace", "path": "active", "value": [{"value": word}]}
            reply = await provider.patch(made["id"], operation)
        case _:
            reply = await provider.patch(made["id"], {"op": "add", "value": {"active": word}})
    assert reply.error == (400, "invalidValue")
    assert reply.body["detail"].startswith("active must be ")
    assert (await provider.account(made["userName"]))["active"] is False


@pytest.mark.parametrize(("said", "expected"), [({}, False), ({"active": True}, True)])
async def test_linking_an_inactive_account(
    provider: Provider, ask: Ask, said: dict[str, Any], expected: bool
) -> None:
    """POST for an inactive account: it stays inactive unless the provider sends `active`."""
    domain = await domain_of(provider, ask)
    account = person(email=f"ann@{domain}", emailVerified=True)
    await ask("POST", "/internal/users", account)
    await provider.rows("UPDATE users SET active = false WHERE id = $1 RETURNING id", account["id"])
    reply = await provider.call("POST", "/Users", user(userName=account["email"], **said))
    assert (reply.status, reply.body["active"]) == (201, expected)
    assert (await provider.account(account["email"]))["active"] is expected
    read = await provider.call("GET", f"/Users/{reply.body['id']}")
    assert read.body == reply.body


async def test_a_repeated_creation_does_not_reactivate(provider: Provider) -> None:
    """409, and the member is unchanged."""
    made = await deactivated(provider)
    again = await provider.call("POST", "/Users", user(userName=made["userName"], active=True))
    assert again.error == (409, "uniqueness")
    assert (await provider.account(made["userName"]))["active"] is False


@pytest.mark.parametrize("said", [{}, {"active": None}])
async def test_a_new_member_is_active_by_default(provider: Provider, said: dict[str, Any]) -> None:
    """There is no stored value yet."""
    reply = await provider.call("POST", "/Users", {**user(), **said})
    assert (reply.status, reply.body["active"]) == (201, True)
