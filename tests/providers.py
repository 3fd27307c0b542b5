"""An identity provider: an organization's SCIM token, and its calls."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import orjson

from linktime_operator.operations import credentials, organizations, scheduling, users
from linktime_operator.operations.users import SignUpRequest
from linktime_operator.stack.stack import Stack
from tests.hosts import OPEN_ALL_DAY, Answer, Host

ROOT = "/api/scim/v2"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@dataclass
class Provider:
    """An organization with a verified domain."""

    stack: Stack
    http: aiohttp.ClientSession
    organization: UUID
    domain: str
    token: str

    async def call(self, method: str, path: str, body: Any = None) -> Answer:
        """Send a request below the SCIM root; a response without a body gives None."""
        async with self.http.request(
            method,
            self.stack.file.gateway + ROOT + path,
            data=None if body is None else orjson.dumps(body),
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/scim+json",
            },
            timeout=aiohttp.ClientTimeout(total=30),
        ) as response:
            raw = await response.read()
            answer = orjson.loads(raw) if raw else None
            return Answer(response.status, answer, dict(response.headers))

    def new_email(self) -> str:
        """Return an unused address in the organization's domain."""
        return f"ada-{uuid4().hex[:12]}@{self.domain}"

    async def provision(self, email: str) -> str:
        """Assign a user to the application; returns the id."""
        made = await self.call("POST", "/Users", described(email))
        assert made.status == 201, made
        return str(made.body["id"])

    async def set_active(self, member: str, value: object) -> None:
        """Send it as Entra ID does if `value` is a string."""
        answer = await self.call("PATCH", f"/Users/{member}", activation(value))
        assert answer.status == 200, answer
        assert answer.body["id"] == member
        assert answer.body["active"] is (str(value).lower() == "true")

    async def deprovision(self, member: str) -> None:
        """Delete a user, who is then not found."""
        assert (await self.call("DELETE", f"/Users/{member}")).status == 204
        gone = await self.call("GET", f"/Users/{member}")
        assert (gone.status, gone.body["status"]) == (404, "404")


def described(email: str) -> dict[str, Any]:
    """Return a user as identity providers send it."""
    return {
        "schemas": [USER],
        "userName": email,
        "externalId": uuid4().hex,
        "name": {"givenName": "Ada", "familyName": "Byron"},
        "displayName": "Ada Byron",
        "emails": [{"value": email, "type": "work", "primary": True}],
        "active": True,
    }


def activation(value: object) -> dict[str, Any]:
    """Return the body of a PATCH of `active`."""
    operation = {"op": "Replace", "path": "active", "value": value}
    return {"schemas": [PATCH], "Operations": [operation]}


async def make_provider(stack: Stack, http: aiohttp.ClientSession) -> Provider:
    """Create an organization on the Business plan, through the operator's operations."""
    owner = f"owner-{uuid4().hex[:12]}@example.com"
    await users.create(stack.clients, SignUpRequest(email=owner, name="Olga Owner"))
    made = await organizations.create(stack.clients, "Acme", owner)
    domain = f"{uuid4().hex[:12]}.example"
    await organizations.verify_domain(stack.clients, made.id, domain)
    token = await credentials.make_scim_token(stack.clients, made.id)
    return Provider(stack, http, made.id, domain, token.token)


async def host_of(provider: Provider, email: str) -> Host:
    """Return the account with that e-mail, with a key and an event type that is free all day."""
    stack = provider.stack
    found = await users.find(stack.clients, email)
    await users.spread(stack.clients, found, so_far="The account is made.")
    key = await credentials.make_api_key(stack.clients, email)
    user = found.user
    host = Host(stack, provider.http, user.id, email, user.username, key.key, "")
    await scheduling.set_schedule(stack.clients, email, OPEN_ALL_DAY)
    host.event_type = await host.add_event_type()
    return host
