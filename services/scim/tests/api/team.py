"""An organization with users in every role, made through the dashboard."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from .calls import Answer, Ask, Session, person

GONE = (404, {"error": "Organization not found", "code": "organization_not_found"})
NOT_ALLOWED = (
    403,
    {"error": "Your role in this organization does not allow this", "code": "role_not_enough"},
)
STAYS = (409, {"error": "The owner's own membership cannot be changed", "code": "owner_stays"})


@dataclass(frozen=True)
class User:
    id: UUID
    email: str


@dataclass(frozen=True)
class Team:
    """An organization on BUSINESS; its members' own plan is FREE."""

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


async def join(session: Session, path: str, by: UUID, one: User, role: str = "member") -> Answer:
    """Invite a user to the organization at `path` and accept; return the reply to the user."""
    body = {"email": one.email, "role": role}
    status, invitation = await session(by, "POST", f"{path}/invitations", body)
    assert (status, invitation["role"]) == (201, role)
    answer: Answer = await session(one.id, "POST", f"/invitations/{invitation['id']}/accept")
    return answer


async def assemble(ask: Ask, session: Session) -> Team:
    """Return a new team."""
    owner = await user(ask, "BUSINESS")
    admin, member, stranger = [await user(ask) for _ in range(3)]
    status, made = await session(owner.id, "POST", "/organizations", {"name": "Acme"})
    assert status == 201
    team = Team(made["id"], owner, admin, member, stranger)
    for one, role in ((admin, "admin"), (member, "member")):
        status, joined = await join(session, team.path, owner.id, one, role)
        assert (status, joined["id"], joined["role"]) == (200, team.id, role)
    return team


async def opened(session: Session, by: UUID, path: str) -> list[dict[str, Any]]:
    """Return a whole list: an organization's members or invitations, or `/invitations`."""
    status, listed = await session(by, "GET", path)
    assert (status, listed["pagination"]["total"]) == (200, len(listed["data"]))
    return list(listed["data"])
