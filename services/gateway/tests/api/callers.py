"""Clients of the gateway and their responses."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from linktime_common.contracts.events.scim import UserEvent, UserState
from linktime_common.identity import CallerKind
from linktime_local.testing.services import Running


@dataclass
class Operator:
    """Calls internal routes as the operator."""

    gateway: Running

    async def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = self.gateway.identity(CallerKind.OPERATOR, issuer="operator")
        async with self.gateway.session.request(
            method, self.gateway.internal_url + path, json=body, headers=headers
        ) as response:
            return response.status, await response.json()

    async def make_key(self, user: UserState, **body: Any) -> dict[str, Any]:
        status, made = await self.call("POST", f"/internal/users/{user.id}/api-keys", body)
        assert status == 201, made
        return dict(made)


def user_event(kind: type[UserEvent], user: UserState, version: int) -> UserEvent:
    return kind(
        occurred_at=datetime.now(UTC),
        owner_id=user.id,
        aggregate_id=user.id,
        aggregate_version=version,
        user=user,
    )


@dataclass(frozen=True)
class Got:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


PASSWORD = "correct horse battery"


@dataclass
class Browser:
    """Sends requests like the dashboard; signing in sets `cookie` and `csrf`."""

    gateway: Running
    url: str
    email: str = ""
    user_id: str = ""
    cookie: str = ""
    csrf: str = ""

    async def call(
        self, method: str, path: str, body: Any = None, *, url: str = "", **headers: str
    ) -> Got:
        """Send a request to `/dashboard/api` + path; a header given as "" is omitted."""
        sent = {
            "Cookie": f"linktime_session={self.cookie}",
            "X-CSRF-Token": self.csrf,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        async with self.gateway.session.request(
            method,
            (url or self.url) + "/dashboard/api" + path,
            json=body,
            headers={name: value for name, value in sent.items() if value},
            cookies={},
        ) as answer:
            return Got(answer.status, answer.headers, await answer.read())

    async def sign_in(self, password: str = PASSWORD, **headers: str) -> Got:
        body = {"email": self.email, "password": password}
        answer = await self.call("POST", "/session", body, **headers)
        if answer.status == 200:
            self.cookie = cookie_of(answer)
            self.csrf = answer.json["csrfToken"]
        return answer

    def another(self) -> "Browser":
        """Return a browser of the same user that is not signed in."""
        return Browser(self.gateway, self.url, self.email, self.user_id)


def cookie_of(answer: Got) -> str:
    """Return the token that a response sets."""
    return answer.headers["Set-Cookie"].partition(";")[0].partition("=")[2]
