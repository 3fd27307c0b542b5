"""Requests of Okta, OneLogin and JumpCloud, and the responses they expect."""

from linktime_common.ids import new_id

from .provider import USER, Provider, user


async def test_okta_spec_test(provider: Provider) -> None:
    """The steps of Okta's test suite: list, read, filter, create, conflict, errors."""
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
    """Stable order, integers, every user once, none after the end."""
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
    """`{"active": false}` as a value object, as apps of the integration network send it."""
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


async def test_onelogin_sends_no_emails(provider: Provider) -> None:
    """A template with schemas, userName and name only: userName is the e-mail address."""
    body = {"schemas": [USER], "userName": "One@Example.com", "name": {"givenName": "One"}}
    reply = await provider.call("POST", "/Users", body)
    assert reply.status == 201
    assert reply.body["emails"] == [{"value": "One@Example.com", "type": "work", "primary": True}]
    assert (await provider.account("one@example.com"))["name"] == "One"
    put = await provider.call("PUT", f"/Users/{reply.body['id']}", {**body, "emails": []})
    assert (put.status, put.body) == (200, reply.body)


async def test_onelogin_without_any_email_is_refused(provider: Provider) -> None:
    """400 invalidValue naming emails; nothing is stored."""
    for emails in (None, [], [{"type": "work"}], [{"value": ""}], [{"value": None}]):
        reply = await provider.call("POST", "/Users", user(userName="jdoe", emails=emails))
        assert reply.error == (400, "invalidValue")
        assert "emails" in reply.body["detail"]
    assert await provider.names('userName eq "jdoe"') == []


async def test_onelogin_old_schema_is_refused(provider: Provider) -> None:
    """The template's default URN is from SCIM 1.0."""
    reply = await provider.call("POST", "/Users", user(schemas=["urn:scim:schemas:core:1.0"]))
    assert reply.error[0] == 400


async def test_jumpcloud_activation(provider: Provider) -> None:
    """A test user is created, read and deleted; afterwards it can be created again.

    kortix-ai/suna#4894
    """
    body = user()
    for _ in range(2):
        made = await provider.call("POST", "/Users", body)
        assert made.status == 201
        assert (await provider.call("DELETE", f"/Users/{made.body['id']}")).status == 204
