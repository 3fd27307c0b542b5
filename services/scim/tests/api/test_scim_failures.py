"""Known mistakes of other implementations, and refusals as SCIM errors."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from linktime_common.ids import new_id

from .provider import PATCH, USER, Provider, user


async def test_add_and_remove_return_the_changed_user(provider: Provider) -> None:
    """A PATCH returns the changed user, and externalId is kept.

    open-webui/open-webui#30074; simpleidserver/SimpleIdServer#208, #280, #377
    """
    made = await provider.make()
    added = await provider.patch(made["id"], {"op": "add", "path": "externalId", "value": "e-1"})
    assert (added.status, added.body["externalId"]) == (200, "e-1")
    assert await provider.names('externalId eq "e-1"') == [made["userName"]]
    removed = await provider.patch(made["id"], {"op": "remove", "path": "externalId"})
    assert (removed.status, "externalId" in removed.body) == (200, False)
    assert await provider.names('externalId eq "e-1"') == []
    assert (await provider.call("GET", f"/Users/{made['id']}")).body == removed.body


async def test_a_patch_that_changes_nothing(provider: Provider) -> None:
    """200 with the same user and version; no event is published.

    better-auth/better-auth#8549
    """
    made = await provider.make(displayName="Ann")
    account = await provider.account(made["userName"])
    for operation in (
        {"op": "replace", "path": "displayName", "value": "Ann"},
        {"op": "replace", "value": {"active": True}},
        {"op": "remove", "path": "title"},
        {"op": "add", "path": "nickName", "value": "A"},
    ):
        reply = await provider.patch(made["id"], operation)
        assert (reply.status, reply.body) == (200, made)
    assert len(await provider.events(account["id"])) == 1


async def test_an_invalid_stored_name_blocks_no_change(provider: Provider) -> None:
    """The member is read, deactivated, sent again unchanged, and renamed."""
    made = await provider.make(displayName="Ann")
    await provider.rows(
        "UPDATE memberships SET scim_attributes = scim_attributes || $1::jsonb WHERE id = $2",
        '{"displayName": "A\\u202eB"}',
        UUID(made["id"]),
    )
    path = f"/Users/{made['id']}"
    old = (await provider.call("GET", path)).body
    assert old["displayName"] == "A\u202eB"
    await provider.set_active(made, value=False)
    assert (await provider.call("PUT", path, old | {"active": False})).status == 200
    worse = {"op": "replace", "path": "displayName", "value": "A\r\nBcc: x@y.example"}
    refused = await provider.patch(made["id"], worse)
    assert refused.error == (400, "invalidValue")
    assert "displayName" in refused.body["detail"]
    assert (await provider.patch(made["id"], worse | {"value": "Zoë"})).status == 200


async def test_a_stored_member_that_cannot_be_rendered_is_a_500(
    provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    """With an error in the log, for every request about the member: the request was correct."""
    made = await provider.make()
    await provider.rows(
        "UPDATE memberships SET scim_attributes = scim_attributes || $1::jsonb WHERE id = $2",
        '{"displayName": 5}',
        UUID(made["id"]),
    )
    path, change = f"/Users/{made['id']}", {"op": "replace", "path": "displayName", "value": "A"}
    for reply in (await provider.call("GET", path), await provider.patch(made["id"], change)):
        assert reply.error == (500, None)
    errors = [one.getMessage() for one in caplog.records if one.levelname == "ERROR"]
    assert len([line for line in errors if "unexpected error" in line]) == 2


async def test_put_replaces_and_does_not_merge(provider: Provider) -> None:
    """Attributes that are not sent are removed, except `active`, which stays.

    attevon-llc/OpenTranscribe#582; msaad00/agent-bom#3543; vouch-sh/vouch#1415
    """
    made = await provider.make(displayName="Ann", externalId="e-1", active=False)
    path = f"/Users/{made['id']}"
    less = {"schemas": [USER], "userName": made["userName"], "emails": made["emails"]}
    reply = await provider.call("PUT", path, less)
    assert reply.status == 200
    assert set(reply.body) == {"schemas", "id", "userName", "emails", "active", "meta"}
    assert reply.body["active"] is False
    assert (await provider.call("GET", path)).body == reply.body
    assert await provider.names('externalId eq "e-1"') == []


async def test_writes_to_an_unknown_user(provider: Provider) -> None:
    """404 with a body, not 500.

    Captain-P-Goldfish/SCIM-SDK#666
    """
    replace = {"op": "replace", "path": "displayName", "value": "x"}
    for unknown in (str(new_id()), "7", "x" * 300, "'", "%27%20or%201"):
        assert (await provider.patch(unknown, replace)).error == (404, None)
        assert (await provider.call("PUT", f"/Users/{unknown}", user())).error == (404, None)
        assert (await provider.call("DELETE", f"/Users/{unknown}")).error == (404, None)


async def test_the_id_of_an_account_is_not_the_members(provider: Provider) -> None:
    """An account's id, which others know, is not found here."""
    made = await provider.make()
    account = await provider.account(made["userName"])
    assert (await provider.call("GET", f"/Users/{account['id']}")).error == (404, None)


BAD_USERS: dict[str, tuple[dict[str, Any], str]] = {
    "empty userName": ({"userName": ""}, "userName"),
    "blank userName": ({"userName": "  "}, "userName"),
    "number as userName": ({"userName": 5}, "userName"),
    "long userName": ({"userName": "a" * 255}, "userName"),
    "NUL in userName": ({"userName": "a\x00b"}, "userName"),
    "line feed in an address": ({"emails": [{"value": "a@example.com\nb@example.com"}]}, "emails"),
    "long address": ({"emails": [{"value": "a" * 250 + "@example.com"}]}, "emails"),
    "text for emails": ({"emails": "a@example.com"}, "emails"),
    "many addresses": ({"emails": [{"value": f"{n}@example.com"} for n in range(21)]}, "emails"),
    "long type": ({"emails": [{"value": "a@example.com", "type": "x" * 255}]}, "emails"),
    "long name": ({"name": {"givenName": "x" * 255}}, "name.givenName"),
    "NUL in a name": ({"name": {"familyName": "\x00"}}, "name.familyName"),
    "text for name": ({"name": "Ann"}, "name"),
    "long displayName": ({"displayName": "x" * 255}, "displayName"),
    "long externalId": ({"externalId": "x" * 255}, "externalId"),
    "word for active": ({"active": "perhaps"}, "active"),
    "list for active": ({"active": []}, "active"),
}


@pytest.mark.parametrize("name", BAD_USERS)
@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_a_bad_user_is_named(provider: Provider, method: str, name: str) -> None:
    """400 invalidValue with the attribute; nothing is written."""
    attributes, named = BAD_USERS[name]
    path = "/Users"
    if method == "PUT":
        made = await provider.make()
        path += f"/{made['id']}"
    before = await provider.rows("SELECT count(*), max(scim_version) FROM memberships")
    reply = await provider.call(method, path, user(**attributes))
    assert reply.error == (400, "invalidValue")
    assert named in reply.body["detail"]
    assert await provider.rows("SELECT count(*), max(scim_version) FROM memberships") == before


async def test_a_new_account_needs_a_valid_address(provider: Provider) -> None:
    """The main one of several counts; later changes are attributes, and may be any text."""
    emails = [{"value": "nobody", "primary": True}, {"value": "ann@example.com"}]
    refused = await provider.call("POST", "/Users", user(emails=emails))
    assert refused.error == (400, "invalidValue")
    assert "emails" in refused.body["detail"]
    made = await provider.make()
    put = await provider.call("PUT", f"/Users/{made['id']}", {**made, "emails": emails})
    assert (put.status, put.body["emails"]) == (200, emails)


@pytest.mark.parametrize(
    ("operation", "scim_type"),
    [
        ({"op": "replace", "path": "userName", "value": ""}, "invalidValue"),
        ({"op": "remove", "path": "userName"}, "mutability"),
        ({"op": "replace", "path": "userName", "value": "a" * 255}, "invalidValue"),
        ({"op": "replace", "path": "active", "value": "perhaps"}, "invalidValue"),
        ({"op": "replace", "path": "displayName", "value": "\x00"}, "invalidValue"),
        ({"op": "replace", "path": "displayName", "value": "x" * 255}, "invalidValue"),
        ({"op": "replace", "path": "emails[", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": "a" * 3_000, "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": "id", "value": "x"}, "mutability"),
        ({"op": "remove"}, "noTarget"),
        ({"op": "explode", "path": "displayName", "value": "x"}, None),
        ({"path": "displayName", "value": "x"}, None),
    ],
)
async def test_a_bad_patch_is_refused_as_a_whole(
    provider: Provider, operation: dict[str, Any], scim_type: str | None
) -> None:
    """400, and earlier operations of the same request have no effect."""
    made = await provider.make()
    good = {"op": "replace", "path": "displayName", "value": "Changed"}
    reply = await provider.patch(made["id"], good, operation)
    assert reply.error[0] == 400
    if scim_type is not None:
        assert reply.error[1] == scim_type
    assert (await provider.call("GET", f"/Users/{made['id']}")).body == made


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", (400, "invalidSyntax")),
        (b"{", (400, "invalidSyntax")),
        (b"[]", (400, "invalidSyntax")),
        (b"null", (400, "invalidSyntax")),
        (b'"x"', (400, "invalidSyntax")),
        (b"\xff\xfe", (400, "invalidSyntax")),
        (b"[" * 100_000, (400, "invalidSyntax")),
        (b'{"emails":' + b"[" * 32 + b"]" * 32 + b"}", (400, "invalidSyntax")),
        (b'{"active":' + b"[" * 1_000 + b"]" * 1_000 + b"}", (400, "invalidSyntax")),
        (b'{"userName": "\\ud800"}', (400, "invalidSyntax")),
        (b'{"emails": [' + b"{}," * 5_000 + b"{}]}", (400, "invalidValue")),
        (
            b'{"a": {' + b",".join(b'"%d": 1' % n for n in range(5_000)) + b"}}",
            (400, "invalidValue"),
        ),
        (b'{"x": "' + b"a" * 1024 * 1024 + b'"}', (413, None)),
    ],
    ids=[
        "none",
        "half",
        "list",
        "null",
        "text",
        "bytes",
        "half and deep",
        "deep",
        "deeper",
        "surrogate",
        "many",
        "wide",
        "big",
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_bad_bodies(
    provider: Provider, method: str, body: bytes, error: tuple[int, str | None]
) -> None:
    """Refused quickly, as SCIM errors."""
    path = "/Users" if method == "POST" else f"/Users/{(await provider.make())['id']}"
    assert (await provider.call(method, path, body)).error == error


async def test_many_operations_are_refused(provider: Provider) -> None:
    """One request changes one user, not thousands of values."""
    made = await provider.make()
    operation = {"op": "replace", "path": "displayName", "value": "x"}
    body = {"schemas": [PATCH], "Operations": [operation] * 3_000}
    reply = await provider.call("PATCH", f"/Users/{made['id']}", body)
    assert reply.error == (400, "invalidValue")


async def test_a_lock_timeout_is_a_503(provider: Provider) -> None:
    """The SCIM error shows no details, and the request may be repeated."""
    made = await provider.make()
    held = asyncio.Event()
    done = asyncio.Event()

    async def hold() -> None:
        connection = await asyncpg.connect(provider.dsn)
        async with connection.transaction():
            await connection.execute(
                "SELECT 1 FROM memberships WHERE id = $1 FOR UPDATE", made["id"]
            )
            held.set()
            await done.wait()
        await connection.close()

    holding = asyncio.create_task(hold())
    await held.wait()
    change = {"op": "replace", "path": "displayName", "value": "Zoe"}
    reply = await provider.patch(made["id"], change)
    assert reply.error == (503, None)
    assert int(reply.headers["Retry-After"]) in range(1, 5)
    done.set()
    await holding
    assert (await provider.patch(made["id"], change)).status == 200


async def test_head_is_get_without_a_body(provider: Provider) -> None:
    """As in HTTP."""
    reply = await provider.call("HEAD", "/Users")
    assert (reply.status, reply.body) == (200, None)
