"""Requests of Microsoft Entra ID, and the responses it expects."""

from typing import Any

import pytest

from .provider import ENTERPRISE, LIST, USER, Provider, user


@pytest.mark.parametrize("op", ["Add", "Replace", "add", "replace", "REPLACE"])
@pytest.mark.parametrize("value", ["False", "false", False])
async def test_entra_false_as_a_string(provider: Provider, op: str, value: Any) -> None:
    """Add and Replace in any letter case, booleans as texts: each deactivates.

    scimmyjs/scimmy#86, #51; thomaspoignant/scim-patch#872, #6;
    Captain-P-Goldfish/scim-for-keycloak#119; bytebase/bytebase#19073; langwatch/langwatch#6972;
    rancher/rancher#54025
    """
    made = await provider.make()
    off = await provider.patch(made["id"], {"op": op, "path": "active", "value": value})
    assert (off.status, off.body["active"], off.body["id"]) == (200, False, made["id"])
    on = await provider.patch(made["id"], {"op": op, "path": "active", "value": "True"})
    assert on.body["active"] is True


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_false_as_a_string_in_a_whole_user(provider: Provider, method: str) -> None:
    """The same coercion for a whole user.

    scimmyjs/scimmy#51
    """
    body = user(active="False")
    path = "/Users"
    if method == "PUT":
        path += f"/{(await provider.make(userName=body['userName']))['id']}"
    reply = await provider.call(method, path, body)
    assert (reply.status, reply.body["active"]) == (201 if method == "POST" else 200, False)


async def test_entra_dotted_keys_and_urns_without_a_path(provider: Provider) -> None:
    """Keys of a value object are attribute paths, next to operations with filtered paths.

    scimmyjs/scimmy#10; pond/scimitar#69, #123; pingidentity/scim2#224;
    thomaspoignant/scim-patch#133; Captain-P-Goldfish/SCIM-SDK#267
    """
    made = await provider.make()
    reply = await provider.patch(
        made["id"],
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "new@example.com"},
        {
            "op": "Replace",
            "value": {
                "displayName": "Zoe Lee",
                "name.givenName": "Zoe",
                "name.formatted": "Zoe Lee",
                f"{USER}:externalId": "e-1",
                f"{ENTERPRISE}:department": "Sales",
            },
        },
    )
    assert reply.status == 200
    assert reply.body["name"] == {"formatted": "Zoe Lee", "familyName": "Lee", "givenName": "Zoe"}
    assert (reply.body["displayName"], reply.body["externalId"]) == ("Zoe Lee", "e-1")
    assert reply.body["emails"] == [{"value": "new@example.com", "type": "work", "primary": True}]
    read = await provider.call("GET", f"/Users/{made['id']}")
    assert read.body == reply.body
    assert set(read.body) <= {
        *("schemas", "id", "externalId", "userName", "name", "displayName", "active", "emails"),
        "meta",
    }


@pytest.mark.parametrize("op", ["Add", "Replace"])
async def test_entra_filtered_path_without_such_an_entry(provider: Provider, op: str) -> None:
    """The entry is created, with the filter's type.

    Captain-P-Goldfish/scim-for-keycloak#73; Metatavu/keycloak-scim-server#35, #40;
    wireapp/wire-server#5419; ssoready/ssoready#249; zitadel/zitadel#9690
    """
    made = await provider.make(emails=[{"value": "home@example.com", "type": "home"}])
    path = 'emails[type eq "work"].value'
    reply = await provider.patch(made["id"], {"op": op, "path": path, "value": "w@example.com"})
    assert reply.status == 200
    assert reply.body["emails"] == [
        {"value": "home@example.com", "type": "home"},
        {"value": "w@example.com", "type": "work"},
    ]


async def test_entra_finds_no_user(provider: Provider) -> None:
    """200 with an empty list, never 404: the connection test looks up a random user."""
    for text in ('userName eq "2c1f"', 'externalId eq "x" and userName eq "y"'):
        reply = await provider.find(text)
        assert reply.status == 200
        assert reply.body == {
            "schemas": [LIST],
            "totalResults": 0,
            "startIndex": 1,
            "itemsPerPage": 0,
            "Resources": [],
        }


async def test_entra_finds_users_it_disabled(provider: Provider) -> None:
    """Only a deleted user is gone; an inactive one is found and read.

    sourcegraph/sourcegraph-public-snapshot#49325; growthbook/growthbook#1680;
    ssoready/ssoready#155
    """
    made = await provider.make()
    await provider.patch(made["id"], {"op": "Replace", "path": "active", "value": "False"})
    found = await provider.find(f'userName eq "{made["userName"]}"')
    assert [one["active"] for one in found.body["Resources"]] == [False]
    assert (await provider.call("GET", f"/Users/{made['id']}")).body["active"] is False
    gone = await provider.call("DELETE", f"/Users/{made['id']}")
    assert (gone.status, gone.body) == (204, None)
    assert (await provider.call("GET", f"/Users/{made['id']}")).error == (404, None)
    assert (await provider.call("DELETE", f"/Users/{made['id']}")).error == (404, None)


async def test_entra_sends_unmapped_attributes(provider: Provider) -> None:
    """Extension, meta and empty roles are ignored, and kept attributes are stored as sent."""
    body = user(
        schemas=[USER, ENTERPRISE],
        externalId="0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
        userName="Bjensen@CONTOSO.com",
        emails=[{"primary": True, "type": "work", "value": "Bjensen@CONTOSO.com"}],
        meta={"resourceType": "User"},
        roles=[],
        **{ENTERPRISE: {"department": "Sales", "manager": {"value": "1"}}},
    )
    reply = await provider.call("POST", "/Users", body)
    assert reply.status == 201
    assert reply.body["schemas"] == [USER]
    for kept in ("externalId", "userName", "emails", "name"):
        assert reply.body[kept] == body[kept]
    assert not {"roles", ENTERPRISE, "department"} & set(reply.body)


async def test_entra_duplicate_is_a_conflict(provider: Provider) -> None:
    """409 uniqueness, in any letter case of userName."""
    made = await provider.make()
    again = user(userName=made["userName"].upper(), emails=[{"value": "other@example.com"}])
    assert (await provider.call("POST", "/Users", again)).error == (409, "uniqueness")


async def test_entra_reads_schemas_as_a_list_without_nulls(provider: Provider) -> None:
    """/Schemas is a ListResponse, /Schemas/{id} one of it, and neither contains null."""
    reply = await provider.call("GET", "/Schemas")
    assert (reply.status, reply.body["schemas"]) == (200, [LIST])
    assert b"null" not in repr(reply.body).encode()
    schemas = {one["id"]: one for one in reply.body["Resources"]}
    core = USER.removesuffix("User")
    documents = ("ServiceProviderConfig", "ResourceType", "Schema")
    assert list(schemas) == [USER, *(core + name for name in documents)]
    for name, one in schemas.items():
        assert (await provider.call("GET", f"/Schemas/{name}")).body == one
    schema = schemas[USER]
    (emails,) = [one for one in schema["attributes"] if one["name"] == "emails"]
    assert [one["name"] for one in emails["subAttributes"]] == ["value", "type", "primary"]
    required = {one["name"] for one in schema["attributes"] if one["required"]}
    assert required == {"userName", "active", "emails"}


async def test_entra_excludes_and_selects_attributes(provider: Provider) -> None:
    """`excludedAttributes` may name unknown ones; both parameters apply to reads and lists."""
    made = await provider.make(displayName="Ann Lee")
    path = f"/Users/{made['id']}"
    whole = await provider.call("GET", path, params={"excludedAttributes": "members"})
    assert (whole.status, whole.body) == (200, made)
    listed = await provider.find('userName co "@"', attributes="userName,emails.value")
    (one,) = listed.body["Resources"]
    assert one == {
        "schemas": [USER],
        "id": made["id"],
        "userName": made["userName"],
        "emails": [{"value": made["emails"][0]["value"]}],
    }
    less = await provider.find('userName co "@"', excludedAttributes="emails,meta,name")
    assert set(less.body["Resources"][0]) == {
        *("schemas", "id", "userName", "displayName", "active"),
    }


async def test_entra_validator_sends_empty_operations(provider: Provider) -> None:
    """400 as a SCIM error, and nothing changes.

    scimmyjs/scimmy#59
    """
    made = await provider.make()
    assert (await provider.patch(made["id"])).error[0] == 400
    assert (await provider.call("GET", f"/Users/{made['id']}")).body == made


async def test_entra_removes_by_value(provider: Provider) -> None:
    """`Remove` with a value removes that entry; an unknown value changes nothing."""
    emails = [{"value": "a@example.com"}, {"value": "b@example.com"}]
    made = await provider.make(emails=emails)
    remove = {"op": "Remove", "path": "emails", "value": [{"value": "b@example.com"}]}
    reply = await provider.patch(made["id"], remove)
    assert (reply.status, reply.body["emails"]) == (200, emails[:1])
    again = await provider.patch(made["id"], remove, {"op": "Remove", "path": "displayName"})
    assert (again.status, again.body) == (200, reply.body)
