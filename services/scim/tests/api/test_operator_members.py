"""The operator removes members and changes owners."""

from typing import Any
from uuid import UUID

import pytest

from linktime_common.ids import new_id

from .calls import Ask, Session, person
from .provider import Provider
from .team import STAYS, Team, assemble, opened

NO_MEMBER = (404, {"error": "Member not found", "code": "member_not_found"})


@pytest.fixture
async def team(ask: Ask, session: Session) -> Team:
    return await assemble(ask, session)


def path(organization: object, behind: str) -> str:
    return f"/internal/organizations/{organization}/{behind}"


async def roles(team: Team, session: Session, by: UUID) -> dict[str, str]:
    members = await opened(session, by, f"{team.path}/members")
    return {one["email"]: one["role"] for one in members}


async def plan(ask: Ask, user_id: object) -> Any:
    return (await ask("GET", f"/internal/users/{user_id}"))[1]["user"]["effectivePlan"]


async def test_a_member_is_removed(team: Team, ask: Ask, session: Session) -> None:
    """With the organization's plan; the owner stays, and strangers are not found."""
    assert await plan(ask, team.member.id) == "BUSINESS"
    for one in (team.member, team.admin):
        removed = path(team.id, f"members/{one.id}")
        assert await ask("DELETE", removed) == (200, {"success": True})
        assert await ask("DELETE", removed) == NO_MEMBER
    assert await plan(ask, team.member.id) == "FREE"
    assert await roles(team, session, team.owner.id) == {team.owner.email: "owner"}
    assert await ask("DELETE", path(team.id, f"members/{team.owner.id}")) == STAYS
    assert await ask("DELETE", path(team.id, f"members/{team.stranger.id}")) == NO_MEMBER
    assert (await ask("DELETE", path(new_id(), f"members/{team.member.id}")))[0] == 404


async def test_a_managed_account_stays(provider: Provider, ask: Ask) -> None:
    """Its provider removes it; an account that existed before is not managed and can be removed."""
    for exists in (True, False):
        email = f"{new_id()}@acme.example"
        if exists:
            await ask("POST", "/internal/users", person(email=email))
        await provider.make(userName=email, emails=[{"value": email}])
        found = (await ask("GET", f"/internal/users?email={email}"))[1]["data"]
        removed = path(provider.organization, f"members/{found[0]['user']['id']}")
        status, answer = await ask("DELETE", removed)
        expected = (200, None) if exists else (409, "managed_member")
        assert (status, answer.get("code")) == expected


async def test_another_member_becomes_the_owner(team: Team, ask: Ask, session: Session) -> None:
    """The organization gets its plan, and the former owner is an admin, who can be removed."""
    changing = path(team.id, "owner")
    for _ in range(2):
        status, changed = await ask("PUT", changing, {"userId": str(team.member.id)})
        assert (status, changed["ownerId"], changed["plan"]) == (200, str(team.member.id), "FREE")
    assert await roles(team, session, team.member.id) == {
        team.owner.email: "admin",
        team.admin.email: "admin",
        team.member.email: "owner",
    }
    assert await plan(ask, team.admin.id) == "FREE"
    assert await plan(ask, team.owner.id) == "BUSINESS"
    assert (await ask("DELETE", path(team.id, f"members/{team.owner.id}")))[0] == 200
    assert await ask("DELETE", path(team.id, f"members/{team.member.id}")) == STAYS


async def test_only_an_active_member_can_own(team: Team, ask: Ask) -> None:
    """Nothing changes."""
    changing = path(team.id, "owner")
    assert await ask("PUT", changing, {"userId": str(team.stranger.id)}) == NO_MEMBER
    assert await ask("PUT", changing, {"userId": str(new_id())}) == NO_MEMBER
    assert (await ask("PUT", changing, {"userId": "me"}))[0] == 400
    assert (await ask("PUT", path(new_id(), "owner"), {"userId": str(team.member.id)}))[0] == 404
    await ask("PUT", f"/internal/users/{team.member.id}/active", {"active": False})
    status, refused = await ask("PUT", changing, {"userId": str(team.member.id)})
    assert (status, refused["code"]) == (409, "inactive_owner")
    assert (await ask("GET", path(team.id, "")[:-1]))[1]["ownerId"] == str(team.owner.id)


async def test_the_members_are_published_with_the_new_plan(
    team: Team, ask: Ask, provider: Provider
) -> None:
    """By the job, as after a change of the owner's plan."""
    before = await provider.rows("SELECT count(*) FROM member_refreshes")
    await ask("PUT", path(team.id, "owner"), {"userId": str(team.member.id)})
    after = await provider.rows("SELECT count(*) FROM member_refreshes")
    assert after[0][0] == before[0][0] + 1
