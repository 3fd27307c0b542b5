"""Revoke an API key."""

from uuid import UUID

from linktime_common.idempotency import WriteAttempt
from linktime_gateway.deps import Deps
from linktime_gateway.domain.errors import ApiKeyNotFound
from linktime_gateway.store import api_keys


async def revoke_api_key(
    user_id: UUID, key_id: UUID, deps: Deps, attempt: WriteAttempt[None] | None = None
) -> None:
    """Revoke the key: here immediately, in other processes on notification.

    Raises ApiKeyNotFound.
    """
    async with deps.database.transaction() as connection:
        if attempt is not None:
            await attempt.keep(connection, None)
        found = await api_keys.revoke(
            connection, user_id=user_id, key_id=key_id, now=deps.clock.now()
        )
        if not found:
            raise ApiKeyNotFound(user_id=user_id, key_id=key_id)
    deps.key_cache.forget(user_id)
