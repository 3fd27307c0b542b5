"""A user becomes a member of an organization only by accepting."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from linktime_common.ids import new_id

from .calls import Ask, Sent, Session, person
from .provider import Provider
from .team import NOT_ALLOWED, Team, User, assemble, opened, user

NOBODY = (404, {"error": "Invitation not found", "code": "invitation_not_found"})
MEMBER = (409, {"error": "This user is already a member", "code": "already_member"})


@pytest.fixture
async def team(ask: Ask, session: Session) -> Team:
    return await assemble(ask, session)


async def invite(session: Session, team: Team, email: str, role: str = "member") -> dict[str, Any]:
    """Invite as the owner."""
    body = {"email": email, "role": role}
    status, made = await session(team.owner.id, "POST", f"{team.path}/invitations", body)
    assert status == 201, made
    return dict(made)


async def answer(session: Session, one: User, invitation: dict[str, Any], how: str) -> Any:
    """Accept or decline as the invited user; return the reply."""
    return await session(one.id, "POST", f"/invitations/{invitation['id']}/{how}")


async def write(dsn: str, statement: str, *values: Any) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement, *values)
    finally:
        await connection.close()


async def test_the_organization_sees_nothing_before_the_person_accepts(
    team: Team, session: Session, sent: Sent
) -> None:
    """Neither name nor id, nor whether there is an account; the members are unchanged."""
    there = await invite(session, team, team.stranger.email)
    absent = await invite(session, team, f"{new_id()}@example.com")
    assert set(there) == {"id", "email", "role", "createdAt", "expiresAt"}
    assert set(there) == set(absent)
    assert there["email"] == team.stranger.email
    listed = await opened(session, team.owner.id, f"{team.path}/invitations")
    assert listed == [absent, there]
    seen = (await session(team.owner.id, "GET", team.path))[1]
    members = await opened(session, team.owner.id, f"{team.path}/members")
    assert (seen["memberCount"], len(members)) == (3, 3)
    # Test accounts have their id in their address, which the organization knows.
    shown = repr((there, absent, seen, members)).replace(team.stranger.email, "")
    assert str(team.stranger.id) not in shown
    assert await session(team.stranger.id, "GET", team.path) == (
        404,
        {"error": "Organization not found", "code": "organization_not_found"},
    )
    assert await sent(team.stranger.id, "user.updated") == []


async def test_the_invited_person_accepts(team: Team, session: Session, sent: Sent) -> None:
    """They see the organization that invites them, and become a member with the plan it gives."""
    invitation = await invite(session, team, team.stranger.email, "ADMIN")
    (seen,) = await opened(session, team.stranger.id, "/invitations")
    assert seen == {
        "id": invitation["id"],
        "organizationId": team.id,
        "organizationName": "Acme",
        "role": "admin",
        "createdAt": invitation["createdAt"],
        "expiresAt": invitation["expiresAt"],
    }
    status, joined = await answer(session, team.stranger, invitation, "accept")
    assert (status, joined["id"], joined["role"], joined["memberCount"]) == (
        200,
        team.id,
        "admin",
        4,
    )
    members = await opened(session, team.owner.id, f"{team.path}/members")
    assert members[-1]["email"] == team.stranger.email
    (event,) = await sent(team.stranger.id, "user.updated")
    assert event["data"]["user"]["effectivePlan"] == "BUSINESS"
    assert await opened(session, team.owner.id, f"{team.path}/invitations") == []
    assert await opened(session, team.stranger.id, "/invitations") == []


async def test_a_declined_invitation_is_deleted(team: Team, session: Session, sent: Sent) -> None:
    """For both sides; the user can be invited again."""
    invitation = await invite(session, team, team.stranger.email)
    assert await answer(session, team.stranger, invitation, "decline") == (200, {"success": True})
    assert await opened(session, team.owner.id, f"{team.path}/invitations") == []
    assert await opened(session, team.stranger.id, "/invitations") == []
    for how in ("accept", "decline"):
        assert await answer(session, team.stranger, invitation, how) == NOBODY
    assert await sent(team.stranger.id, "user.updated") == []
    again = await invite(session, team, team.stranger.email)
    assert (await answer(session, team.stranger, again, "accept"))[0] == 200


async def test_a_cancelled_invitation_is_deleted(team: Team, session: Session) -> None:
    """An admin can cancel a member's, not another admin's; a second cancellation is 404."""
    path = f"{team.path}/invitations"
    of_a_member = await invite(session, team, team.stranger.email)
    of_an_admin = await invite(session, team, f"{new_id()}@example.com", "admin")
    admin = team.admin.id
    assert await session(admin, "DELETE", f"{path}/{of_an_admin['id']}") == NOT_ALLOWED
    renewal = {"email": of_an_admin["email"], "role": "member"}
    assert await session(admin, "POST", path, renewal) == NOT_ALLOWED
    cancelled = f"{path}/{of_a_member['id']}"
    assert await session(admin, "DELETE", cancelled) == (200, {"success": True})
    assert await session(admin, "DELETE", cancelled) == NOBODY
    assert await answer(session, team.stranger, of_a_member, "accept") == NOBODY
    assert await opened(session, admin, path) == [of_an_admin]


async def test_an_invitation_is_for_its_address_alone(
    team: Team, ask: Ask, session: Session
) -> None:
    """In any letter case; other users get 404."""
    invitation = await invite(session, team, team.stranger.email.upper())
    other = await user(ask)
    for one in (other, team.owner, team.member):
        assert await opened(session, one.id, "/invitations") == []
        for how in ("accept", "decline"):
            assert await answer(session, one, invitation, how) == NOBODY
    for path in (f"/invitations/{new_id()}/accept", "/invitations/x/decline"):
        assert await session(team.stranger.id, "POST", path) == NOBODY
    assert (await answer(session, team.stranger, invitation, "accept"))[0] == 200


async def test_an_account_made_later_is_invited(team: Team, ask: Ask, session: Session) -> None:
    """The invitation is found by the new account's address."""
    later = person()
    invitation = await invite(session, team, later["email"])
    await ask("POST", "/internal/users", later)
    somebody = User(UUID(later["id"]), later["email"])
    assert len(await opened(session, somebody.id, "/invitations")) == 1
    assert (await answer(session, somebody, invitation, "accept"))[0] == 200


async def test_the_present_address_counts(team: Team, ask: Ask, session: Session, dsn: str) -> None:
    """The former holder of an address is no longer invited; the present one is."""
    invitation = await invite(session, team, team.stranger.email)
    heir = await user(ask)
    move = "UPDATE users SET email = $2, email_key = lower($2) WHERE id = $1"
    await write(dsn, move, team.stranger.id, f"{new_id()}@example.com")
    await write(dsn, move, heir.id, team.stranger.email)
    assert await answer(session, team.stranger, invitation, "accept") == NOBODY
    assert (await answer(session, heir, invitation, "accept"))[0] == 200


async def test_inviting_again_renews(team: Team, session: Session, dsn: str) -> None:
    """There is one invitation, with the latest role and term; an expired one is replaced."""
    path = f"{team.path}/invitations"
    first = await invite(session, team, team.stranger.email, "admin")
    older = "UPDATE invitations SET expires_at = expires_at - interval '1 hour' WHERE id = $1"
    await write(dsn, older, UUID(first["id"]))
    body = {"email": team.stranger.email.upper()}
    answers = await asyncio.gather(*(session(team.owner.id, "POST", path, body) for _ in range(4)))
    assert {(status, one["id"], one["role"]) for status, one in answers} == {
        (201, first["id"], "member")
    }
    (listed,) = await opened(session, team.owner.id, path)
    assert listed["expiresAt"] >= first["expiresAt"]
    await write(dsn, "UPDATE invitations SET expires_at = now() WHERE id = $1", UUID(first["id"]))
    assert await opened(session, team.owner.id, path) == []
    assert await opened(session, team.stranger.id, "/invitations") == []
    assert await answer(session, team.stranger, first, "accept") == NOBODY
    assert await session(team.owner.id, "DELETE", f"{path}/{first['id']}") == NOBODY
    renewed = await invite(session, team, team.stranger.email)
    assert (await answer(session, team.stranger, renewed, "accept"))[0] == 200


async def test_concurrent_acceptances(team: Team, session: Session, sent: Sent) -> None:
    """One membership, one event; with a concurrent decline there is one outcome."""
    invitation = await invite(session, team, team.stranger.email)
    how = ["accept"] * 5 + ["decline"]
    replies = await asyncio.gather(
        *(answer(session, team.stranger, invitation, one) for one in how)
    )
    statuses = [status for status, _ in replies]
    assert sorted(statuses) == [200] + [404] * 5
    is_member = 200 in statuses[:5]
    assert (await session(team.owner.id, "GET", team.path))[1]["memberCount"] == 3 + is_member
    assert len(await sent(team.stranger.id, "user.updated")) == is_member


async def test_members_are_not_invited(team: Team, session: Session, dsn: str) -> None:
    """409 for every member that the organization sees, the owner and inactive ones too."""
    path = f"{team.path}/invitations"
    suspend = "UPDATE memberships SET active = false WHERE user_id = $1"
    await write(dsn, suspend, team.member.id)
    for one in (team.owner, team.admin, team.member):
        body = {"email": one.email.upper()}
        assert await session(team.owner.id, "POST", path, body) == MEMBER


async def test_an_invitation_ends_when_the_provider_provisions_the_user(
    provider: Provider, ask: Ask, session: Session
) -> None:
    """A membership suspended by the provider is unchanged."""
    one = await user(ask)
    path = f"/organizations/{provider.organization}"
    body = {"email": one.email, "role": "admin"}
    _status, invitation = await session(provider.owner, "POST", f"{path}/invitations", body)
    await provider.make(userName=one.email, active=False)
    assert await opened(session, one.id, "/invitations") == []
    assert await answer(session, one, invitation, "accept") == NOBODY
    (member,) = [
        member
        for member in await opened(session, provider.owner, f"{path}/members")
        if member["email"] == one.email
    ]
    assert (member["role"], member["active"]) == ("member", False)


async def test_an_inactive_account_accepts_nothing(team: Team, session: Session, dsn: str) -> None:
    """The gateway refuses its sessions; here it has no invitations either."""
    invitation = await invite(session, team, team.stranger.email)
    await write(dsn, "UPDATE users SET active = false WHERE id = $1", team.stranger.id)
    for how in ("accept", "decline"):
        assert await answer(session, team.stranger, invitation, how) == NOBODY


@pytest.mark.parametrize("how", ["leaves", "is removed", "is demoted"])
async def test_invitations_end_with_the_right_to_invite(
    team: Team, session: Session, how: str
) -> None:
    """An admin's invitations are deleted with the role."""
    path, body = f"{team.path}/invitations", {"email": team.stranger.email}
    _status, invitation = await session(team.admin.id, "POST", path, body)
    match how:
        case "leaves":
            await session(team.admin.id, "DELETE", team.of(team.admin))
        case "is removed":
            await session(team.owner.id, "DELETE", team.of(team.admin))
        case _:
            await session(team.owner.id, "PATCH", team.of(team.admin), {"role": "member"})
    assert await opened(session, team.owner.id, path) == []
    assert await answer(session, team.stranger, invitation, "accept") == NOBODY


async def test_invitations_end_with_the_organization(
    team: Team, session: Session, dsn: str
) -> None:
    """By the foreign key."""
    invitation = await invite(session, team, team.stranger.email)
    await write(dsn, "DELETE FROM memberships WHERE organization_id = $1", UUID(team.id))
    await write(dsn, "DELETE FROM organizations WHERE id = $1", UUID(team.id))
    assert await opened(session, team.stranger.id, "/invitations") == []
    assert await answer(session, team.stranger, invitation, "accept") == NOBODY


async def test_open_invitations_are_limited(team: Team, session: Session, dsn: str) -> None:
    """100 of one organization; a renewed one counts once, expired ones do not count."""
    path = f"{team.path}/invitations"
    first = await invite(session, team, team.stranger.email)
    fill = """
        INSERT INTO invitations
        SELECT gen_random_uuid(), organization_id, n::text, n::text, role, invited_by, created_at,
               expires_at
          FROM invitations, generate_series(1, 99) AS n
         WHERE id = $1
    """
    await write(dsn, fill, UUID(first["id"]))
    one_more = {"email": f"{new_id()}@example.com"}
    status, refused = await session(team.owner.id, "POST", path, one_more)
    assert (status, "100 open invitations" in refused["error"]) == (409, True)
    await invite(session, team, team.stranger.email)
    page = (await session(team.owner.id, "GET", f"{path}?limit=100&page=1"))[1]
    assert (page["pagination"]["total"], len(page["data"])) == (100, 100)
    await write(dsn, "UPDATE invitations SET expires_at = now() WHERE email = '7'")
    assert (await session(team.owner.id, "POST", path, one_more))[0] == 201


async def test_writes_repeat_with_their_key(team: Team, session: Session) -> None:
    """The stored reply is returned, also once the invitation is answered."""
    path, body = f"{team.path}/invitations", {"email": team.stranger.email}
    sent = await session(team.owner.id, "POST", path, body, key="i")
    assert await session(team.owner.id, "POST", path, body, key="i") == sent
    accept = f"/invitations/{sent[1]['id']}/accept"
    accepted = await session(team.stranger.id, "POST", accept, key="a")
    assert accepted[0] == 200
    assert await session(team.stranger.id, "POST", accept, key="a") == accepted
    assert await session(team.owner.id, "POST", path, body, key="i") == sent
    assert await opened(session, team.owner.id, path) == []
