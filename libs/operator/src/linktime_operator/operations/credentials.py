"""API keys of users, SCIM tokens of organizations."""

from datetime import datetime
from uuid import UUID

from linktime_common.contracts.error_codes import ErrorCode
from linktime_common.contracts.internal_api.gateway import (
    ApiKeys,
    MadeApiKey,
    MadeScimToken,
    NewApiKey,
    NewScimToken,
)
from linktime_common.http.client import Answered
from linktime_common.http.models import Done
from linktime_operator.clients import Clients
from linktime_operator.errors import OperatorError
from linktime_operator.operations import users

NOT_FOUND = 404


async def make_api_key(
    clients: Clients, email: str, *, name: str = "API key", expires_at: datetime | None = None
) -> MadeApiKey:
    """Create a key of the user; it is returned only once."""
    user_id = await users.find_id(clients, email)
    body = NewApiKey(name=name, expires_at=expires_at)
    path = f"/internal/users/{user_id}/api-keys"
    return await clients.call("gateway", "POST", path, MadeApiKey, body=body)


async def list_api_keys(clients: Clients, email: str, *, page: int, limit: int) -> ApiKeys:
    """Return a page of the user's keys, newest first, revoked ones too."""
    user_id = await users.find_id(clients, email)
    query = {"page": str(page), "limit": str(limit)}
    path = f"/internal/users/{user_id}/api-keys"
    return await clients.call("gateway", "GET", path, ApiKeys, query=query)


async def revoke_api_key(clients: Clients, email: str, key_id: str) -> None:
    """Revoke a key; raises OperatorError when the user has no such key."""
    user_id = await users.find_id(clients, email)
    path = f"/internal/users/{user_id}/api-keys/{key_id}"
    try:
        await clients.call("gateway", "DELETE", path, Done)
    except Answered as answered:
        if answered.status != NOT_FOUND:
            raise
        raise OperatorError(
            f"{email} has no API key {key_id}. See `linktime api-key list --user {email}`.",
            code=ErrorCode.API_KEY_NOT_FOUND,
        ) from answered


async def make_scim_token(clients: Clients, organization: UUID) -> MadeScimToken:
    """Create a token of the organization; it is returned only once."""
    path = f"/internal/organizations/{organization}/scim-tokens"
    return await clients.call("gateway", "POST", path, MadeScimToken, body=NewScimToken())
