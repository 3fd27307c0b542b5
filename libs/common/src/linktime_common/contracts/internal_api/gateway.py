"""What the operator asks of the gateway on its internal port.

POST /internal/users                       NewAccount → 201 Account (sign-up; a retry resumes)
POST /internal/users/{id}/api-keys         NewApiKey → 201 MadeApiKey
GET  /internal/users/{id}/api-keys         → 200 ApiKeys, newest first
DELETE /internal/users/{id}/api-keys/{id}  → 200
POST /internal/organizations/{id}/scim-tokens  → 201 MadeScimToken
"""

from uuid import UUID

from pydantic import SecretStr

from linktime_common.contracts.events.scim import Plan
from linktime_common.contracts.wire import Instant, WireModel


class NewAccount(WireModel):
    email: str
    name: str
    username: str | None = None
    plan: Plan | None = None
    timezone: str = "UTC"
    password: SecretStr | None = None


class Account(WireModel):
    id: UUID
    email: str
    name: str
    username: str
    plan: Plan


class NewApiKey(WireModel):
    name: str = "API key"
    expires_at: Instant | None = None


class NamedApiKey(WireModel):
    """What may be known of a key."""

    id: UUID
    name: str
    prefix: str
    last4: str


class MadeApiKey(NamedApiKey):
    """`key` is shown this once."""

    key: str


class ApiKey(NamedApiKey):
    created_at: Instant
    expires_at: Instant | None
    last_used_at: Instant | None
    revoked_at: Instant | None


class ApiKeys(WireModel):
    data: list[ApiKey]


class MadeScimToken(WireModel):
    """`token` is shown this once."""

    id: UUID
    token: str


class ScimToken(WireModel):
    id: UUID
    prefix: str
    last4: str
    created_at: Instant
    revoked_at: Instant | None


class ScimTokens(WireModel):
    data: list[ScimToken]
