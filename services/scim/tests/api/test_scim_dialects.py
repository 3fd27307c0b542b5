"""What Entra ID, Okta, OneLogin and JumpCloud send, and what they expect to read."""

from typing import Any

import pytest

from linktime_common.ids import new_id

from .provider import ENTERPRISE, LIST, PATCH, SEARCH, USER, Provider, user

# -- Entra ID ---------------------------------------------------------------------------------


@pytest.mark.parametrize("op", ["Add", "Replace", "add", "replace", "REPLACE"])
@pytest.mark.parametrize("value", ["False", "false", False])
async def test_entra_false_as_a_string(provider: Provider, op: str, value: Any) -> None:
    """Add and Replace in any letter case, booleans as words: each deactivates.

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
    """The same coercion where a whole user is sent.

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
    """The entry is made, with the type that the filter names.

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


async def test_entra_finds_nobody(provider: Provider) -> None:
    """200 with an empty list, never 404: the connection test asks for a random user."""
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


async def test_entra_still_finds_whom_it_disabled(provider: Provider) -> None:
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


async def test_entra_sends_what_nobody_maps(provider: Provider) -> None:
    """Extension, meta and empty roles are ignored, and what is kept is kept as it was sent."""
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
    """/Schemas is a ListResponse, /Schemas/{id} one of it, and nothing in it is null."""
    reply = await provider.call("GET", "/Schemas")
    assert (reply.status, reply.body["schemas"]) == (200, [LIST])
    assert b"null" not in repr(reply.body).encode()
    (schema,) = reply.body["Resources"]
    assert schema["id"] == USER
    assert (await provider.call("GET", f"/Schemas/{USER}")).body == schema
    required = {one["name"] for one in schema["attributes"] if one["required"]}
    assert required == {"userName", "emails"}


async def test_entra_excludes_and_chooses_attributes(provider: Provider) -> None:
    """`excludedAttributes` of what nobody has is accepted; both choose on reads and lists."""
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
    """400 in SCIM's words, and nothing changes.

    scimmyjs/scimmy#59
    """
    made = await provider.make()
    assert (await provider.patch(made["id"])).error[0] == 400
    assert (await provider.call("GET", f"/Users/{made['id']}")).body == made


async def test_entra_removes_by_value(provider: Provider) -> None:
    """`Remove` with a value takes out that entry; of what is not there it changes nothing."""
    emails = [{"value": "a@example.com"}, {"value": "b@example.com"}]
    made = await provider.make(emails=emails)
    remove = {"op": "Remove", "path": "emails", "value": [{"value": "b@example.com"}]}
    reply = await provider.patch(made["id"], remove)
    assert (reply.status, reply.body["emails"]) == (200, emails[:1])
    again = await provider.patch(made["id"], remove, {"op": "Remove", "path": "displayName"})
    assert (again.status, again.body) == (200, reply.body)


# -- Okta -------------------------------------------------------------------------------------


async def test_okta_spec_test(provider: Provider) -> None:
    """The walk of Okta's own test suite: list, read, filter, create, conflict, errors."""
    await provider.make(displayName="Somebody")
    page = await provider.call("GET", "/Users", params={"count": "1", "startIndex": "1"})
    assert page.status == 200
    assert [type(page.body[name]) for name in ("itemsPerPage", "startIndex", "totalResults")] == [
        int,
        int,
        int,
    ]
    (one,) = page.body["Resources"]
    assert one["name"]["familyName"]
    assert one["emails"][0]["value"]
    assert one["active"] is True
    assert (await provider.call("GET", f"/Users/{one['id']}")).body == one

    body = user(
        userName="Runscope@Okta.Local",
        emails=[{"primary": True, "value": "runscope@okta.local", "type": "work"}],
        displayName="Runscope Test",
        externalId="00u1",
        groups=[],
        password="1mz050nq",
        active=True,
    )
    made = await provider.call("POST", "/Users", body)
    assert made.status == 201
    assert "password" not in made.body
    assert "1mz050nq" not in repr(await provider.rows("SELECT scim_attributes FROM memberships"))
    again = await provider.call("POST", "/Users", body)
    assert again.error == (409, "uniqueness")
    found = await provider.find('userName eq "RUNSCOPE@OKTA.LOCAL"', startIndex="1", count="100")
    assert [one["id"] for one in found.body["Resources"]] == [made.body["id"]]
    assert found.body["Resources"][0] == made.body

    for unknown in (str(new_id()), "9999999999", "x y", "%00"):
        reply = await provider.call("GET", f"/Users/{unknown}")
        assert reply.error == (404, None)
        assert reply.body["detail"] == "Member not found"
    assert (await provider.call("GET", "/Groups")).error == (404, None)


async def test_okta_imports_page_by_page(provider: Provider) -> None:
    """Stable order, integers, everybody once, nobody behind the end."""
    made = [(await provider.make())["id"] for _ in range(7)]
    seen = []
    for start in (1, 4, 7, 10):
        params = {"startIndex": str(start), "count": "3"}
        page = (await provider.call("GET", "/Users", params=params)).body
        assert (page["totalResults"], page["startIndex"]) == (7, start)
        assert page["itemsPerPage"] == len(page["Resources"])
        seen += [one["id"] for one in page["Resources"]]
    assert seen == made


async def test_okta_patch_without_a_path(provider: Provider) -> None:
    """`{"active": false}` as a value object: what apps of the integration network send."""
    made = await provider.make()
    off = await provider.patch(made["id"], {"op": "replace", "value": {"active": False}})
    assert (off.status, off.body["active"]) == (200, False)
    on = await provider.patch(made["id"], {"op": "replace", "value": {"active": True}})
    assert (on.body["active"], on.body["id"]) == (True, made["id"])


async def test_okta_puts_back_what_it_read(provider: Provider) -> None:
    """The whole object with id, meta and groups; `active` on PUT deactivates and reactivates.

    coder/coder#15828; FusionAuth/fusionauth-issues#1871
    """
    made = await provider.make()
    path = f"/Users/{made['id']}"
    same = await provider.call("PUT", path, {**made, "groups": []})
    assert (same.status, same.body) == (200, made)
    off = await provider.call("PUT", path, {**made, "active": False, "groups": []})
    assert (off.status, off.body["active"], off.body["id"]) == (200, False, made["id"])
    on = await provider.call("PUT", path, {**off.body, "active": True})
    assert (on.body["active"], on.body["id"]) == (True, made["id"])


# -- OneLogin and JumpCloud -------------------------------------------------------------------


async def test_onelogin_sends_no_emails(provider: Provider) -> None:
    """A template with schemas, userName and name only: userName is the e-mail address."""
    body = {"schemas": [USER], "userName": "One@Example.com", "name": {"givenName": "One"}}
    reply = await provider.call("POST", "/Users", body)
    assert reply.status == 201
    assert reply.body["emails"] == [{"value": "One@Example.com", "type": "work", "primary": True}]
    assert (await provider.account("one@example.com"))["name"] == "One"
    put = await provider.call("PUT", f"/Users/{reply.body['id']}", {**body, "emails": []})
    assert (put.status, put.body) == (200, reply.body)


async def test_onelogin_without_any_email_is_told_so(provider: Provider) -> None:
    """400 invalidValue that names emails; nothing is left behind."""
    for emails in (None, [], [{"type": "work"}], [{"value": ""}], [{"value": None}]):
        reply = await provider.call("POST", "/Users", user(userName="jdoe", emails=emails))
        assert reply.error == (400, "invalidValue")
        assert "emails" in reply.body["detail"]
    assert await provider.names('userName eq "jdoe"') == []


async def test_onelogin_old_schema_is_refused(provider: Provider) -> None:
    """The template's default URN belongs to SCIM 1.0."""
    reply = await provider.call("POST", "/Users", user(schemas=["urn:scim:schemas:core:1.0"]))
    assert reply.error[0] == 400


async def test_jumpcloud_activation(provider: Provider) -> None:
    """A test user is made, read, and deleted; afterwards the same one can be made again.

    kortix-ai/suna#4894
    """
    body = user()
    for _ in range(2):
        made = await provider.call("POST", "/Users", body)
        assert made.status == 201
        assert (await provider.call("DELETE", f"/Users/{made.body['id']}")).status == 204


# -- Everybody --------------------------------------------------------------------------------


async def test_discovery_says_what_is_there(provider: Provider) -> None:
    """PATCH, filters and ETags; no bulk, sorting or password change."""
    config = (await provider.call("GET", "/ServiceProviderConfig")).body
    said = {name: part["supported"] for name, part in config.items() if "supported" in part}
    assert said == {
        "patch": True,
        "bulk": False,
        "filter": True,
        "changePassword": False,
        "sort": False,
        "etag": True,
    }
    assert config["filter"]["maxResults"] == 100
    types = (await provider.call("GET", "/ResourceTypes")).body
    assert [one["id"] for one in types["Resources"]] == ["User"]
    one = await provider.call("GET", "/ResourceTypes/User")
    assert (one.status, one.body["endpoint"]) == (200, "/Users")


@pytest.mark.parametrize("path", ["/ServiceProviderConfig", "/Schemas", "/ResourceTypes"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_discovery_cannot_be_written(provider: Provider, path: str, method: str) -> None:
    """405 with Allow."""
    reply = await provider.call(method, path, {})
    assert reply.error == (405, None)
    assert reply.headers["Allow"] == "GET"


async def test_unknown_paths_and_what_is_not_supported(provider: Provider) -> None:
    """404 and 501 in SCIM's words."""
    for path in ("/", "", "/Users/"):
        assert (await provider.call("GET", path)).status == 200
    for path in ("/Nothing", "/Users/x/y", "/Schemas/urn:nothing", "/ResourceTypes/Group"):
        assert (await provider.call("GET", path)).error == (404, None)
    assert (await provider.call("GET", "/Me")).error == (501, None)
    assert (await provider.call("POST", "/Bulk", {})).error == (501, None)
    sorted_ = await provider.call("GET", "/Users", params={"sortBy": "userName"})
    assert sorted_.error == (501, None)


@pytest.mark.parametrize("path", ["/.search", "/Users/.search"])
async def test_search_with_a_body(provider: Provider, path: str) -> None:
    """As GET /Users, in a body."""
    made = await provider.make()
    await provider.make()
    wanted = f'userName eq "{made["userName"]}"'
    body = {"schemas": [SEARCH], "filter": wanted, "startIndex": 1, "count": 10}
    reply = await provider.call("POST", path, body)
    assert (reply.status, reply.body["Resources"]) == (200, [made])
    assert reply.body == (await provider.find(wanted, startIndex="1", count="10")).body
    assert (await provider.call("POST", path, body | {"filter": "x"})).error == (
        400,
        "invalidFilter",
    )


async def test_etags_guard_reads_and_writes(provider: Provider) -> None:
    """304 for what is known, 412 for what changed meanwhile, on every method."""
    made = await provider.make()
    path, old = f"/Users/{made['id']}", made["meta"]["version"]
    read = await provider.call("GET", path)
    assert read.headers["ETag"] == old
    known = await provider.call("GET", path, headers={"If-None-Match": old})
    assert (known.status, known.body) == (304, None)
    rename = {"op": "replace", "path": "displayName", "value": "Zoe"}
    changed = await provider.patch(made["id"], rename, **{"If-Match": old})
    assert (changed.status, changed.headers["ETag"]) == (200, changed.body["meta"]["version"])
    assert changed.headers["ETag"] != old
    assert (await provider.call("GET", path, headers={"If-None-Match": old})).status == 200
    stale = {"If-Match": old}
    assert (await provider.patch(made["id"], rename, **stale)).error == (412, None)
    assert (await provider.call("PUT", path, made, headers=stale)).error == (412, None)
    assert (await provider.call("DELETE", path, headers=stale)).error == (412, None)
    new = {"If-Match": changed.headers["ETag"]}
    assert (await provider.call("DELETE", path, headers=new)).status == 204


async def test_locations_are_what_the_provider_can_call(provider: Provider) -> None:
    """Of the address people see, in header and body, on create, read and list."""
    made = await provider.call("POST", "/Users", user())
    expected = f"https://linktime.test/api/scim/v2/Users/{made.body['id']}"
    assert made.headers["Location"] == made.body["meta"]["location"] == expected
    listed = await provider.find(f'userName eq "{made.body["userName"]}"')
    assert listed.body["Resources"][0]["meta"]["location"] == expected


@pytest.mark.parametrize("media_type", ["application/scim+json", "application/json; charset=utf-8"])
async def test_media_types(provider: Provider, media_type: str) -> None:
    """Both are read; answers, errors too, are application/scim+json.

    FusionAuth/fusionauth-issues#1769; MicrosoftDocs/azure-docs#116775, #12728
    """
    headers = {"Content-Type": media_type}
    made = await provider.call("POST", "/Users", user(), headers=headers)
    assert (made.status, made.headers["Content-Type"]) == (201, "application/scim+json")
    listed = await provider.call("GET", "/Users")
    assert listed.headers["Content-Type"] == "application/scim+json"
    wrong = await provider.call("POST", "/Users", user(), headers={"Content-Type": "text/plain"})
    assert wrong.error == (415, None)


async def test_a_patch_names_its_schema(provider: Provider) -> None:
    """And any letter case of attribute names is understood."""
    made = await provider.make()
    body = {
        "schemas": [PATCH],
        "Operations": [{"op": "replace", "path": "DISPLAYNAME", "value": "Zoe"}],
    }
    reply = await provider.call("PATCH", f"/Users/{made['id']}", body)
    assert (reply.status, reply.body["displayName"]) == (200, "Zoe")
