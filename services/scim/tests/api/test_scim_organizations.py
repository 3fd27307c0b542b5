"""An organization's dashboard members, its plan, and concurrent requests."""

import asyncio
from uuid import uuid4

import pytest

from linktime_local.testing.time_limits import LONG_SECONDS
from linktime_scim.api import scim

from .calls import Ask, Session
from .provider import Provider, user
from .scim_people import domain_of, signed_up
from .team import User, join, opened


async def test_a_member_of_the_dashboard_is_linked_and_keeps_the_role(
    provider: Provider, ask: Ask, session: Session
) -> None:
    """Not visible over SCIM before; one membership afterwards."""
    admin = await signed_up(ask, f"{uuid4().hex}@example.com")
    path, somebody = f"/organizations/{provider.organization}", User(admin["id"], admin["email"])
    assert (await join(session, path, provider.owner, somebody, "admin"))[0] == 200
    assert (await provider.call("GET", "/Users")).body["totalResults"] == 0
    made = await provider.make(userName=admin["email"])
    assert await provider.names('userName co "@"') == [admin["email"]]
    shown = await opened(session, provider.owner, f"{path}/members")
    assert [(one["role"], one["active"]) for one in shown] == [
        ("owner", True),
        ("admin", True),
    ]
    await provider.set_active(made, value=False)
    shown = await opened(session, provider.owner, f"{path}/members")
    assert [one["active"] for one in shown] == [True, False]


async def test_the_owner_is_never_locked_out(
    provider: Provider, ask: Ask, session: Session
) -> None:
    """`active` is stored without effect; DELETE erases the provider's attributes."""
    domain = await domain_of(provider, ask)
    owner = (await ask("GET", f"/internal/users/{provider.owner}"))[1]["user"]
    made = await provider.make(userName=f"owner@{domain}", emails=[{"value": owner["email"]}])
    await provider.set_active(made, value=False)
    assert (await provider.account(owner["email"])) == owner
    path = f"/organizations/{provider.organization}"
    assert (await session(provider.owner, "GET", path))[0] == 200
    assert (await provider.call("DELETE", f"/Users/{made['id']}")).status == 204
    assert (await provider.call("GET", f"/Users/{made['id']}")).error == (404, None)
    assert (await session(provider.owner, "GET", path))[1]["role"] == "owner"
    assert await provider.event_types(owner) == ["user.created"]
    again = await provider.make(userName=f"owner@{domain}", emails=[{"value": owner["email"]}])
    assert again["id"] != made["id"]


async def test_the_dashboard_removes_a_managed_member(provider: Provider, session: Session) -> None:
    """The account is then unmanaged and active; the provider finds no user."""
    made = await provider.make(active=False)
    account = await provider.account(made["userName"])
    path = f"/organizations/{provider.organization}/members/{made['id']}"
    assert (await session(provider.owner, "DELETE", path))[0] == 200
    assert (await provider.account(made["userName"]))["active"] is True
    assert await provider.event_types(account) == ["user.created", "user.updated"]
    assert (await provider.call("GET", f"/Users/{made['id']}")).error == (404, None)


async def test_scim_needs_business(provider: Provider, ask: Ask) -> None:
    """403 as a SCIM error for every request, discovery too, once the plan has ended."""
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


@pytest.mark.usefixtures("long_connection_wait")
async def test_fifty_identical_creations_create_one(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One 201, otherwise 409; one account, one membership, one event."""
    monkeypatch.setattr(scim, "ANSWER_SECONDS", LONG_SECONDS)
    body = user()
    replies = await asyncio.gather(*(provider.call("POST", "/Users", body) for _ in range(50)))
    assert sorted(reply.status for reply in replies) == [201] + [409] * 49
    assert {reply.error for reply in replies if reply.status != 201} == {(409, "uniqueness")}
    account = await provider.account(body["userName"])
    assert await provider.event_types(account) == ["user.created"]
    assert await provider.names(f'userName eq "{body["userName"]}"') == [body["userName"]]


@pytest.mark.usefixtures("long_connection_wait")
async def test_concurrent_creations_with_one_user_name(provider: Provider) -> None:
    """The name is unique in any letter case; a refused request creates no account."""
    bodies = [
        user(userName=name, emails=[{"value": f"{uuid4().hex}@example.com"}])
        for name in ("Same.Name", "same.name", "SAME.NAME") * 4
    ]
    replies = await asyncio.gather(*(provider.call("POST", "/Users", body) for body in bodies))
    assert sorted(reply.status for reply in replies) == [201] + [409] * 11
    emails = [body["emails"][0]["value"] for body in bodies]
    assert len(await provider.rows("SELECT 1 FROM users WHERE email = ANY ($1)", emails)) == 1


@pytest.mark.usefixtures("long_connection_wait")
async def test_concurrent_patches_all_succeed(provider: Provider) -> None:
    """Without If-Match none is refused, and the result has every change."""
    made = await provider.make(emails=[{"value": f"{uuid4().hex}@example.com"}])
    adds = [
        {"op": "add", "path": "emails", "value": [{"value": f"{number}@example.com"}]}
        for number in range(15)
    ]
    replies = await asyncio.gather(*(provider.patch(made["id"], add) for add in adds))
    assert [reply.status for reply in replies] == [200] * 15
    emails = (await provider.call("GET", f"/Users/{made['id']}")).body["emails"]
    assert len(emails) == 16


@pytest.mark.usefixtures("long_connection_wait")
async def test_concurrent_deactivation_and_deletion(
    provider: Provider,
) -> None:
    """In either order, an unmanaged account is active."""
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
    """409 by PUT and PATCH, and nothing changes; another case of the own name is allowed.

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


@pytest.mark.parametrize("caller_kind", ["api_key", "session", "public", "service", "operator"])
async def test_only_scim_tokens_open_scim(provider: Provider, caller_kind: str) -> None:
    """Other caller kinds are refused before anything is read."""
    headers = provider.scim.identity(caller_kind, organization=provider.organization)  # type: ignore[arg-type]
    url = f"{provider.scim.url}/api/scim/v2/Users"
    async with provider.scim.session.get(url, headers=headers) as reply:
        assert reply.status == 503


@pytest.mark.usefixtures("long_connection_wait")
async def test_concurrent_acceptance_and_provisioning(
    provider: Provider, ask: Ask, session: Session
) -> None:
    """One provisioned membership; if the acceptance is second, the invitation is not found."""
    invitations = f"/organizations/{provider.organization}/invitations"
    for _ in range(5):
        account = await signed_up(ask, f"{uuid4().hex}@example.com")
        body = user(userName=account["email"])
        sent = await session(provider.owner, "POST", invitations, {"email": account["email"]})
        accept = f"/invitations/{sent[1]['id']}/accept"
        (accepted, _), made, again = await asyncio.gather(
            session(account["id"], "POST", accept),
            provider.call("POST", "/Users", body),
            provider.call("POST", "/Users", body),
        )
        assert accepted in {200, 404}
        assert sorted([made.status, again.status]) == [201, 409]
        assert await provider.rows(
            "SELECT count(*), count(scim_attributes) FROM memberships WHERE user_id = $1",
            account["id"],
        ) == [(1, 1)]


@pytest.mark.usefixtures("long_connection_wait")
async def test_concurrent_changes_of_the_owner(provider: Provider, ask: Ask) -> None:
    """No deadlock, also with a concurrent change of the plan."""
    owner = (await ask("GET", f"/internal/users/{provider.owner}"))[1]["user"]
    body = user(userName=owner["email"])
    made = await asyncio.gather(*(provider.call("POST", "/Users", body) for _ in range(10)))
    assert sorted(reply.status for reply in made) == [201] + [409] * 9
    (member,) = [reply.body["id"] for reply in made if reply.status == 201]
    changes = [
        {"op": "replace", "path": "active", "value": number % 2 == 0} for number in range(10)
    ]
    plan = f"/internal/users/{provider.owner}/plan"
    replies = await asyncio.gather(
        *(provider.patch(member, change) for change in changes),
        *(provider.call("POST", "/Users", user()) for _ in range(5)),
        *(ask("PUT", plan, {"plan": "BUSINESS"}) for _ in range(5)),
    )
    assert [reply.status for reply in replies[:10]] == [200] * 10
    assert [reply.status for reply in replies[10:15]] == [201] * 5
    assert [status for status, _ in replies[15:]] == [200] * 5


@pytest.mark.usefixtures("long_connection_wait")
async def test_concurrent_creation_and_change_of_one_user(provider: Provider) -> None:
    """A repeated creation is a conflict, never another error."""
    body = user()
    made = (await provider.call("POST", "/Users", body)).body
    for number in range(5):
        change = {"op": "replace", "path": "active", "value": number % 2 == 0}
        replies = await asyncio.gather(
            *(provider.call("POST", "/Users", body) for _ in range(4)),
            *(provider.patch(made["id"], change) for _ in range(4)),
        )
        assert [reply.status for reply in replies] == [409] * 4 + [200] * 4
