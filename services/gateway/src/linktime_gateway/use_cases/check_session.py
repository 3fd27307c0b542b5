"""Is this browser signed in, and as whom?"""

import asyncio

from linktime_common.errors import Unavailable
from linktime_gateway.deps import Deps
from linktime_gateway.domain.credentials import hash_of
from linktime_gateway.domain.errors import NotSignedIn
from linktime_gateway.domain.sessions import SessionGrant
from linktime_gateway.store import sessions
from linktime_gateway.use_cases.take_in_account import learn_account

LOOK_UP_SECONDS = 2.0


async def check_session(token: str | None, deps: Deps) -> SessionGrant:
    """The grant of the session whose cookie holds `token`.

    Raises NotSignedIn, or Unavailable when it could not be found out.
    """
    if not token:
        raise NotSignedIn
    token_hash = hash_of(token)
    grant = deps.session_cache.get(token_hash) or await _look_up(token_hash, deps)
    now = deps.clock.now()
    if grant.has_ended(now):
        raise NotSignedIn
    deps.last_uses.sessions[grant.session_id] = now
    return grant


async def _look_up(token_hash: bytes, deps: Deps) -> SessionGrant:
    try:
        async with asyncio.timeout(LOOK_UP_SECONDS):
            with deps.session_cache.filling() as fill:
                grant = await _read(token_hash, deps)
                deps.session_cache.keep(fill, token_hash, grant)
                return grant
    except TimeoutError as error:
        raise Unavailable("the session could not be looked up in time") from error


async def _read(token_hash: bytes, deps: Deps) -> SessionGrant:
    async with deps.database.connection() as connection:
        stored = await sessions.find_by_hash(connection, token_hash)
    if stored is None:
        raise NotSignedIn
    plan, active = stored.plan, stored.active
    if plan is None:
        account = await learn_account(stored.user_id, deps)
        if account is None:
            raise NotSignedIn
        plan, active = account.effective_plan, account.active
    if not active:
        raise NotSignedIn
    return stored.grant(plan)
