"""The holder of an e-mail domain manages its accounts; look-alike domains have separate holders."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from .calls import Ask, Session, person
from .provider import Provider
from .scim_people import another, domain_of, signed_up
from .team import opened


async def managers(provider: Provider, email: str) -> list[Any]:
    """Return which organization manages the account, and whether its address is verified."""
    query = "SELECT managed_by, email_verified FROM users WHERE email = $1"
    ((manager, verified),) = await provider.rows(query, email)
    return [manager, verified]


async def verify(ask: Ask, provider: Provider, domain: str) -> None:
    path = f"/internal/organizations/{provider.organization}/domains"
    assert (await ask("POST", path, {"domain": domain}))[0] == 200


@pytest.mark.parametrize("active", [None, False])
async def test_an_account_of_another_organizations_domain(
    provider: Provider, ask: Ask, active: bool | None
) -> None:
    """It is created and linked, but unmanaged: `active` only changes the membership."""
    email = f"{uuid4().hex}@{await domain_of(provider, ask)}"
    other = await another(provider, ask)
    theirs = await other.make(userName=email, active=active)
    assert await managers(other, email) == [None, False]
    assert (await provider.account(email))["active"] is True
    await other.set_active(theirs, value=True)
    await other.set_active(theirs, value=False)
    assert (await provider.account(email))["active"] is True
    made = await provider.make(userName=email)
    assert await managers(provider, email) == [provider.organization, True]
    assert (await provider.account(email))["credentialsValidFrom"] is not None
    await provider.set_active(made, value=False)
    assert (await provider.account(email))["active"] is False


async def test_the_holder_of_a_domain_takes_accounts_over(provider: Provider, ask: Ask) -> None:
    """By linking an account that another organization created before the domain was verified."""
    domain = f"d{uuid4().hex}.example"
    email = f"ceo@{domain}"
    other = await another(provider, ask)
    theirs = await other.make(userName=email, active=False)
    assert (await provider.account(email))["active"] is False
    await verify(ask, provider, domain)
    made = await provider.make(userName=email)
    assert await managers(provider, email) == [provider.organization, True]
    account = await provider.account(email)
    assert (account["active"], account["credentialsValidFrom"] is None) == (True, False)
    # From now on the other organization only changes its own membership.
    await other.set_active(theirs, value=True)
    await other.set_active(theirs, value=False)
    assert (await provider.account(email))["active"] is True
    assert (await other.call("DELETE", f"/Users/{theirs['id']}")).status == 204
    assert "member.deprovisioned" not in await provider.event_types(account)
    await provider.set_active(made, value=False)
    assert (await provider.account(email))["active"] is False


@pytest.mark.parametrize(("theirs", "similar"), [("straße", "strasse"), ("βος", "βοσ")])
async def test_a_look_alike_domain(provider: Provider, ask: Ask, theirs: str, similar: str) -> None:
    """IDNA 2008 has two domains; the holder of one manages no account of the other."""
    name = f"d{uuid4().hex[:12]}"
    before = await signed_up(ask, f"boss@{theirs}-{name}.example")
    await verify(ask, provider, f"{similar}-{name}.example")
    own = f"boss@{similar}-{name}.example"
    await provider.make(userName=own)
    assert await managers(provider, own) == [provider.organization, True]
    after = await provider.account(before["email"])
    assert after == before
    assert await managers(provider, before["email"]) == [None, False]
    assert await provider.event_types(before) == ["user.created"]
    await verify(ask, provider, f"{theirs}-{name}.example")
    await provider.make(userName=f"BOSS@{theirs}-{name}.example")
    assert await managers(provider, before["email"]) == [provider.organization, True]


@pytest.mark.parametrize(("invited", "account"), [("weiß", "weiss"), ("weiss", "weiß")])
async def test_an_invitation_to_a_look_alike_address(
    provider: Provider, ask: Ask, session: Session, invited: str, account: str
) -> None:
    """The user neither sees nor accepts it, except in another letter case of the own address."""
    domain = f"d{uuid4().hex}.example"
    one = person(email=f"{account}@{domain}")
    assert (await ask("POST", "/internal/users", one))[0] == 201
    path = f"/organizations/{provider.organization}/invitations"
    body = {"email": f"{invited}@{domain}"}
    status, made = await session(provider.owner, "POST", path, body)
    assert status == 201
    assert await opened(session, UUID(one["id"]), "/invitations") == []
    accept = f"/invitations/{made['id']}/accept"
    assert (await session(UUID(one["id"]), "POST", accept))[0] == 404
    body = {"email": f"W{account[1:]}@{domain}"}
    _status, theirs = await session(provider.owner, "POST", path, body)
    assert theirs["id"] != made["id"]
    (seen,) = await opened(session, UUID(one["id"]), "/invitations")
    assert seen["id"] == theirs["id"]
    assert (await session(UUID(one["id"]), "POST", f"/invitations/{seen['id']}/accept"))[0] == 200
    # The other one remains, and may be sent again though a look-alike is a member now.
    body = {"email": f"{invited}@{domain}"}
    assert (await session(provider.owner, "POST", path, body))[0] == 201
    assert [each["id"] for each in await opened(session, provider.owner, path)] == [made["id"]]
