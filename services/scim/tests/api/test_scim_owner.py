"""The provider's `active: false` for an owner takes effect when another member is the owner."""

from typing import Any

import pytest

from .calls import Ask
from .provider import Provider
from .scim_people import another, domain_of, signed_up


async def set_owner(provider: Provider, ask: Ask, account: dict[str, Any]) -> None:
    path = f"/internal/organizations/{provider.organization}/owner"
    status, changed = await ask("PUT", path, {"userId": str(account["id"])})
    assert (status, changed["ownerId"]) == (200, str(account["id"]))


async def membership(provider: Provider, account: dict[str, Any]) -> tuple[Any, ...]:
    (row,) = await provider.rows(
        "SELECT role, active, scim_active FROM memberships"
        " WHERE organization_id = $1 AND user_id = $2",
        provider.organization,
        account["id"],
    )
    return row


async def provisioned_owner(
    provider: Provider, ask: Ask, *, managed: bool
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return the owner over SCIM, the owner's account, and the account of another member."""
    domain = await domain_of(provider, ask)
    if managed:
        made = await provider.make(userName=f"e@{domain}")
    else:
        email = f"e@{await domain_of(await another(provider, ask), ask)}"
        await signed_up(ask, email)
        made = await provider.make(userName=email)
    other = await provider.make(userName=f"f@{domain}")
    owner = await provider.account(made["userName"])
    await set_owner(provider, ask, owner)
    # The provider has access only on BUSINESS.
    plan = {"plan": "BUSINESS"}
    assert (await ask("PUT", f"/internal/users/{owner['id']}/plan", plan))[0] == 200
    return made, owner, await provider.account(other["userName"])


@pytest.mark.parametrize("managed", [True, False])
async def test_a_deactivated_owner_is_inactive_as_a_former_owner(
    provider: Provider, ask: Ask, managed: bool
) -> None:
    """A managed account is deactivated and published as such; else the membership is suspended."""
    made, owner, other = await provisioned_owner(provider, ask, managed=managed)
    await provider.set_active(made, value=False)
    assert (await provider.account(owner["email"]))["active"] is True
    assert await membership(provider, owner) == ("owner", True, False)
    await set_owner(provider, ask, other)
    assert await membership(provider, owner) == ("admin", False, False)
    assert (await provider.account(owner["email"]))["active"] is not managed
    expected = "user.deactivated" if managed else "user.updated"
    assert (await provider.event_types(owner))[-1] == expected
    await provider.set_active(made, value=True)
    assert await membership(provider, owner) == ("admin", True, True)
    assert (await provider.account(owner["email"]))["active"] is True


async def test_an_active_owner_stays_active_as_a_former_owner(provider: Provider, ask: Ask) -> None:
    """With the provider's attributes, and without them."""
    _made, owner, other = await provisioned_owner(provider, ask, managed=True)
    await set_owner(provider, ask, other)
    assert await membership(provider, owner) == ("admin", True, True)
    assert (await provider.account(owner["email"]))["active"] is True
    first = {"id": str(provider.owner)}
    assert await membership(provider, first) == ("admin", True, None)


@pytest.mark.parametrize("managed", [True, False])
async def test_a_repeated_false_deactivates_a_member_who_stayed_active(
    provider: Provider, ask: Ask, managed: bool
) -> None:
    """As a former owner of an earlier version did."""
    made, owner, other = await provisioned_owner(provider, ask, managed=managed)
    await provider.set_active(made, value=False)
    await set_owner(provider, ask, other)
    await provider.rows(
        "UPDATE memberships SET active = true WHERE user_id = $1 RETURNING id", owner["id"]
    )
    await provider.rows("UPDATE users SET active = true WHERE id = $1 RETURNING id", owner["id"])
    await provider.set_active(made, value=False)
    assert await membership(provider, owner) == ("admin", False, False)
    assert (await provider.account(owner["email"]))["active"] is not managed
    expected = "user.deactivated" if managed else "user.updated"
    assert (await provider.event_types(owner))[-1] == expected
