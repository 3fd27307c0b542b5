"""Organizations and their members behind a dashboard session."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from linktime_common.ids import new_id
from linktime_scim.api.routes import PUBLIC

from .conftest import Ask, Sent, Session, person

GONE = (404, {"error": "Organization not found"})
NOT_ALLOWED = (403, {"error": "Your role in this organization does not allow this"})
STAYS = (409, {"error": "The owner's own membership cannot be changed"})


@dataclass(frozen=True)
class User:
    id: UUID
    email: str


@dataclass(frozen=True)
class Team:
    """An organization on BUSINESS; the others' own plan is FREE."""

    id: str
    owner: User
    admin: User
    member: User
    stranger: User

    @property
    def path(self) -> str:
        return f"/organizations/{self.id}"

    def of(self, user: User) -> str:
        return f"{self.path}/members/{user.id}"


async def user(ask: Ask, plan: str = "FREE") -> User:
    _status, made = await ask("POST", "/internal/users", person(plan=plan))
    return User(UUID(made["user"]["id"]), made["user"]["email"])


@pytest.fixture
async def team(ask: Ask, session: Session) -> Team:
    owner = await user(ask, "BUSINESS")
    admin, member, stranger = [await user(ask) for _ in range(3)]
    status, made = await session(owner.id, "POST", "/organizations", {"name": "Acme"})
    assert status == 201
    team = Team(made["id"], owner, admin, member, stranger)
    for one, role in ((admin, "admin"), (member, "member")):
        body = {"email": one.email.upper(), "role": role}
        status, added = await session(owner.id, "POST", f"{team.path}/members", body)
        assert (status, added["id"], added["role"]) == (201, str(one.id), role)
    return team


async def test_everybody_sees_what_their_role_allows(team: Team, session: Session) -> None:
    """Owner and admins see the members; a member sees the organization; a stranger nothing."""
    for one, role in ((team.owner, "owner"), (team.admin, "admin"), (team.member, "member")):
        status, seen = await session(one.id, "GET", team.path)
        assert (status, seen["role"], seen["plan"]) == (200, role, "BUSINESS")
        assert seen["memberCount"] == 3
        listed = (await session(one.id, "GET", "/organizations"))[1]
        members = seen.pop("members")
        assert listed["data"] == [seen]
        assert listed["pagination"]["total"] == 1
        if role == "member":
            assert members is None
        else:
            assert [one["role"] for one in members] == ["owner", "admin", "member"]
    assert (await session(team.stranger.id, "GET", "/organizations"))[1]["data"] == []


async def test_strangers_find_nothing(team: Team, session: Session) -> None:
    """404 for everything with an id, whether it exists or not."""
    email = {"email": team.stranger.email}
    for path in (team.path, f"/organizations/{new_id()}", "/organizations/x"):
        asked: list[tuple[str, str, Any]] = [
            ("GET", path, None),
            ("PATCH", path, {"name": "Mine"}),
            ("POST", f"{path}/members", email),
            ("PATCH", f"{path}/members/{team.member.id}", {"role": "admin"}),
            ("DELETE", f"{path}/members/{team.member.id}", None),
        ]
        for method, wanted, body in asked:
            assert await session(team.stranger.id, method, wanted, body) == GONE


async def test_a_member_manages_nothing(team: Team, session: Session) -> None:
    """403 where the organization is one's own, but the role is not enough."""
    email = {"email": team.stranger.email}
    asked: list[tuple[str, str, Any]] = [
        ("PATCH", team.path, {"name": "Mine"}),
        ("POST", f"{team.path}/members", email),
        ("PATCH", team.of(team.member), {"role": "admin"}),
        ("DELETE", team.of(team.admin), None),
        ("DELETE", team.of(team.owner), None),
    ]
    for method, path, body in asked:
        assert await session(team.member.id, method, path, body) == NOT_ALLOWED


async def test_an_admin_manages_members_only(team: Team, session: Session) -> None:
    """Neither makes nor unmakes admins; the owner stays."""
    admin, members = team.admin.id, f"{team.path}/members"
    body = {"email": team.stranger.email, "role": "admin"}
    assert await session(admin, "POST", members, body) == NOT_ALLOWED
    assert await session(admin, "PATCH", team.of(team.member), {"role": "admin"}) == NOT_ALLOWED
    assert await session(admin, "DELETE", team.of(team.owner)) == STAYS
    status, added = await session(admin, "POST", members, {"email": team.stranger.email})
    assert (status, added["role"]) == (201, "member")
    assert (await session(admin, "DELETE", team.of(team.stranger)))[0] == 200
    assert (await session(admin, "PATCH", team.path, {"name": "Acme Ltd"}))[1]["name"] == "Acme Ltd"


async def test_the_owner_decides_who_is_admin(team: Team, session: Session) -> None:
    """Up and down again, but never their own role."""
    owner = team.owner.id
    for role in ("admin", "admin", "member"):
        status, changed = await session(owner, "PATCH", team.of(team.member), {"role": role})
        assert (status, changed["role"]) == (200, role)
    assert await session(owner, "PATCH", team.of(team.owner), {"role": "member"}) == STAYS
    assert await session(owner, "DELETE", team.of(team.owner)) == STAYS
    assert (await session(owner, "DELETE", team.of(team.admin)))[0] == 200
    missing = (404, {"error": "Member not found"})
    assert await session(owner, "DELETE", team.of(team.admin)) == missing
    assert await session(owner, "PATCH", team.of(team.stranger), {"role": "admin"}) == missing


async def test_a_member_may_leave(team: Team, session: Session) -> None:
    """And then finds nothing any more."""
    assert (await session(team.member.id, "DELETE", team.of(team.member)))[0] == 200
    assert await session(team.member.id, "GET", team.path) == GONE


async def test_a_changed_effective_plan_is_told(team: Team, session: Session, sent: Sent) -> None:
    """Once on the way in and once on the way out; nobody hears of a change that is none."""
    assert (await session(team.owner.id, "DELETE", team.of(team.member)))[0] == 200
    told = [event["data"]["user"] for event in await sent(team.member.id, "user.updated")]
    assert [one["effectivePlan"] for one in told] == ["BUSINESS", "FREE"]
    assert {one["plan"] for one in told} == {"FREE"}
    versions = [e["aggregateversion"] for e in await sent(team.member.id, "user.updated")]
    assert versions[0] < versions[1]
    assert await sent(team.owner.id, "user.updated") == []


async def test_one_is_a_member_once(team: Team, session: Session, sent: Sent) -> None:
    """Also of those who ask at the same moment; an unknown e-mail names nobody."""
    members, body = f"{team.path}/members", {"email": team.stranger.email}
    answers = await asyncio.gather(
        *(session(one.id, "POST", members, body) for one in (team.owner, team.admin) * 3)
    )
    assert sorted(status for status, _ in answers) == [201] + [409] * 5
    assert len(await sent(team.stranger.id, "user.updated")) == 1
    unknown = {"email": "nobody@example.com"}
    assert await session(team.owner.id, "POST", members, unknown) == (
        404,
        {"error": "User not found"},
    )


async def test_writes_repeat_with_their_key(team: Team, session: Session) -> None:
    """The first answer again; one organization, one membership."""
    owner = team.owner.id
    first = await session(owner, "POST", "/organizations", {"name": "Twice"}, key="o")
    assert await session(owner, "POST", "/organizations", {"name": "Twice"}, key="o") == first
    assert (await session(owner, "GET", "/organizations"))[1]["pagination"]["total"] == 2
    for method, path, body in (
        ("POST", f"{team.path}/members", {"email": team.stranger.email}),
        ("PATCH", team.of(team.stranger), {"role": "admin"}),
        ("DELETE", team.of(team.stranger), None),
    ):
        first = await session(owner, method, path, body, key="k")
        assert first[0] in {200, 201}
        assert await session(owner, method, path, body, key="k") == first


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "", {}, "name"),
        ("POST", "", {"name": " "}, "name"),
        ("POST", "", {"name": "Acme", "plan": "BUSINESS"}, "plan"),
        ("PATCH", "/{id}", {"name": None}, "name"),
        ("POST", "/{id}/members", {"email": "x"}, "email"),
        ("POST", "/{id}/members", {"email": "x@example.com", "role": "owner"}, "role"),
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


def test_every_route_is_described() -> None:
    """With examples that the models read, and write as they stand there."""
    for route in PUBLIC:
        operation = route.operation
        assert operation is not None
        if operation.body is not None:
            operation.body.model_validate(operation.body_example)
        answered = operation.reply or operation.page_of
        assert answered is not None
        example = operation.reply_example
        for one in example["data"] if operation.page_of else [example]:
            assert answered.model_validate(one).model_dump(mode="json") == one
