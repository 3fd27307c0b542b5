"""The operator closes an account: no organization can open it, and only the operator does."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from .calls import Ask, Session, person
from .provider import Provider
from .scim_people import domain_of, signed_up
from .team import GONE, User, assemble, join, user

NOBODY = (404, {"error": "Invitation not found", "code": "invitation_not_found"})


async def switch(ask: Ask, user_id: Any, *, active: bool) -> bool:
    """Open or close the account as the operator; return whether it is active then."""
    status, changed = await ask("PUT", f"/internal/users/{user_id}/active", {"active": active})
    assert status == 200
    return bool(changed["user"]["active"])


async def test_a_managed_account_is_active_if_both_agree(provider: Provider, ask: Ask) -> None:
    """One event for each change of the outcome, none for what changes nothing."""
    made = await provider.make()
    account = await provider.account(made["userName"])
    assert await switch(ask, account["id"], active=False) is False
    for value in (False, True):
        await provider.set_active(made, value=value)
        assert (await provider.account(made["userName"]))["active"] is False
    assert await switch(ask, account["id"], active=True) is True
    await provider.set_active(made, value=False)
    await switch(ask, account["id"], active=False)
    assert await switch(ask, account["id"], active=True) is False
    await provider.set_active(made, value=True)
    assert (await provider.account(made["userName"]))["active"] is True
    assert await provider.event_types(account) == [
        "user.created",
        *["user.deactivated", "user.updated"] * 2,
    ]


@pytest.mark.parametrize("said", [{}, {"active": True}])
async def test_a_link_with_the_domain_does_not_open_it(
    provider: Provider, ask: Ask, said: dict[str, bool]
) -> None:
    """Neither does the deletion; the member is active, as the organization decided."""
    account = await signed_up(ask, f"ann@{await domain_of(provider, ask)}", emailVerified=True)
    await switch(ask, account["id"], active=False)
    made = await provider.make(userName=account["email"], **said)
    assert made["active"] is True
    assert (await provider.account(account["email"]))["active"] is False
    assert (await provider.call("DELETE", f"/Users/{made['id']}")).status == 204
    assert (await provider.account(account["email"]))["active"] is False
    types = await provider.event_types(account)
    assert types[:2] == ["user.created", "user.deactivated"]
    assert await switch(ask, account["id"], active=True) is True


async def test_a_link_of_the_owner_does_not_open_it(provider: Provider, ask: Ask) -> None:
    """An owner's membership is always active; the account follows the operator."""
    domain = f"d{uuid4().hex[:12]}.example"
    account = person(email=f"ann@{domain}", plan="BUSINESS", emailVerified=True)
    await ask("POST", "/internal/users", account)
    body = {"name": "Own", "ownerId": account["id"]}
    own = (await ask("POST", "/internal/organizations", body))[1]["id"]
    path = f"/internal/organizations/{own}/domains"
    assert (await ask("POST", path, {"domain": domain}))[0] == 200
    theirs = replace(provider, organization=UUID(own), owner=UUID(account["id"]))
    await switch(ask, account["id"], active=False)
    made = await theirs.make(userName=account["email"])
    assert (await theirs.account(account["email"]))["active"] is False
    assert (await theirs.call("DELETE", f"/Users/{made['id']}")).status == 204
    assert (await theirs.account(account["email"]))["active"] is False
    assert await switch(ask, account["id"], active=True) is True


async def test_removing_the_member_in_the_dashboard_does_not_open_it(
    provider: Provider, ask: Ask, session: Session
) -> None:
    """It ends the management only."""
    made = await provider.make()
    account = await provider.account(made["userName"])
    await switch(ask, account["id"], active=False)
    path = f"/organizations/{provider.organization}/members/{made['id']}"
    assert (await session(provider.owner, "DELETE", path))[0] == 200
    assert (await provider.account(made["userName"]))["active"] is False
    assert await switch(ask, account["id"], active=True) is True


async def test_an_account_that_an_earlier_version_closed_is_opened(
    provider: Provider, ask: Ask
) -> None:
    """It stored the operator's decision in `active`."""
    account = await signed_up(ask, f"{uuid4()}@example.com")
    await provider.rows("UPDATE users SET active = false WHERE id = $1 RETURNING id", account["id"])
    assert await switch(ask, account["id"], active=False) is False
    assert await switch(ask, account["id"], active=True) is True


async def test_invitations_of_a_closed_account_end(ask: Ask, session: Session) -> None:
    """In every organization, and it sends no more; those of others stay."""
    team, other = await assemble(ask, session), await assemble(ask, session)
    assert (await join(session, other.path, other.owner.id, team.admin, "admin"))[0] == 200
    sent = [
        (team, team.admin, await user(ask)),
        (other, team.admin, await user(ask)),
        (team, team.owner, await user(ask)),
    ]
    accepts = []
    for where, sender, one in sent:
        body = {"email": one.email, "role": "member"}
        status, made = await session(sender.id, "POST", f"{where.path}/invitations", body)
        assert status == 201
        accepts.append((one.id, "POST", f"/invitations/{made['id']}/accept"))
    await switch(ask, team.admin.id, active=False)
    body = {"email": team.stranger.email, "role": "member"}
    assert await session(team.admin.id, "POST", f"{team.path}/invitations", body) == GONE
    await switch(ask, team.admin.id, active=True)
    assert [await session(*accept) for accept in accepts[:2]] == [NOBODY, NOBODY]
    assert (await session(*accepts[2]))[0] == 200
    assert (await session(team.admin.id, "POST", f"{team.path}/invitations", body))[0] == 201


@pytest.mark.parametrize("way", ["PATCH", "POST"])
async def test_invitations_of_an_account_that_its_provider_deactivates_end(
    provider: Provider, ask: Ask, session: Session, way: str
) -> None:
    """Also those to other organizations, as the account is inactive everywhere."""
    account = await signed_up(ask, f"ann@{await domain_of(provider, ask)}", emailVerified=True)
    sender, one, team = UUID(account["id"]), await user(ask), await assemble(ask, session)
    admin = User(sender, account["email"])
    assert (await join(session, team.path, team.owner.id, admin, "admin"))[0] == 200
    body = {"email": one.email, "role": "member"}
    _status, invitation = await session(sender, "POST", f"{team.path}/invitations", body)
    made = await provider.make(userName=account["email"], active=way != "POST")
    if way == "PATCH":
        await provider.set_active(made, value=False)
    accept = f"/invitations/{invitation['id']}/accept"
    assert await session(one.id, "POST", accept) == NOBODY
    await provider.set_active(made, value=True)
    assert await session(one.id, "POST", accept) == NOBODY
