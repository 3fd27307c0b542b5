"""Bodies that the operator and the dashboard send, and what the dashboard is answered."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, SecretStr, StringConstraints

from linktime_common.contracts.events.scim import Plan
from linktime_common.contracts.internal_api.gateway import NamedApiKey, NamedScimToken
from linktime_common.contracts.wire import Storable, WireModel
from linktime_common.http.fields import Email, Line, Moment, Name, RequestModel, TimezoneName

Password = Annotated[SecretStr, Field(min_length=10, max_length=1_024)]


class NewAccountRequest(RequestModel):
    """See contracts.internal_api.gateway.NewAccount; the directory judges the username."""

    email: Email
    name: Name
    username: Line | None = None
    plan: Plan | None = None
    timezone: TimezoneName = "UTC"
    password: Password | None = None


class NewApiKeyRequest(RequestModel):
    """See contracts.internal_api.gateway.NewApiKey."""

    name: Name = "API key"
    expires_at: Moment | None = None


class NewScimTokenRequest(RequestModel):
    """See contracts.internal_api.gateway.NewScimToken."""

    name: Name = "SCIM token"


class SignInRequest(RequestModel):
    """Any text may be tried: only the login itself is told from what is none."""

    email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=254), Storable] = (
        Field(examples=["ada@example.com"])
    )
    password: Annotated[SecretStr, Field(max_length=1_024)]


class NewPasswordRequest(RequestModel):
    current: Annotated[SecretStr, Field(max_length=1_024)]
    new: Password


class MadeApiKeyReply(NamedApiKey):
    """`key` is shown this once; a repeat of the request has None there."""

    key: str | None


class MadeScimTokenReply(NamedScimToken):
    """`token` is shown this once; a repeat of the request has None there."""

    token: str | None


class SignedInUser(WireModel):
    """The signed-in user; `effectivePlan` counts memberships of organizations."""

    id: UUID
    email: str
    name: str
    username: str
    plan: Plan
    effective_plan: Plan


class SignedIn(WireModel):
    """`csrfToken` goes into the header X-CSRF-Token of everything that changes something."""

    user: SignedInUser
    csrf_token: str
