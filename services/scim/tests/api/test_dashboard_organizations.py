"""Organizations and their members for a dashboard session."""

from typing import Any

import asyncpg
import pytest

from linktime_common.ids import new_id
from linktime_local.testing.locks import while_locked

from .calls import Ask, Sent, Session
from .provider import Provider
from .team import GONE, NOT_ALLOWED, STAYS, Team, assemble, join, opened


@pytest.fixture
async def team(ask: Ask, session: Session) -> Team:
    return await assemble(ask, session)


async def test_each_role_sees_what_it_may(team: Team, session: Session) -> None:
    """Owner and admins see the members; a member sees the organization; others see nothing."""
    for one, role in ((team.owner, "owner"), (team.admin, "admin"), (team.member, "member")):
        status, seen = await session(one.id, "GET", team.path)
        assert (status, seen["role"], seen["plan"]) == (200, role, "BUSINESS")
        assert seen["memberCount"] == 3
        listed = (await session(one.id, "GET", "/organizations"))[1]
        assert listed["data"] == [seen]
        assert listed["pagination"]["total"] == 1
        if role == "member":
            assert await session(one.id, "GET", f"{team.path}/members") == NOT_ALLOWED
        else:
            members = await opened(session, one.id, f"{team.path}/members")
            assert [one["role"] for one in members] == ["owner", "admin", "member"]
    assert (await session(team.stranger.id, "GET", "/organizations"))[1]["data"] == []


async def test_strangers_find_nothing(team: Team, session: Session) -> None:
    """404 for every id, existing or not."""
    email = {"email": team.stranger.email}
    for path in (team.path, f"/organizations/{new_id()}", "/organizations/x"):
        asked: list[tuple[str, str, Any]] = [
            ("GET", path, None),
            ("PATCH", path, {"name": "Mine"}),
            ("GET", f"{path}/invitations", None),
            ("GET", f"{path}/members", None),
            ("POST", f"{path}/invitations", email),
            ("DELETE", f"{path}/invitations/{new_id()}", None),
            ("PATCH", f"{path}/members/{team.member.id}", {"role": "admin"}),
            ("DELETE", f"{path}/members/{team.member.id}", None),
        ]
        for method, wanted, body in asked:
            assert await session(team.stranger.id, method, wanted, body) == GONE


async def test_members_come_in_pages(provider: Provider, ask: Ask, session: Session) -> None:
    """Oldest first, each once, to the last of more than 1,000."""
    await provider.rows(
        """
        WITH made AS (
            INSERT INTO users (id, email, email_key, name, username, timezone, plan, version,
                               created_at, updated_at)
            SELECT gen_random_uuid(), key, key, 'Ann', key, 'UTC', 'FREE', 1, now(), now()
              FROM (SELECT $2 || n AS key FROM generate_series(1, 1005) AS n) AS keys
            RETURNING id
        )
        INSERT INTO memberships (id, organization_id, user_id, role, created_at)
        SELECT id, $1, id, 'member', now() FROM made
        RETURNING id
        """,
        provider.organization,
        f"many-{new_id()}-",
    )
    path, seen = f"/organizations/{provider.organization}/members", []
    for page in range(1, 12):
        status, got = await session(provider.owner, "GET", f"{path}?page={page}&limit=100")
        assert status == 200
        seen += got["data"]
    assert got["pagination"] == {"page": 11, "limit": 100, "total": 1_006, "totalPages": 11}
    assert (len(seen), len({one["id"] for one in seen})) == (1_006, 1_006)
    assert [seen[0]["role"], seen[0]["id"]] == ["owner", str(provider.owner)]
    assert (await session(provider.owner, "GET", f"{path}?limit=0"))[0] == 400


async def test_a_member_manages_nothing(team: Team, session: Session) -> None:
    """403 in the user's organization if the role does not allow it."""
    email = {"email": team.stranger.email}
    asked: list[tuple[str, str, Any]] = [
        ("PATCH", team.path, {"name": "Mine"}),
        ("GET", f"{team.path}/invitations", None),
        ("POST", f"{team.path}/invitations", email),
        ("DELETE", f"{team.path}/invitations/{new_id()}", None),
        ("PATCH", team.of(team.member), {"role": "admin"}),
        ("DELETE", team.of(team.admin), None),
        ("DELETE", team.of(team.owner), None),
    ]
    for method, path, body in asked:
        assert await session(team.member.id, method, path, body) == NOT_ALLOWED


async def test_an_admin_manages_members_only(team: Team, session: Session) -> None:
    """An admin cannot change the admin role; nobody can remove the owner."""
    admin = team.admin.id
    body = {"email": team.stranger.email, "role": "admin"}
    assert await session(admin, "POST", f"{team.path}/invitations", body) == NOT_ALLOWED
    assert await session(admin, "PATCH", team.of(team.member), {"role": "admin"}) == NOT_ALLOWED
    assert await session(admin, "DELETE", team.of(team.owner)) == STAYS
    status, joined = await join(session, team.path, admin, team.stranger)
    assert (status, joined["role"]) == (200, "member")
    assert (await session(admin, "DELETE", team.of(team.stranger)))[0] == 200
    assert (await session(admin, "PATCH", team.path, {"name": "Acme Ltd"}))[1]["name"] == "Acme Ltd"


async def test_the_owner_changes_admins(team: Team, session: Session) -> None:
    """Both ways, but not the owner's role."""
    owner = team.owner.id
    for role in ("admin", "Admin", "MEMBER"):
        status, changed = await session(owner, "PATCH", team.of(team.member), {"role": role})
        assert (status, changed["role"]) == (200, role.lower())
    assert await session(owner, "PATCH", team.of(team.owner), {"role": "member"}) == STAYS
    assert await session(owner, "DELETE", team.of(team.owner)) == STAYS
    assert (await session(owner, "DELETE", team.of(team.admin)))[0] == 200
    missing = (404, {"error": "Member not found", "code": "member_not_found"})
    assert await session(owner, "DELETE", team.of(team.admin)) == missing
    assert await session(owner, "PATCH", team.of(team.stranger), {"role": "admin"}) == missing


async def test_a_member_may_leave(team: Team, session: Session) -> None:
    """Afterwards the organization is not found."""
    assert (await session(team.member.id, "DELETE", team.of(team.member)))[0] == 200
    assert await session(team.member.id, "GET", team.path) == GONE


async def test_a_changed_effective_plan_is_sent(team: Team, session: Session, sent: Sent) -> None:
    """Once when joining and once when leaving; not without a change."""
    assert (await session(team.owner.id, "DELETE", team.of(team.member)))[0] == 200
    users = [event["data"]["user"] for event in await sent(team.member.id, "user.updated")]
    assert [one["effectivePlan"] for one in users] == ["BUSINESS", "FREE"]
    assert {one["plan"] for one in users} == {"FREE"}
    versions = [e["aggregateversion"] for e in await sent(team.member.id, "user.updated")]
    assert versions[0] < versions[1]
    assert await sent(team.owner.id, "user.updated") == []


async def test_writes_repeat_with_their_key(team: Team, session: Session) -> None:
    """The stored reply is returned; one organization, one membership."""
    owner = team.owner.id
    first = await session(owner, "POST", "/organizations", {"name": "Twice"}, key="o")
    assert await session(owner, "POST", "/organizations", {"name": "Twice"}, key="o") == first
    assert (await session(owner, "GET", "/organizations"))[1]["pagination"]["total"] == 2
    for method, path, body in (
        ("PATCH", team.of(team.member), {"role": "admin"}),
        ("DELETE", team.of(team.member), None),
    ):
        first = await session(owner, method, path, body, key="k")
        assert first[0] == 200
        assert await session(owner, method, path, body, key="k") == first


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "", {}, "name"),
        ("POST", "", {"name": " "}, "name"),
        ("POST", "", {"name": "Acme", "plan": "BUSINESS"}, "plan"),
        ("PATCH", "/{id}", {"name": None}, "name"),
        ("POST", "/{id}/invitations", {"email": "x"}, "email"),
        ("POST", "/{id}/invitations", {"email": "x@example.com", "role": "owner"}, "role"),
        ("PATCH", "/{id}/members/{user}", {"role": "OWNER"}, "role"),
        ("GET", "?limit=101", None, "limit"),
    ],
)
async def test_bad_input_is_named(
    team: Team, session: Session, method: str, path: str, body: Any, field: str
) -> None:
    """400 with the field."""
    wanted = "/organizations" + path.format(id=team.id, user=team.member.id)
    status, answer = await session(team.owner.id, method, wanted, body)
    assert (status, list(answer["details"])) == (400, [field])


@pytest.mark.usefixtures("product_time_limits")
async def test_a_write_that_waits_for_a_row_is_cut_off(
    team: Team, session: Session, dsn: str
) -> None:
    """503 within the time limit, nothing is changed, and a repeat with the same key succeeds."""
    rename = (team.owner.id, "PATCH", team.path, {"name": "Acme & Sons"})
    lock = f"SELECT FROM organizations WHERE id = '{team.id}' FOR UPDATE"
    connection = await asyncpg.connect(dsn)
    try:
        answer = await while_locked(connection, lock, session(*rename, key="k"))
    finally:
        await connection.close()
    assert answer[0] == 503
    assert (await session(team.owner.id, "GET", team.path))[1]["name"] == "Acme"
    status, renamed = await session(*rename, key="k")
    assert (status, renamed["name"]) == (200, "Acme & Sons")
