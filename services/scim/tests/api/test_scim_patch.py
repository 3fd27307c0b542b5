"""Every form of a PATCH operation is applied, ignored as documented, or refused by name."""

from typing import Any

import pytest

from .provider import ENTERPRISE, USER, Provider, user

WORK = {"value": "work@example.com", "type": "work"}
HOME = {"value": "home@example.com", "type": "home"}
NEW = "new@example.com"


async def made_with_two(provider: Provider) -> dict[str, Any]:
    """Create a user of a new account with the addresses WORK and HOME."""
    body = user()
    body["emails"] = [{**body["emails"][0], "type": "other"}, WORK, HOME]
    reply = await provider.call("POST", "/Users", body)
    assert reply.status == 201, reply
    return dict(reply.body)


def described(made: dict[str, Any]) -> dict[str, Any]:
    """Return the user without times, with the addresses WORK and HOME only."""
    rest = {name: value for name, value in made.items() if name != "meta"}
    return {**rest, "emails": made["emails"][1:]}


APPLIED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"op": "replace", "value": {'emails[type eq "work"].value': NEW}},
        {"emails": [{**WORK, "value": NEW}, HOME]},
    ),
    (
        {"op": "Add", "value": {f'{USER}:emails[type eq "home"].value': NEW, "displayName": "A"}},
        {"emails": [WORK, {**HOME, "value": NEW}], "displayName": "A"},
    ),
    (
        {"op": "add", "value": {'emails[type eq "fax"].value': NEW}},
        {"emails": [WORK, HOME, {"value": NEW, "type": "fax"}]},
    ),
    (
        {"op": "replace", "value": {USER: {"name.givenName": "Zoe", "displayName": "Z"}}},
        {"name": {"givenName": "Zoe", "familyName": "Lee"}, "displayName": "Z"},
    ),
    ({"op": "replace", "path": USER, "value": {"displayName": "Z"}}, {"displayName": "Z"}),
    ({"OP": "Replace", "Path": "DISPLAYNAME", "VALUE": "Z"}, {"displayName": "Z"}),
    (
        {"op": "replace", "path": "displayName", "value": [{"$ref": None, "value": "Z"}]},
        {"displayName": "Z"},
    ),
    (
        {"op": "add", "path": "emails", "value": [{"value": NEW, "display": "N", "$ref": None}]},
        {"emails": [WORK, HOME, {"value": NEW}]},
    ),
    (
        {"op": "replace", "path": 'emails[type eq "work"]', "value": {"value": NEW}},
        {"emails": [{**WORK, "value": NEW}, HOME]},
    ),
    (
        {"op": "Remove", "path": "emails", "value": [{"$ref": None, "value": HOME["value"]}]},
        {"emails": [WORK]},
    ),
    (
        {"op": "Remove", "path": "emails", "value": [{"$ref": None, "value": "HOME@Example.com"}]},
        {"emails": [WORK]},
    ),
    ({"op": "Remove", "path": f'emails[value eq "{WORK["value"]}"]'}, {"emails": [HOME]}),
    ({"op": "Remove", "path": 'emails[type eq "work"].value'}, {"emails": [HOME]}),
    *(
        (
            {"op": "Remove", "path": f'emails[type eq "home"]{part}', "value": value},
            {"emails": [WORK]},
        )
        for part in (".value", "")
        for value in (HOME["value"], [{"$ref": None, "value": HOME["value"]}], "x", None)
    ),
    (
        {"op": "Replace", "path": 'emails[type eq "WORK"].value', "value": ""},
        {"emails": [HOME]},
    ),
    (
        {"op": "add", "value": {"preferredLanguage": "de-AT, en;q=0.5", f"{USER}:locale": "de_AT"}},
        {"preferredLanguage": "de-AT, en;q=0.5", "locale": "de_AT"},
    ),
    (
        {"op": "Remove", "path": "name.givenName", "value": [{"$ref": None, "value": "Ann"}]},
        {"name": {"familyName": "Lee"}},
    ),
]


@pytest.mark.parametrize(("operation", "changed"), APPLIED)
async def test_operations_that_are_applied(
    provider: Provider, operation: dict[str, Any], changed: dict[str, Any]
) -> None:
    """The response and a read have the change, and nothing else is different."""
    made = await made_with_two(provider)
    reply = await provider.patch(made["id"], operation)
    assert reply.status == 200, reply.body
    assert described(reply.body) == described(made) | changed
    assert (await provider.call("GET", f"/Users/{made['id']}")).body == reply.body


IGNORED: list[dict[str, Any]] = [
    {"op": "replace", "path": 'phoneNumbers[type eq "mobile"].value', "value": "+49 30 1"},
    {"op": "remove", "path": "phoneNumbers", "value": [{"$ref": None, "value": "+49 30 1"}]},
    {"op": "add", "path": "title", "value": "Dr."},
    {"op": "replace", "path": 'emails[type eq "work"].display', "value": "Ann"},
    {"op": "replace", "path": "emails.$ref", "value": "x"},
    {"op": "replace", "path": f"{ENTERPRISE}:manager.displayName", "value": "Zoe"},
    {"op": "replace", "path": "urn:example:own:1.0:User:badge", "value": "7"},
    {"op": "add", "path": "schemas", "value": [USER, ENTERPRISE]},
    {
        "op": "replace",
        "value": {
            "schemas": [USER, ENTERPRISE],
            f"{ENTERPRISE}:department": "Sales",
            ENTERPRISE: {"costCenter": "4"},
            'addresses[type eq "work"].formatted': "Main Street 1",
            'roles[primary eq "True"].value': "x",
            "timezone": "Europe/Berlin",
        },
    },
    {"op": "remove", "path": "emails", "value": [{"$ref": None, "value": "other@example.com"}]},
    {"op": "replace", "value": {}},
]


@pytest.mark.parametrize("operation", IGNORED)
async def test_operations_that_are_ignored(provider: Provider, operation: dict[str, Any]) -> None:
    """On other attributes of RFC 7643 and of other schemas: 200, and no new version."""
    made = await provider.make()
    reply = await provider.patch(made["id"], operation)
    assert (reply.status, reply.body) == (200, made)


REFUSED: list[tuple[Any, str, str]] = [
    ({"op": "replace", "value": {"emials": []}}, "invalidPath", "emials"),
    (
        {"op": "replace", "value": {'emials[type eq "work"].value': "x"}},
        "invalidPath",
        'emials[type eq "work"].value',
    ),
    ({"op": "replace", "path": "department", "value": "x"}, "invalidPath", "department"),
    ({"op": "remove", "path": "emials"}, "invalidPath", "emials"),
    ({"op": "replace", "path": "locale", "value": ["de"]}, "invalidValue", "locale"),
    ({"op": "replace", "path": "name.nick", "value": "x"}, "invalidPath", "name.nick"),
    ({"op": "replace", "value": {"name": {"nick": "x"}}}, "invalidPath", "name.nick"),
    ({"op": "replace", "path": f"{USER}:emials", "value": "x"}, "invalidPath", "emials"),
    ({"op": "add", "path": "emails", "value": [{"mail": "x"}]}, "invalidPath", "emails.mail"),
    (
        {"op": "replace", "path": 'name[givenName eq "Ann"].familyName', "value": "x"},
        "invalidPath",
        "only emails",
    ),
    ({"op": "remove", "path": 'emails[display eq "x"]'}, "invalidPath", "emails[display"),
    ({"op": "remove", "path": 'emails[type eq "x"'}, "invalidPath", 'emails[type eq "x"'),
    ({"op": "remove", "path": f"emails[{'(' * 20}"}, "invalidPath", "brackets"),
    ({"op": "replace", "path": 5, "value": "x"}, "invalidPath", "path"),
    ({"op": "replace", "path": "active", "value": "perhaps"}, "invalidValue", "active must be"),
    ({"op": "replace", "path": "active", "value": []}, "invalidValue", "active must be"),
    ({"op": "replace", "value": {"displayName": 5}}, "invalidValue", "displayName must be a text"),
    ({"op": "replace", "value": {"name": {"givenName": 5}}}, "invalidValue", "name.givenName"),
    ({"op": "replace", "path": "name", "value": "Ann"}, "invalidValue", "name must be an object"),
    ({"op": "replace", "path": "emails", "value": "x@y.zz"}, "invalidValue", "emails must be"),
    (
        {"op": "replace", "path": "emails", "value": [{"value": "x", "primary": "perhaps"}]},
        "invalidValue",
        "emails.primary must be true or false",
    ),
    ({"op": "add", "path": "displayName"}, "invalidValue", "displayName needs a value"),
    ({"op": "remove", "path": "emails", "value": [{"$ref": None}]}, "invalidValue", "emails"),
    ({"op": "remove", "path": "emails.value", "value": "x"}, "invalidValue", "emails.value"),
    ({"op": "remove", "path": "name", "value": {"givenName": "x"}}, "invalidValue", "name"),
    (
        {"op": "replace", "path": 'emails[type ne "other"].value', "value": 5},
        "invalidValue",
        'emails[type ne "other"].value must be a text',
    ),
    (
        {"op": "add", "path": 'emails[type eq "fax"].primary', "value": True},
        "invalidValue",
        "emails has an address without a value",
    ),
    ({"op": "replace", "value": {"emails": [{"type": "fax"}]}}, "invalidValue", "emails"),
    ({"op": "replace", "value": {"id": 5}}, "invalidValue", "id must be a text"),
    ({"op": "replace", "value": "x"}, "invalidValue", "path"),
    ("x", "invalidValue", "Operations"),
    ({"op": 5}, "invalidValue", "op must be add, replace or remove"),
    ({"op": "replace", "path": "userName", "value": None}, "mutability", "userName is required"),
    ({"op": "replace", "path": "meta.version", "value": "x"}, "mutability", "meta.version"),
    ({"op": "replace", "value": {"id": "x"}}, "mutability", "id is read-only"),
    (
        {"op": "replace", "path": 'emails[type eq "a" or type eq "b"].value', "value": "x"},
        "noTarget",
        'emails[type eq "a" or type eq "b"].value selects no value',
    ),
]


@pytest.mark.parametrize(("operation", "scim_type", "named"), REFUSED)
async def test_operations_that_are_refused(
    provider: Provider, operation: Any, scim_type: str, named: str
) -> None:
    """400 with a clear message; earlier operations of the same request have no effect."""
    made = await provider.make()
    good = {"op": "replace", "path": "displayName", "value": "Changed"}
    reply = await provider.patch(made["id"], good, operation)
    assert reply.error == (400, scim_type)
    assert named in reply.body["detail"]
    assert "pydantic" not in reply.body["detail"]
    assert (await provider.call("GET", f"/Users/{made['id']}")).body == made


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    "name", ['emails[type eq "work"].value', "name.givenName", f"{USER}:displayName"]
)
async def test_a_whole_user_has_no_paths(provider: Provider, method: str, name: str) -> None:
    """Outside a PATCH such a name is refused, not ignored."""
    path = "/Users"
    if method == "PUT":
        path += f"/{(await provider.make())['id']}"
    reply = await provider.call(method, path, {**user(), name: "x"})
    assert reply.error == (400, "invalidPath")
    assert name in reply.body["detail"]
