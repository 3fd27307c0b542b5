"""An identity provider with the token of one organization, and its requests."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson

from linktime_common.identity import CallerKind
from linktime_local.testing.services import Running

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any
    headers: Mapping[str, str]  # in any letter case

    @property
    def error(self) -> tuple[int, str | None]:
        """Return status and scimType of an error, after checking its body."""
        assert self.body["schemas"] == [ERROR]
        assert self.body["status"] == str(self.status)
        assert self.body["detail"]
        assert self.headers["Content-Type"] == "application/scim+json"
        return self.status, self.body.get("scimType")


@dataclass(frozen=True)
class Provider:
    """The provider of `organization`, whose owner is `owner`."""

    scim: Running
    organization: UUID
    owner: UUID
    dsn: str

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        params: dict[str, str] | None = None,
    ) -> Reply:
        """Make one request; `body` is sent as JSON unless it is bytes."""
        sent = body if body is None or isinstance(body, bytes) else orjson.dumps(body)
        async with self.scim.session.request(
            method,
            f"{self.scim.url}/api/scim/v2{path}",
            data=None if sent is None else io.BytesIO(sent),
            params=params,
            headers={
                "Content-Type": "application/scim+json",
                **self.scim.identity(CallerKind.SCIM_TOKEN, organization=self.organization),
                **(headers or {}),
            },
        ) as response:
            raw = await response.read()
            parsed = orjson.loads(raw) if raw else None
            return Reply(response.status, parsed, response.headers.copy())

    async def make(self, **attributes: Any) -> dict[str, Any]:
        """Provision a user."""
        reply = await self.call("POST", "/Users", user(**attributes))
        assert reply.status == 201, reply
        return dict(reply.body)

    async def patch(self, user_id: str, *operations: dict[str, Any], **headers: str) -> Reply:
        """PATCH with these operations."""
        body = {"schemas": [PATCH], "Operations": list(operations)}
        return await self.call("PATCH", f"/Users/{user_id}", body, headers=headers)

    async def set_active(self, made: dict[str, Any], *, value: bool) -> None:
        """Deactivate or reactivate a user."""
        reply = await self.patch(made["id"], {"op": "replace", "path": "active", "value": value})
        assert (reply.status, reply.body["active"]) == (200, value)

    async def find(self, filter_text: str, **params: str) -> Reply:
        """GET /Users with a filter."""
        return await self.call("GET", "/Users", params={"filter": filter_text, **params})

    async def names(self, filter_text: str) -> list[str]:
        """Return the userNames that match a filter."""
        reply = await self.find(filter_text)
        assert reply.status == 200, reply
        assert reply.body["totalResults"] == len(reply.body["Resources"])
        return [one["userName"] for one in reply.body["Resources"]]

    async def account(self, email: str) -> dict[str, Any]:
        """Return the account with that e-mail, as other services get it."""
        url = f"{self.scim.internal_url}/internal/users"
        headers = self.scim.identity(CallerKind.OPERATOR, issuer="operator")
        async with self.scim.session.get(url, params={"email": email}, headers=headers) as reply:
            (found,) = (await reply.json())["data"]
            return dict(found["user"])

    async def rows(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """Query the database, for values that no API shows."""
        connection = await asyncpg.connect(self.dsn)
        try:
            return [tuple(row) for row in await connection.fetch(query, *arguments)]
        finally:
            await connection.close()

    async def events(self, user_id: Any) -> list[dict[str, Any]]:
        """Return all events about an account, in order."""
        rows = await self.rows("SELECT envelope FROM outbox ORDER BY seq")
        found = [orjson.loads(row[0]) for row in rows]
        return [one for one in found if one["ownerid"] == str(user_id)]

    async def event_types(self, account: dict[str, Any]) -> list[str]:
        """Return the types of all events about an account, in order."""
        return [event["type"] for event in await self.events(account["id"])]


def user(**attributes: Any) -> dict[str, Any]:
    """Return a unique body for POST /Users, without the attributes that are None."""
    name = f"{uuid4().hex[:12]}@example.com"
    given = attributes.get("userName", name)
    body: dict[str, Any] = {
        "schemas": [USER],
        "userName": name,
        "name": {"givenName": "Ann", "familyName": "Lee"},
        "emails": [{"value": given, "type": "work", "primary": True}],
        **attributes,
    }
    return {key: value for key, value in body.items() if value is not None}
