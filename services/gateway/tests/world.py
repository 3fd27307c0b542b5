"""Stand-in servers for the services behind the gateway, which record requests."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from aiohttp import web

from linktime_common.contracts.events.scim import Plan, UserState
from linktime_common.contracts.internal_api.scim import (
    DirectoryUser,
    OrganizationRole,
    OrganizationView,
)
from linktime_common.http.bodies import reply, reply_json
from linktime_common.http.errors import error_reply
from linktime_common.identity import HEADER, CallerKind, Identity, Key, Verifier
from linktime_common.ids import new_id
from linktime_gateway.clients.forwards import SERVICES
from linktime_local.testing.services import key_between

# Limits are tested on separate gateways.
RAISED_LIMITS = {
    f"limit_{name}": "100000/minute"
    for name in ("api_key", "failed_checks", "public_bookings", "public_reads", "scim", "session")
}
PUBLIC_URL = "http://linktime.test:8080"
Reply = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Seen:
    """One request as a service received it."""

    method: str
    raw_path: str
    headers: Mapping[str, str]
    body: bytes
    identity: Identity


@dataclass
class StandIn:
    """A real HTTP server that verifies identities and responds as the test sets."""

    name: str
    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    reply: Reply | None = None

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        keys = {"gateway": [Key.parse(key_between("gateway", self.name))]}
        self.seen.append(
            Seen(
                request.method,
                request.raw_path,
                request.headers,
                await request.read(),
                Verifier(self.name, keys).verify(request.headers.get(HEADER)),
            )
        )
        if self.reply is not None:
            return await self.reply(request)
        return reply_json({"service": self.name})

    @property
    def last(self) -> Seen:
        return self.seen[-1]


@dataclass
class Directory(StandIn):
    """The internal port of scim."""

    users: dict[UUID, DirectoryUser] = field(default_factory=dict)
    organizations: dict[UUID, OrganizationView] = field(default_factory=dict)
    roles: dict[tuple[UUID, UUID], str] = field(default_factory=dict)

    def add(self, **facts: Any) -> UserState:
        """Add a user that is not in the projection yet."""
        user = a_user(**facts)
        self.users[user.id] = DirectoryUser(user=user, version=1)
        return user

    def change(self, user: UserState, **facts: Any) -> DirectoryUser:
        """Change the account without an event."""
        changed = UserState.model_validate({**user.model_dump(by_alias=False), **facts})
        entry = DirectoryUser(user=changed, version=self.users[user.id].version + 1)
        self.users[user.id] = entry
        return entry

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        response = await super().answer(request)
        assert self.last.identity.caller_kind is CallerKind.SERVICE
        if self.reply is not None:
            return response
        _, _, kind, *ids = request.raw_path.split("/")
        if request.method == "POST":
            return self._create(json.loads(self.last.body))
        if kind == "organizations" and len(ids) == 3:
            role = self.roles.get((UUID(ids[0]), UUID(ids[2])))
            return reply(OrganizationRole(role=role)) if role else error_reply(404, "Not found")
        known: Mapping[UUID, Any] = self.users if kind == "users" else self.organizations
        found = known.get(UUID(ids[0]))
        return reply(found) if found else error_reply(404, "Not found")

    def _create(self, new: dict[str, Any]) -> web.Response:
        existing = self.users.get(UUID(new["id"]))
        if existing is not None:
            return reply(existing)
        if new["username"] == "admin":
            return error_reply(
                400, "Invalid request data", details={"username": "This username is reserved"}
            )
        if any(entry.user.email == new["email"] for entry in self.users.values()):
            return error_reply(409, "This e-mail is already used", code="email_taken")
        user = self.add(
            id=UUID(new["id"]),
            email=new["email"],
            name=new["name"],
            username=new["username"] or "made-from-name",
            plan=Plan(new["plan"] or "BUSINESS"),
        )
        return reply(self.users[user.id], 201)


def a_user(**facts: Any) -> UserState:
    identifier = facts.pop("id", None) or new_id()
    plan = facts.pop("plan", Plan.PRO)
    return UserState(
        **{
            "id": identifier,
            "email": f"{identifier}@example.com",
            "name": "Ada",
            "username": f"ada-{identifier.hex[-8:]}",
            "timezone": "UTC",
            "plan": plan,
            "effective_plan": plan,
            "active": True,
            "created_at": datetime(2026, 3, 1, tzinfo=UTC),
            **facts,
        }
    )


@dataclass
class World:
    """The services behind the gateway; scim's two ports are separate."""

    services: dict[str, StandIn]
    directory: Directory

    def settings(self, **others: Any) -> dict[str, Any]:
        """Return the gateway's settings, with `<service>_url` replaced by `others`."""
        return {
            "identity_issue": {name: key_between("gateway", name) for name in SERVICES},
            "scim_internal_url": self.directory.url,
            **RAISED_LIMITS,
            "public_url": PUBLIC_URL,
            **{f"{name}_url": stand_in.url for name, stand_in in self.services.items()},
            **others,
        }

    def __getitem__(self, name: str) -> StandIn:
        return self.services[name]
