"""What an organization sees of accounts that only its identity provider added."""

from typing import Any
from uuid import UUID, uuid4

from linktime_common.ids import new_id

from .calls import Ask, Session
from .provider import Provider
from .scim_people import domain_of, signed_up
from .team import User, join, opened


async def listed(provider: Provider, session: Session, role: str = "member") -> list[Any]:
    path = f"/organizations/{provider.organization}/members"
    return [one for one in await opened(session, provider.owner, path) if one["role"] == role]


def without_ids(seen: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in seen.items() if key not in {"id", "createdAt", "email"}}


async def test_an_account_is_not_shown_without_consent(
    provider: Provider, ask: Ask, session: Session
) -> None:
    """What is shown comes from the provider, and is equal for a created and a linked account."""
    email = f"v{uuid4().hex}@example.com"
    victim = await signed_up(ask, f"V{email[1:]}", name="Real Name")
    both = {"name": None, "displayName": "Sent Name"}
    linked = await provider.make(userName=email, **both)
    created = await provider.make(userName=f"{uuid4().hex}@example.com", **both)
    assert set(linked) == set(created)
    first, second = await listed(provider, session)
    assert [first["email"], second["email"]] == [linked["userName"], created["userName"]]
    assert [first["id"], second["id"]] == [linked["id"], created["id"]]
    assert (first["name"], first["username"]) == ("Sent Name", None)
    assert without_ids(first) == without_ids(second)
    shown = str([first, second, linked, created])
    assert all(victim[name] not in shown for name in ("id", "name", "username", "email"))


async def test_without_a_name_the_part_before_the_at_is_shown(
    provider: Provider, ask: Ask, session: Session
) -> None:
    email = f"{uuid4().hex}@example.com"
    await signed_up(ask, email, name="Real Name")
    await provider.make(userName=email, name=None)
    (seen,) = await listed(provider, session)
    assert seen["name"] == email.partition("@")[0]


async def test_a_hidden_member_is_managed_by_the_id_in_the_list(
    provider: Provider, ask: Ask, session: Session
) -> None:
    """The reply hides the account too; the user's id finds nothing, except for the user."""
    email = f"{uuid4().hex}@example.com"
    account = await signed_up(ask, email)
    made = await provider.make(userName=email)
    (seen,) = await listed(provider, session)
    path = f"/organizations/{provider.organization}/members"
    by_user_id = f"{path}/{account['id']}"
    admin = {"role": "admin"}
    assert (await session(provider.owner, "PATCH", by_user_id, admin))[0] == 404
    assert (await session(provider.owner, "DELETE", by_user_id))[0] == 404
    assert (await session(provider.owner, "PATCH", f"{path}/{new_id()}", admin))[0] == 404
    status, changed = await session(provider.owner, "PATCH", f"{path}/{made['id']}", admin)
    assert (status, changed) == (200, seen | admin)
    assert await listed(provider, session, "admin") == [changed]
    assert (await session(UUID(account["id"]), "DELETE", by_user_id))[0] == 200
    await provider.make(userName=email)
    (again,) = await listed(provider, session)
    assert (await session(provider.owner, "DELETE", f"{path}/{again['id']}"))[0] == 200
    assert await listed(provider, session) == []


async def test_who_accepted_an_invitation_is_shown(
    provider: Provider, ask: Ask, session: Session
) -> None:
    """Also after the provider linked the account and changed its attributes."""
    email = f"{uuid4().hex}@example.com"
    account = await signed_up(ask, email, name="Real Name")
    path = f"/organizations/{provider.organization}"
    one = User(UUID(account["id"]), email)
    assert (await join(session, path, provider.owner, one))[0] == 200
    before = await listed(provider, session)
    assert [before[0][name] for name in ("id", "name", "username")] == [
        account[name] for name in ("id", "name", "username")
    ]
    made = await provider.make(userName=email, displayName="Sent Name")
    await provider.patch(made["id"], {"op": "replace", "path": "displayName", "value": "Another"})
    assert await listed(provider, session) == before


async def test_the_holder_of_the_domain_sees_accounts(
    provider: Provider, ask: Ask, session: Session
) -> None:
    """A domain of one organization discloses nothing to another."""
    email = f"{uuid4().hex}@{await domain_of(provider, ask)}"
    account = await signed_up(ask, email, name="Real Name")
    await provider.make(userName=email, displayName="Sent Name")
    (seen,) = await listed(provider, session)
    assert [seen[name] for name in ("id", "name", "username", "email")] == [
        account[name] for name in ("id", "name", "username", "email")
    ]
