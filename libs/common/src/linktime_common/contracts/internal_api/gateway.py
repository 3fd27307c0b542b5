"""Calls of the operator and bookings to the gateway's internal port.

POST /internal/users                       NewAccount → 201 MadeAccount (sign-up; a retry resumes)
POST /internal/users/{id}/api-keys         NewApiKey → 201 MadeApiKey
GET  /internal/users/{id}/api-keys         ?page, limit → 200 ApiKeys, newest first
DELETE /internal/users/{id}/api-keys/{id}  → 200
POST /internal/organizations/{id}/scim-tokens  NewScimToken → 201 MadeScimToken
POST /internal/account-links               NewAccountLink → 201 MadeAccountLink (bookings); 404 the
    mail is not wanted any more; 409 the address is not known here yet
"""

from uuid import UUID

from pydantic import SecretStr

from linktime_common.contracts.events.gateway import AccountMailKind
from linktime_common.contracts.events.scim import Plan
from linktime_common.contracts.wire import Instant, WireModel


class NewAccount(WireModel):
    email: str
    name: str
    username: str | None = None
    plan: Plan | None = None
    timezone: str = "UTC"
    locale: str | None = None
    password: SecretStr | None = None


class MadeAccount(WireModel):
    id: UUID
    email: str
    name: str
    username: str
    plan: Plan


class NewApiKey(WireModel):
    name: str = "API key"
    expires_at: Instant | None = None


class NamedApiKey(WireModel):
    """A key without its secret."""

    id: UUID
    name: str
    prefix: str
    last4: str


class MadeApiKey(NamedApiKey):
    """`key` is returned only once."""

    key: str


class ApiKey(NamedApiKey):
    created_at: Instant
    expires_at: Instant | None
    last_used_at: Instant | None
    revoked_at: Instant | None


class Pagination(WireModel):
    page: int
    limit: int
    total: int
    total_pages: int


class ApiKeys(WireModel):
    data: list[ApiKey]
    pagination: Pagination


class NewScimToken(WireModel):
    name: str = "SCIM token"


class NamedScimToken(WireModel):
    """A token without its secret."""

    id: UUID
    name: str
    prefix: str
    last4: str


class MadeScimToken(NamedScimToken):
    """`token` is returned only once."""

    token: str


class ScimToken(NamedScimToken):
    created_at: Instant
    last_used_at: Instant | None
    revoked_at: Instant | None


class NewAccountLink(WireModel):
    """`email` is the address to which the link is sent; it is valid only for that address."""

    user_id: UUID
    kind: AccountMailKind
    email: str


class MadeAccountLink(WireModel):
    """`url` contains the secret, which is returned only once; never log it."""

    url: str
