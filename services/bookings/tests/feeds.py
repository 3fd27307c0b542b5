"""The feed of a host's bookings, as a calendar program and the dashboard read it."""

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from aiohttp import web
from icalendar import Calendar, Event
from services.bookings.tests.calls import Reply

from linktime_common.contracts.internal_api.scim import (
    DirectoryUser,
    DirectoryUsers,
    WantedUsers,
)
from linktime_common.http import bodies
from linktime_common.http.errors import error_reply
from linktime_common.http.routes import Route, get, post
from linktime_common.identity import CallerKind
from linktime_local.testing.services import Running


@dataclass
class Directory:
    """The internal port of scim; `looked_up` are the ids of each request for several accounts."""

    users: dict[UUID, DirectoryUser] = field(default_factory=dict)
    looked_up: list[list[UUID]] = field(default_factory=list)

    def routes(self) -> list[Route]:
        bookings = {"issuers": ("bookings",)}
        return [
            get("/internal/users/{id}", self._find, CallerKind.SERVICE, **bookings),
            post("/internal/users/lookup", self._look_up, CallerKind.SERVICE, **bookings),
        ]

    def forget(self) -> None:
        """Be as at the start."""
        self.users.clear()
        self.looked_up.clear()

    def change(self, user_id: UUID, **fields: Any) -> None:
        known = self.users[user_id]
        self.users[user_id] = replace_user(known, **fields)

    async def _find(self, request: web.Request) -> web.Response:
        found = self.users.get(UUID(request.match_info["id"]))
        return bodies.reply(found) if found else error_reply(404, "User not found")

    async def _look_up(self, request: web.Request) -> web.Response:
        wanted = await bodies.read(request, WantedUsers)
        self.looked_up.append(wanted.ids)
        found = [self.users[user_id] for user_id in wanted.ids if user_id in self.users]
        return bodies.reply(DirectoryUsers(data=found, next_after=None))


def replace_user(known: DirectoryUser, **fields: Any) -> DirectoryUser:
    return known.model_copy(update={"user": known.user.model_copy(update=fields)})


@dataclass(frozen=True)
class Program:
    """A calendar program that subscribes to `url`."""

    service: Running
    host_id: UUID
    url: str = ""

    async def subscribed(self) -> "Program":
        """Make an address, and return the program that uses it."""
        reply = await self.dashboard("POST")
        assert reply.status == 201, reply
        return replace(self, url=reply.body["url"])

    async def dashboard(self, method: str, key: str | None = None) -> Reply:
        headers = self.service.identity(CallerKind.SESSION, subject=self.host_id)
        if key is not None:
            headers["Idempotency-Key"] = key
        url = f"{self.service.url}/dashboard/api/calendar-feed"
        async with self.service.session.request(method, url, headers=headers) as reply:
            return Reply(reply.status, await reply.json(), reply.headers)

    async def read(self, known: str | None = None, method: str = "GET") -> Reply:
        headers = self.service.identity(CallerKind.PUBLIC)
        if known is not None:
            headers["If-None-Match"] = known
        url = self.service.url + self.url.removeprefix("https://meet.example")
        async with self.service.session.request(method, url, headers=headers) as reply:
            return Reply(reply.status, await reply.read(), reply.headers)

    async def events(self) -> list[Event]:
        """Return the events, by start."""
        reply = await self.read()
        assert reply.status == 200, reply
        return list(Calendar.from_ical(reply.body).walk("VEVENT"))
