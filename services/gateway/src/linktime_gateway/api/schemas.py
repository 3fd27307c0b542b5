"""Bodies that the operator sends."""

from typing import Annotated

from pydantic import Field, SecretStr

from linktime_common.contracts.events.scim import Plan
from linktime_common.contracts.wire import Instant, Text
from linktime_common.http.fields import Email, Name, RequestModel, TimezoneName

Password = Annotated[SecretStr, Field(min_length=10, max_length=1_024)]


class NewAccountRequest(RequestModel):
    """See contracts.internal_api.gateway.NewAccount; the directory judges the username."""

    email: Email
    name: Name
    username: Text | None = None
    plan: Plan | None = None
    timezone: TimezoneName = "UTC"
    password: Password | None = None


class NewApiKeyRequest(RequestModel):
    """See contracts.internal_api.gateway.NewApiKey."""

    name: Name = "API key"
    expires_at: Instant | None = None
