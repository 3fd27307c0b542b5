"""Create or link, managed accounts, and what follows for the account and the others."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from .conftest import Ask, Session, person
from .provider import Provider, user


async def domain_of(provider: Provider, ask: Ask) -> str:
    """A domain that the organization holds now."""
    domain = f"d{uuid4().hex[:12]}.example"
    path = f"/internal/organizations/{provider.organization}/domains"
    assert (await ask("POST", path, {"domain": domain}))[0] == 200
    return domain


async def signed_up(ask: Ask, email: str, **fields: Any) -> dict[str, Any]:
    """An account that was there before."""
    body = person(email=email, plan="FREE", **fields)
    _status, made = await ask("POST", "/internal/users", body)
    return dict(made["user"])


async def active(provider: Provider, made: dict[str, Any], *, value: bool) -> None:
    reply = await provider.patch(made["id"], {"op": "replace", "path": "active", "value": value})
    assert (reply.status, reply.body["active"]) == (200, value)


async def told(provider: Provider, account: dict[str, Any]) -> list[str]:
    """The types of everything told of an account."""
    return [event["type"] for event in await provider.events(account["id"])]


async def last(provider: Provider, account: dict[str, Any]) -> dict[str, Any]:
    """What was told last of an account."""
    return dict((await provider.events(account["id"]))[-1]["data"]["user"])


# -- Accounts that the organization made ----------------------------------------------------------


async def test_a_new_account_takes_email_and_name_once(provider: Provider) -> None:
    """The id is the membership's, never the account's; what changes later stays outside."""
    email = f"{uuid4().hex}@example.com"
    made = await provider.make(
        userName=email,
        displayName="José Ñandú",
        emails=[
            {"value": "private@example.com", "type": "home"},
            {"value": email.upper(), "type": "work", "primary": True},
        ],
    )
    account = await provider.account(email)
    assert (account["name"], account["email"]) == (
        "José Ñandú",
        f"{email[:32].upper()}@example.com",
    )
    assert account["id"] != made["id"]
    assert await told(provider, account) == ["user.created"]
    changes = {"userName": "other@example.com", "displayName": "Eve", "name": {"givenName": "E"}}
    emails = [{"value": "eve@example.com", "primary": True}]
    put = await provider.call("PUT", f"/Users/{made['id']}", {**made, **changes, "emails": emails})
    assert (put.status, put.body["userName"]) == (200, "other@example.com")
    assert await provider.account(email) == account
    assert await told(provider, account) == ["user.created"]


async def test_a_managed_account_follows_active(provider: Provider) -> None:
    """Deactivated, reactivated under the same id, told each time; once, however often it is said.

    Okta's CRUD test: create, update, deactivate, reactivate, unassign.
    """
    made = await provider.make()
    account = await provider.account(made["userName"])
    for value in (False, False, True, True, False):
        await active(provider, made, value=value)
    assert (await provider.account(made["userName"]))["active"] is False
    assert await told(provider, account) == [
        "user.created",
        "user.deactivated",
        "user.updated",
        "user.deactivated",
    ]
    events = await provider.events(account["id"])
    versions = [event["aggregateversion"] for event in events]
    assert versions == sorted(set(versions))


async def test_deleting_ends_the_inactivity(provider: Provider) -> None:
    """Membership gone, account active and nobody's, coming bookings to be cancelled."""
    made = await provider.make()
    account = await provider.account(made["userName"])
    await active(provider, made, value=False)
    assert (await provider.call("DELETE", f"/Users/{made['id']}")).status == 204
    assert (await provider.account(made["userName"]))["active"] is True
    events = await provider.events(account["id"])
    assert [event["type"] for event in events[-2:]] == ["user.updated", "member.deprovisioned"]
    gone = events[-1]
    assert (gone["subject"], gone["ownerid"]) == (made["id"], account["id"])
    assert gone["data"] == {
        "organizationId": str(provider.organization),
        "userId": account["id"],
    }
    assert await provider.rows(
        "SELECT managed_by, active FROM users WHERE id = $1", account["id"]
    ) == [(None, True)]
    assert await provider.rows("SELECT 1 FROM memberships WHERE user_id = $1", account["id"]) == []


async def test_provisioned_again_after_deleting(provider: Provider) -> None:
    """The account is linked again, unmanaged where no domain is held, under another id.

    FusionAuth/fusionauth-issues#3244; Budibase/budibase#17628; kirodotdev/Kiro#10711
    """
    made = await provider.make()
    account = await provider.account(made["userName"])
    await provider.call("DELETE", f"/Users/{made['id']}")
    again = await provider.make(userName=made["userName"], emails=made["emails"])
    assert again["id"] != made["id"]
    assert (await provider.account(made["userName"]))["id"] == account["id"]
    await active(provider, again, value=False)
    assert (await provider.account(made["userName"]))["active"] is True


async def test_made_inactive(provider: Provider) -> None:
    """An account may begin inactive; it is told as such at once."""
    made = await provider.make(active=False)
    account = await provider.account(made["userName"])
    assert (made["active"], account["active"]) == (False, False)
    assert await told(provider, account) == ["user.created"]
    assert (await last(provider, account))["active"] is False


# -- Accounts that were there before --------------------------------------------------------------


async def test_a_link_without_the_domain_changes_membership_and_plan_only(
    provider: Provider, ask: Ask
) -> None:
    """Neither name, address nor credentials, and `active` reaches the plan alone.

    lightdash/lightdash#22402
    """
    email = f"{uuid4().hex}@example.com"
    before = await signed_up(ask, email)
    made = await provider.make(userName=email, displayName="Somebody Else")
    after = await provider.account(email)
    assert after == before | {"effectivePlan": "BUSINESS"}
    await active(provider, made, value=False)
    assert await provider.account(email) == before
    await active(provider, made, value=True)
    assert (await provider.call("DELETE", f"/Users/{made['id']}")).status == 204
    assert await provider.account(email) == before
    assert await told(provider, before) == ["user.created", *["user.updated"] * 4]


async def test_a_link_with_the_domain_manages(provider: Provider, ask: Ask) -> None:
    """Credentials of an address nobody had proven end; of a proven one they stay."""
    domain = await domain_of(provider, ask)
    for verified in (False, True):
        email = f"{uuid4().hex}@{domain}"
        before = await signed_up(ask, email, emailVerified=verified)
        made = await provider.make(userName=email)
        after = await provider.account(email)
        assert (after["credentialsValidFrom"] is None) is verified
        assert (await last(provider, before)) == after
        await active(provider, made, value=False)
        assert (await provider.account(email))["active"] is False
        assert (await told(provider, before))[-1] == "user.deactivated"
        await provider.call("DELETE", f"/Users/{made['id']}")
        assert (await told(provider, before))[-1] == "member.deprovisioned"
        # The second link finds a proven address: nothing ends again.
        ended = (await provider.account(email))["credentialsValidFrom"]
        await provider.make(userName=email)
        assert (await provider.account(email))["credentialsValidFrom"] == ended


async def test_who_manages_already_goes_on(provider: Provider, ask: Ask) -> None:
    """Another organization's link of a managed account is an ordinary one, though it holds the
    domain; only the manager's word reaches the account."""
    domain = await domain_of(provider, ask)
    email = f"{uuid4().hex}@{domain}"
    other = await another(provider, ask)
    theirs = await other.make(userName=email)
    account = await provider.account(email)
    made = await provider.make(userName=email)
    await active(provider, made, value=False)
    assert (await provider.account(email))["active"] is True
    await active(other, theirs, value=False)
    assert (await provider.account(email))["active"] is False
    await active(provider, made, value=True)
    assert (await provider.account(email))["active"] is False
    await provider.call("DELETE", f"/Users/{made['id']}")
    assert "member.deprovisioned" not in await told(provider, account)
    assert (await provider.account(email))["active"] is False


async def another(provider: Provider, ask: Ask) -> Provider:
    """The provider of another organization."""
    owner = person(plan="BUSINESS")
    await ask("POST", "/internal/users", owner)
    _status, made = await ask(
        "POST", "/internal/organizations", {"name": "Other", "ownerId": owner["id"]}
    )
    return Provider(provider.scim, made["id"], owner["id"], provider.dsn)


async def test_other_organizations_members_are_not_there(provider: Provider, ask: Ask) -> None:
    """404 for each method, and no list or filter shows them; userName may be used again."""
    other = await another(provider, ask)
    made = await provider.make()
    path = f"/Users/{made['id']}"
    assert (await other.call("GET", path)).error == (404, None)
    assert (await other.call("PUT", path, made)).error == (404, None)
    assert (await other.call("DELETE", path)).error == (404, None)
    replace = {"op": "replace", "path": "active", "value": False}
    assert (await other.patch(made["id"], replace)).error == (404, None)
    assert (await other.call("GET", "/Users")).body["totalResults"] == 0
    assert await other.names(f'userName eq "{made["userName"]}"') == []
    assert await other.names('userName co "@"') == []
    assert (await provider.call("GET", path)).body == made
    await other.make(userName=made["userName"], emails=[{"value": f"{uuid4().hex}@example.com"}])


# -- Members of the dashboard ---------------------------------------------------------------------


async def test_a_member_of_the_dashboard_is_linked_and_keeps_the_role(
    provider: Provider, ask: Ask, session: Session
) -> None:
    """Not seen over SCIM before; one membership afterwards."""
    admin = await signed_up(ask, f"{uuid4().hex}@example.com")
    members = f"/organizations/{provider.organization}/members"
    body = {"email": admin["email"], "role": "admin"}
    assert (await session(provider.owner, "POST", members, body))[0] == 201
    assert (await provider.call("GET", "/Users")).body["totalResults"] == 0
    made = await provider.make(userName=admin["email"])
    assert await provider.names('userName co "@"') == [admin["email"]]
    shown = (await session(provider.owner, "GET", f"/organizations/{provider.organization}"))[1]
    assert [(one["role"], one["active"]) for one in shown["members"]] == [
        ("owner", True),
        ("admin", True),
    ]
    await active(provider, made, value=False)
    shown = (await session(provider.owner, "GET", f"/organizations/{provider.organization}"))[1]
    assert [one["active"] for one in shown["members"]] == [True, False]


async def test_the_owner_is_never_locked_out(
    provider: Provider, ask: Ask, session: Session
) -> None:
    """`active` is kept as the provider says it and does nothing; DELETE forgets what it said."""
    domain = await domain_of(provider, ask)
    owner = (await ask("GET", f"/internal/users/{provider.owner}"))[1]["user"]
    made = await provider.make(userName=f"owner@{domain}", emails=[{"value": owner["email"]}])
    await active(provider, made, value=False)
    assert (await provider.account(owner["email"])) == owner
    path = f"/organizations/{provider.organization}"
    assert (await session(provider.owner, "GET", path))[0] == 200
    assert (await provider.call("DELETE", f"/Users/{made['id']}")).status == 204
    assert (await provider.call("GET", f"/Users/{made['id']}")).error == (404, None)
    assert (await session(provider.owner, "GET", path))[1]["role"] == "owner"
    assert await told(provider, owner) == ["user.created"]
    again = await provider.make(userName=f"owner@{domain}", emails=[{"value": owner["email"]}])
    assert again["id"] != made["id"]


async def test_the_dashboard_removes_a_managed_member(provider: Provider, session: Session) -> None:
    """Nobody manages the account then, so it is active again; the provider finds nobody."""
    made = await provider.make(active=False)
    account = await provider.account(made["userName"])
    path = f"/organizations/{provider.organization}/members/{account['id']}"
    assert (await session(provider.owner, "DELETE", path))[0] == 200
    assert (await provider.account(made["userName"]))["active"] is True
    assert await told(provider, account) == ["user.created", "user.updated"]
    assert (await provider.call("GET", f"/Users/{made['id']}")).error == (404, None)


async def test_scim_needs_business(provider: Provider, ask: Ask) -> None:
    """403 in SCIM's words for everything, discovery too, from the moment the plan is gone."""
    made = await provider.make()
    await ask("PUT", f"/internal/users/{provider.owner}/plan", {"plan": "PRO"})
    for method, path, body in (
        ("GET", "/Users", None),
        ("GET", "/ServiceProviderConfig", None),
        ("POST", "/Users", user()),
        ("DELETE", f"/Users/{made['id']}", None),
    ):
        assert (await provider.call(method, path, body)).error == (403, None)
    nobody = Provider(provider.scim, uuid4(), provider.owner, provider.dsn)
    assert (await nobody.call("GET", "/Users")).error == (403, None)
    await ask("PUT", f"/internal/users/{provider.owner}/plan", {"plan": "BUSINESS"})
    assert (await provider.call("GET", f"/Users/{made['id']}")).status == 200


# -- At once --------------------------------------------------------------------------------------


async def test_fifty_identical_creations_make_one(provider: Provider) -> None:
    """One 201, everybody else 409; one account, one membership, told once."""
    body = user()
    replies = await asyncio.gather(*(provider.call("POST", "/Users", body) for _ in range(50)))
    assert sorted(reply.status for reply in replies) == [201] + [409] * 49
    assert {reply.error for reply in replies if reply.status != 201} == {(409, "uniqueness")}
    account = await provider.account(body["userName"])
    assert await told(provider, account) == ["user.created"]
    assert await provider.names(f'userName eq "{body["userName"]}"') == [body["userName"]]


async def test_one_user_name_for_many_addresses_at_once(provider: Provider) -> None:
    """The name is unique in any letter case; who comes second leaves no account behind."""
    bodies = [
        user(userName=name, emails=[{"value": f"{uuid4().hex}@example.com"}])
        for name in ("Same.Name", "same.name", "SAME.NAME") * 4
    ]
    replies = await asyncio.gather(*(provider.call("POST", "/Users", body) for body in bodies))
    assert sorted(reply.status for reply in replies) == [201] + [409] * 11
    emails = [body["emails"][0]["value"] for body in bodies]
    assert len(await provider.rows("SELECT 1 FROM users WHERE email = ANY ($1)", emails)) == 1


async def test_many_patches_at_once_all_succeed(provider: Provider) -> None:
    """Without If-Match none is refused, and each is in the result."""
    made = await provider.make(emails=[{"value": f"{uuid4().hex}@example.com"}])
    adds = [
        {"op": "add", "path": "emails", "value": [{"value": f"{number}@example.com"}]}
        for number in range(15)
    ]
    replies = await asyncio.gather(*(provider.patch(made["id"], add) for add in adds))
    assert [reply.status for reply in replies] == [200] * 15
    emails = (await provider.call("GET", f"/Users/{made['id']}")).body["emails"]
    assert len(emails) == 16


async def test_activity_and_deletion_at_once_leave_nobody_inactive(provider: Provider) -> None:
    """Whichever comes last, an account without a manager is active."""
    for _ in range(5):
        made = await provider.make()
        off = {"op": "replace", "path": "active", "value": False}
        replies = await asyncio.gather(
            *(provider.patch(made["id"], off) for _ in range(3)),
            provider.call("DELETE", f"/Users/{made['id']}"),
        )
        assert {reply.status for reply in replies} <= {200, 204, 404}
        assert replies[-1].status == 204
        assert (await provider.account(made["userName"]))["active"] is True


async def test_rename_to_a_taken_name(provider: Provider) -> None:
    """409 by PUT and PATCH, and nothing changes; one's own name in another case is free.

    ssoready/ssoready#164
    """
    first, second = await provider.make(), await provider.make()
    taken = {"op": "replace", "path": "userName", "value": first["userName"].upper()}
    assert (await provider.patch(second["id"], taken)).error == (409, "uniqueness")
    path = f"/Users/{second['id']}"
    body = {**second, "userName": first["userName"]}
    assert (await provider.call("PUT", path, body)).error == (409, "uniqueness")
    assert (await provider.call("GET", path)).body == second
    renamed = await provider.patch(first["id"], taken)
    assert (renamed.status, renamed.body["active"]) == (200, True)
    assert renamed.body["userName"] == first["userName"].upper()


@pytest.mark.parametrize("door", ["api_key", "session", "public", "service", "operator"])
async def test_only_scim_tokens_open_scim(provider: Provider, door: str) -> None:
    """Every other door is refused before anything is read."""
    headers = provider.scim.identity(door, organization=provider.organization)  # type: ignore[arg-type]
    url = f"{provider.scim.url}/api/scim/v2/Users"
    async with provider.scim.session.get(url, headers=headers) as reply:
        assert reply.status == 503
