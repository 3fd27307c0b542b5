"""Build the parts of this service."""

import asyncio
from datetime import timedelta
from functools import partial

from aiohttp import web

from linktime_common.clock import SystemClock
from linktime_common.event_uids import public_domain
from linktime_common.messaging.consumer import Consumer
from linktime_common.service import Declaration, OwnParts, Runtime
from linktime_gateway.api.errors import STATUSES
from linktime_gateway.api.headers import hardening
from linktime_gateway.api.public import PublicRequestHandler
from linktime_gateway.api.public_health import PublicHealth
from linktime_gateway.api.public_server import PublicServer
from linktime_gateway.api.routes import INTERNAL, OWN
from linktime_gateway.api.session_cookies import SessionCookies
from linktime_gateway.clients.directory import AccountDirectory
from linktime_gateway.clients.page_contents import PageContents
from linktime_gateway.clients.passwords import PasswordChecker
from linktime_gateway.clients.public_reads import PublicReads
from linktime_gateway.clients.upstream import Upstream
from linktime_gateway.consumers import HANDLERS
from linktime_gateway.deps import DEPS, AccountMailRules, Caps, Deps
from linktime_gateway.domain.client_address import ClientAddresses
from linktime_gateway.settings import GatewaySettings
from linktime_gateway.store.grant_cache import GrantCache
from linktime_gateway.store.last_uses import LastUses
from linktime_gateway.store.limits import open_limits
from linktime_gateway.use_cases.count_attempt import TAKE_BACKS_AT_ONCE
from linktime_gateway.use_cases.delete_account import delete_account
from linktime_gateway.use_cases.inventory import KINDS
from linktime_gateway.use_cases.refusal_log import RefusalLog
from linktime_gateway.workers import in_every_role, workers

# Less than the three seconds of most routes; sign-in has more time, for password checks only.
STATEMENT_SECONDS = 2.0


async def build(runtime: Runtime[GatewaySettings]) -> OwnParts[Deps]:
    """Return the dependencies, the background tasks and the public server."""
    settings = runtime.settings
    store = settings.limit_store_url
    limits = open_limits(settings.rates(), store.get_secret_value() if store else None)
    upstream = await runtime.stack.enter_async_context(Upstream(settings.service_urls()))
    deps = Deps(
        database=runtime.database,
        clock=SystemClock(),
        directory=AccountDirectory(runtime.client("scim", settings.scim_internal_url)),
        passwords=PasswordChecker(),
        take_backs=asyncio.Semaphore(TAKE_BACKS_AT_ONCE),
        limits=await runtime.stack.enter_async_context(limits),
        caps=Caps(settings.api_keys_per_user, settings.scim_tokens_per_organization),
        account_mails=AccountMailRules(str(settings.public_url), settings.set_password_mails),
        key_cache=GrantCache(),
        session_cache=GrantCache(),
        scim_token_cache=GrantCache(),
        last_uses=LastUses(runtime.database),
        page_contents=PageContents(PublicReads(upstream, runtime.signer), SystemClock()),
        uid_domain=settings.uid_domain or public_domain(str(settings.public_url)),
    )
    health = PublicHealth(settings.stop_delay_seconds)
    refusals = RefusalLog()
    return OwnParts(
        deps,
        delete_user=partial(delete_account, runtime.database),
        workers=workers(deps),
        in_every_role=in_every_role(deps, refusals),
        public_server=_public_server(runtime, upstream, deps, health, refusals),
        leave=health.leave,
        problems={"limits": deps.limits.problem},
    )


def _public_server(
    runtime: Runtime[GatewaySettings],
    upstream: Upstream,
    deps: Deps,
    health: PublicHealth,
    refusals: RefusalLog,
) -> web.Server:
    settings = runtime.settings
    public_url = str(settings.public_url)
    fixed_headers = hardening(public_url)
    handler = PublicRequestHandler(
        upstream,
        runtime.signer,
        SessionCookies(public_url, deps),
        deps,
        clients=ClientAddresses(settings.trusted_proxies),
        fixed_headers=fixed_headers,
        health=health,
        refusals=refusals,
    )
    return PublicServer(handler.answer, fixed_headers, handler.note_malformed)


SERVICE = Declaration(
    name="gateway",
    settings=GatewaySettings,
    public_routes=OWN,
    internal_routes=INTERNAL,
    statuses=STATUSES,
    key=DEPS,
    build=build,
    inventory=KINDS,
    # Events that end credentials must not wait for a batch to fill.
    consumer=partial(Consumer, handlers=HANDLERS, between=timedelta()),
    statement_seconds=STATEMENT_SECONDS,
).service()
