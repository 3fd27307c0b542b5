"""Size limits of a request, which blocks the event loop while it is processed."""

from typing import Any
from uuid import uuid4

import pytest

from .provider import ENTERPRISE, PATCH, SEARCH, USER, Provider, user


def terms(count: int) -> str:
    """Return a filter with that many comparisons."""
    return " or ".join(['type eq "a"'] * count)


def named(*names: str) -> dict[str, Any]:
    """Return an operation whose value has these names."""
    return {"op": "replace", "value": dict.fromkeys(names, "x")}


DISPLAY = {"op": "replace", "path": "displayName", "value": "x"}
LONG = f'emails[value eq "{{n}}" or {terms(95)}].value'
TOO_MUCH: dict[str, tuple[list[Any], str, str]] = {
    "long names": (
        [named(*(LONG.format(n=n) for n in range(600)))],
        "invalidPath",
        "256 characters",
    ),
    "a long path": ([{**DISPLAY, "path": "a" * 257}], "invalidPath", "256 characters"),
    "a long part": (
        [named(USER), {**DISPLAY, "path": "name", "value": {"a" * 257: "x"}}],
        "invalidPath",
        "256 characters",
    ),
    "comparisons of a path": (
        [{**DISPLAY, "path": f"emails[{terms(6)}].value"}],
        "invalidPath",
        "5 comparisons",
    ),
    "comparisons of an attribute not kept": (
        [{**DISPLAY, "path": f"roles[{terms(6)}].value"}],
        "invalidPath",
        "5 comparisons",
    ),
    "brackets": (
        [{**DISPLAY, "path": f"emails[{'(' * 10}type pr{')' * 10}].value"}],
        "invalidPath",
        "10 brackets",
    ),
    "operations": ([DISPLAY] * 61, "invalidValue", "60 operations"),
    "names": ([named(*(f"displayName{n}" for n in range(61)))], "invalidValue", "60 operations"),
    "ignored names": (
        [named(*(f"{ENTERPRISE}:a{n}" for n in range(61)))],
        "invalidValue",
        "60 operations",
    ),
    "parts of an object": (
        [{"op": "add", "path": "name", "value": {f"a{n}": "x" for n in range(60)}}],
        "invalidValue",
        "60 operations",
    ),
    "comparisons": (
        [{**DISPLAY, "path": f"emails[{terms(5)}].value"} for _ in range(5)],
        "invalidValue",
        "20 operations on emails",
    ),
    "comparisons of names": (
        [named(*(f'roles[type eq "{n}"].value' for n in range(21)))],
        "invalidValue",
        "20 operations on emails",
    ),
    "writes to all addresses": (
        [{"op": "replace", "path": "Emails.type", "value": "x"}] * 21,
        "invalidValue",
        "20 operations on emails",
    ),
    "values to remove": (
        [{"op": "Remove", "path": "emails", "value": [{"value": "x", "type": "y"}] * 11}],
        "invalidValue",
        "20 operations on emails",
    ),
    "addresses": (
        [{"op": "add", "path": "emails", "value": [{"value": "a@example.com"}] * 14}] * 3,
        "invalidValue",
        "40 addresses",
    ),
}


@pytest.mark.parametrize("name", TOO_MUCH)
async def test_too_much_in_a_patch(provider: Provider, name: str) -> None:
    """400 naming the exceeded limit, whether or not the member exists."""
    operations, scim_type, said = TOO_MUCH[name]
    made = await provider.make()
    for member in (made["id"], str(uuid4())):
        reply = await provider.patch(member, *operations)
        assert reply.error == (400, scim_type)
        assert said in reply.body["detail"]
    assert (await provider.call("GET", f"/Users/{made['id']}")).body == made


async def test_operations_under_two_names(provider: Provider) -> None:
    """Separately, each list would be within its limits."""
    made = await provider.make()
    body = {"schemas": [PATCH], "Operations": [DISPLAY], "operations": [DISPLAY]}
    reply = await provider.call("PATCH", f"/Users/{made['id']}", body)
    assert reply.error == (400, "invalidSyntax")
    assert "operations" in reply.body["detail"]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"USERNAME": "b@example.com"}, "USERNAME"),
        ({"Name": {"givenName": "B"}}, "Name"),
        ({"name": {"givenName": "A", "GIVENNAME": "B"}}, "GIVENNAME"),
        ({"emails": [{"value": "a@example.com", "Value": "b@example.com"}]}, "Value"),
        ({"title": "A", "TITLE": "B"}, "TITLE"),
    ],
)
async def test_an_attribute_under_two_names(
    provider: Provider, changes: dict[str, Any], named: str
) -> None:
    """RFC 7643 2.1: names are case-insensitive, so one of the two would be lost."""
    made = await provider.make()
    body = user(name={"givenName": "A"}) | changes
    refused = [
        await provider.call("POST", "/Users", body),
        await provider.call("PUT", f"/Users/{made['id']}", body),
    ]
    for reply in refused:
        assert reply.error == (400, "invalidSyntax")
        assert (
            reply.body["detail"] == f"The body has {named} twice: letter case makes no difference"
        )
    assert (await provider.call("GET", f"/Users/{made['id']}")).body == made


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "value": {"displayName": "A", "DISPLAYNAME": "B"}},
        {"op": "replace", "value": {"displayName": "A", f"{USER}:displayName": "B"}},
        {"op": "replace", "path": "name", "value": {"givenName": "A", "givenname": "B"}},
        {"op": "replace", "path": "displayName", "value": "A", "VALUE": "B"},
        {
            "op": "add",
            "path": "emails",
            "value": [{"value": "a@b.example", "VALUE": "b@b.example"}],
        },
    ],
)
async def test_an_attribute_under_two_names_in_a_patch(
    provider: Provider, operation: dict[str, Any]
) -> None:
    """In an operation, in its value, and with the schema before the name."""
    made = await provider.make()
    reply = await provider.patch(made["id"], operation)
    assert reply.error == (400, "invalidSyntax")
    assert "twice" in reply.body["detail"]
    assert (await provider.call("GET", f"/Users/{made['id']}")).body == made


@pytest.mark.parametrize(
    "address", ["a" * 65 + "@example.com", "a" * 64 + "@" + "b" * 190 + ".com"]
)
async def test_an_address_that_is_too_long(provider: Provider, address: str) -> None:
    """RFC 5321: 64 characters before the @, 254 in all; for the account and for other addresses."""
    made = await provider.make()
    emails = [{"value": "fits@example.com", "primary": True}, {"value": address}]
    add = {"op": "add", "path": "emails", "value": [{"value": address}]}
    refused = [
        await provider.call("POST", "/Users", user(userName=address)),
        await provider.call("POST", "/Users", user(emails=[{"value": address, "primary": True}])),
        await provider.call("POST", "/Users", user(emails=emails)),
        await provider.patch(made["id"], add),
    ]
    assert [reply.error for reply in refused] == [(400, "invalidValue")] * 4


async def test_the_largest_patch(provider: Provider) -> None:
    """A request at the limits is applied, and a quoted word is no comparison."""
    made = await provider.make()
    ignored = named(*(f"{ENTERPRISE}:a{n}" for n in range(59)))
    assert (await provider.patch(made["id"], ignored, DISPLAY)).status == 200
    words = 'emails[type eq "a eq b or c eq d or e eq f or g eq h or \\" eq i eq"].value'
    added = [{"op": "add", "path": words, "value": "w@example.com"}]
    reply = await provider.patch(made["id"], *added * 20)
    assert (reply.status, len(reply.body["emails"])) == (200, 2)
    five = {"op": "replace", "path": f"emails[{terms(4)} or primary eq true].value", "value": "v"}
    reply = await provider.patch(made["id"], *[five] * 4)
    assert reply.status == 200
    removed = {"op": "Remove", "path": "emails", "value": [{"value": "w@example.com"}] * 20}
    reply = await provider.patch(made["id"], removed)
    assert (reply.status, len(reply.body["emails"])) == (200, 1)


async def test_a_member_has_twenty_addresses(provider: Provider) -> None:
    """Counted after each operation."""
    made = await provider.make()
    for first, status in ((0, 200), (10, 400)):
        added = {f'emails[type eq "t{n + first}"].value': "a@example.com" for n in range(10)}
        reply = await provider.patch(made["id"], {"op": "add", "value": added}, DISPLAY)
        assert reply.status == status
    assert reply.error == (400, "invalidValue")
    assert "emails has more than 20" in reply.body["detail"]
    # Read again: the refused request has added nothing.
    read = await provider.call("GET", f"/Users/{made['id']}")
    assert len(read.body["emails"]) == 11


GROUPS = [
    {"value": f"g{n}", "$ref": f"../Groups/g{n}", "display": f"Group {n}"} for n in range(700)
]
MANY_IGNORED: dict[str, Any] = {
    "groups": GROUPS,
    "ROLES": [{"value": f"r{n}", "type": "x"} for n in range(2_000)],
    ENTERPRISE: {"groups": GROUPS},
    "urn:example:own:1.0:User": list(range(3_000)),
}


@pytest.mark.parametrize("name", MANY_IGNORED)
async def test_many_values_of_ignored_attributes(provider: Provider, name: str) -> None:
    """They are accepted wherever they are sent."""
    value = MANY_IGNORED[name]
    made = await provider.make(**{name: value})
    path = f"/Users/{made['id']}"
    reply = await provider.call("PUT", path, {**made, name: value})
    assert (reply.status, reply.body) == (200, made)
    for operation in (
        {"op": "add", "path": name, "value": value},
        {"op": "add", "path": f'{name}[type eq "x"].value', "value": value},
        {"op": "add", "value": {name: value}},
        {"op": "add", "value": {USER: {name: value}}},
        {"op": "remove", "path": name, "value": value},
    ):
        reply = await provider.patch(made["id"], operation)
        assert (reply.status, reply.body) == (200, made), reply.body


async def test_too_many_values(provider: Provider) -> None:
    """More than 2,000 that are not ignored."""
    body = {**user(), "name": {f"a{n}": "x" for n in range(2_001)}}
    reply = await provider.call("POST", "/Users", body)
    assert reply.error == (400, "invalidValue")
    assert "2000 values" in reply.body["detail"]


async def test_names_of_a_whole_user(provider: Provider) -> None:
    """Ignored attributes are limited as well."""
    body = {"schemas": [USER], "userName": f"{uuid4().hex}@example.com", "x" * 257: 1}
    reply = await provider.call("POST", "/Users", body)
    assert reply.error == (400, "invalidPath")
    assert "256 characters" in reply.body["detail"]


async def test_too_many_attributes_to_show(provider: Provider) -> None:
    """At most 30 different ones, in a query and in a body, of a list and of one user."""
    made = await provider.make()
    for name in ("attributes", "excludedAttributes"):
        for path in ("/Users", f"/Users/{made['id']}"):
            many = {name: ",".join(f"a{n}" for n in range(31))}
            reply = await provider.call("GET", path, params=many)
            assert reply.error == (400, "invalidValue")
            assert name in reply.body["detail"]
            assert "30 attributes" in reply.body["detail"]
        body = {"schemas": [SEARCH], name: [f"a{n}" for n in range(31)]}
        assert (await provider.call("POST", "/.search", body)).error == (400, "invalidValue")


async def test_repeated_attributes_count_once(provider: Provider) -> None:
    """In any letter case."""
    made = await provider.make(displayName="Ann")
    often = ",".join(["displayName", "DISPLAYNAME"] * 60)
    for path in ("/Users", f"/Users/{made['id']}"):
        reply = await provider.call("GET", path, params={"attributes": often})
        shown = reply.body["Resources"][0] if path == "/Users" else reply.body
        assert shown == {"schemas": [USER], "id": made["id"], "displayName": "Ann"}


CHOSEN: list[dict[str, str]] = [
    {"attributes": "userName"},
    {"attributes": "USERNAME,emails.value"},
    {"attributes": f"{USER}:name.givenName, {USER}:active"},
    {"attributes": USER},
    {"attributes": "meta.version,externalId"},
    {"attributes": "name,name.givenName"},
    {"attributes": "nothing,emails.nothing,schemas.x"},
    {"attributes": f"{ENTERPRISE}:userName"},
    {"attributes": ""},
    {"excludedAttributes": "emails"},
    {"excludedAttributes": "emails.value,emails.type,emails.primary"},
    {"excludedAttributes": f"name.givenName,meta.location,{USER}:displayName"},
    {"excludedAttributes": "name.givenName,name.familyName"},
    {"excludedAttributes": "id,schemas,meta"},
    {"excludedAttributes": USER},
]


@pytest.mark.parametrize("chosen", CHOSEN)
async def test_a_list_shows_what_a_read_shows(provider: Provider, chosen: dict[str, str]) -> None:
    """The same attributes, in the same spelling."""
    made = await provider.make(displayName="Ann", externalId="e-1")
    one = await provider.call("GET", f"/Users/{made['id']}", params=chosen)
    listed = await provider.call("GET", "/Users", params=chosen)
    assert (one.status, listed.status) == (200, 200)
    assert listed.body["Resources"] == [one.body]


async def test_too_many_comparisons_of_a_filter(provider: Provider) -> None:
    """Counted before the filter is parsed."""
    await provider.make()
    term = 'userName co "@ eq "'
    assert (await provider.find(" or ".join([term] * 20))).status == 200
    reply = await provider.find(" or ".join([term] * 21))
    assert reply.error == (400, "invalidFilter")
    assert "20 comparisons" in reply.body["detail"]
