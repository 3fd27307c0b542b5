"""Authenticate a session."""

from functools import partial

from linktime_gateway.deps import Deps
from linktime_gateway.domain.credentials import hash_of
from linktime_gateway.domain.errors import NotSignedIn
from linktime_gateway.domain.sessions import SessionGrant
from linktime_gateway.store import sessions
from linktime_gateway.use_cases.look_up import look_up
from linktime_gateway.use_cases.update_account import fetch_account


async def check_session(token: str | None, deps: Deps) -> SessionGrant:
    """Return the grant of the session with this token.

    Raises NotSignedIn, or Unavailable when the check failed.
    """
    if not token:
        raise NotSignedIn
    token_hash = hash_of(token)
    grant = await look_up(token_hash, deps.session_cache, partial(_read, token_hash, deps))
    now = deps.clock.now()
    if grant.has_ended(now):
        raise NotSignedIn(user_id=grant.user_id)
    deps.last_uses.sessions.note(grant.session_id, now)
    return grant


async def _read(token_hash: bytes, deps: Deps) -> SessionGrant:
    async with deps.database.connection() as connection:
        stored = await sessions.find_by_hash(connection, token_hash)
    if stored is None:
        raise NotSignedIn
    owner = stored.owner or await fetch_account(stored.user_id, deps)
    if owner is None or not owner.active or not owner.accepts(stored.made_under):
        raise NotSignedIn(user_id=stored.user_id)
    return stored.grant(owner)
