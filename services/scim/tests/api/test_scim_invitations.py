"""A provider's changes end invitations to a user, and those that the user sent."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from .calls import Ask, Session
from .provider import Provider
from .scim_people import signed_up
from .team import User, join, opened

NOBODY = (404, {"error": "Invitation not found", "code": "invitation_not_found"})


async def account(ask: Ask) -> User:
    """Create an account of the dashboard."""
    made = await signed_up(ask, f"{uuid4().hex}@example.com")
    return User(UUID(made["id"]), made["email"])


def path_of(provider: Provider) -> str:
    return f"/organizations/{provider.organization}"


async def invited(
    session: Session, provider: Provider, email: str, by: UUID | None = None
) -> dict[str, Any]:
    """Invite as an admin, by the owner, or as a member, by another sender."""
    body = {"email": email, "role": "member" if by else "admin"}
    path = f"{path_of(provider)}/invitations"
    status, made = await session(by or provider.owner, "POST", path, body)
    assert status == 201, made
    return dict(made)


async def test_linking_ends_it(provider: Provider, ask: Ask, session: Session) -> None:
    """A removed user cannot return by an earlier invitation, least of all as an admin."""
    one = await account(ask)
    invitation = await invited(session, provider, one.email.upper())
    made = await provider.make(userName=one.email)
    sent = f"{path_of(provider)}/invitations"
    assert await opened(session, provider.owner, sent) == []
    assert (await provider.call("DELETE", f"/Users/{made['id']}")).status == 204
    assert await opened(session, one.id, "/invitations") == []
    accept = f"/invitations/{invitation['id']}/accept"
    assert await session(one.id, "POST", accept) == NOBODY
    again = await invited(session, provider, one.email)
    assert (await session(one.id, "POST", f"/invitations/{again['id']}/accept"))[0] == 200


async def test_creating_the_account_ends_it(provider: Provider, ask: Ask, session: Session) -> None:
    """As linking does; another organization's invitation remains."""
    email = f"{uuid4().hex}@example.com"
    await invited(session, provider, email)
    other = await account(ask)
    _status, theirs = await session(other.id, "POST", "/organizations", {"name": "Other"})
    path = f"/organizations/{theirs['id']}/invitations"
    assert (await session(other.id, "POST", path, {"email": email}))[0] == 201
    await provider.make(userName=email)
    assert await opened(session, provider.owner, f"{path_of(provider)}/invitations") == []
    (left,) = await opened(session, UUID((await provider.account(email))["id"]), "/invitations")
    assert left["organizationId"] == theirs["id"]


@pytest.mark.parametrize("way", ["SCIM", "dashboard"])
async def test_removing_ends_a_leftover_one(
    provider: Provider, ask: Ask, session: Session, way: str
) -> None:
    """Earlier versions did not end invitations when they linked."""
    one = await account(ask)
    made = await provider.make(userName=one.email)
    await provider.rows(
        "INSERT INTO invitations VALUES ($1, $2, $3, $3, 'admin', $4, now(), now() + '7 days')"
        " RETURNING id",
        uuid4(),
        provider.organization,
        one.email,
        provider.owner,
    )
    if way == "SCIM":
        assert (await provider.call("DELETE", f"/Users/{made['id']}")).status == 204
    else:
        path = f"{path_of(provider)}/members/{made['id']}"
        assert (await session(provider.owner, "DELETE", path))[0] == 200
    assert await opened(session, one.id, "/invitations") == []


@pytest.mark.parametrize("way", ["PATCH", "POST"])
async def test_deactivating_the_sender_ends_it(
    provider: Provider, ask: Ask, session: Session, way: str
) -> None:
    """The invitations of a deactivated admin end."""
    admin, one = await account(ask), await account(ask)
    assert (await join(session, path_of(provider), provider.owner, admin, "admin"))[0] == 200
    invitation = await invited(session, provider, one.email, admin.id)
    by_owner = await invited(session, provider, f"{uuid4().hex}@example.com")
    made = await provider.make(userName=admin.email, active=way != "POST")
    if way == "PATCH":
        await provider.set_active(made, value=False)
    accept = f"/invitations/{invitation['id']}/accept"
    assert await session(one.id, "POST", accept) == NOBODY
    sent = await opened(session, provider.owner, f"{path_of(provider)}/invitations")
    assert [each["id"] for each in sent] == [by_owner["id"]]
    await provider.set_active(made, value=True)
    assert await session(one.id, "POST", accept) == NOBODY


async def test_the_owners_invitations_stay(provider: Provider, ask: Ask, session: Session) -> None:
    """`active` false has no effect on the owner."""
    one = await account(ask)
    invitation = await invited(session, provider, one.email)
    ((email,),) = await provider.rows("SELECT email FROM users WHERE id = $1", provider.owner)
    made = await provider.make(userName=email, active=False)
    await provider.set_active(made, value=True)
    await provider.set_active(made, value=False)
    assert (await session(one.id, "POST", f"/invitations/{invitation['id']}/accept"))[0] == 200
