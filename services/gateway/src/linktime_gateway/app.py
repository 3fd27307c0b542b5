"""The only place that builds this service's parts, and closes them."""

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

from linktime_common.clock import SystemClock
from linktime_common.http.client import InternalClient, open_session
from linktime_common.http.parked import parked_routes
from linktime_common.idempotency import keep_pruning
from linktime_common.identity import Signer
from linktime_common.messaging.broker import BrokerLink
from linktime_common.messaging.consumer import Consumer
from linktime_common.messaging.topology import Topology
from linktime_common.migrate import IDEMPOTENCY, MESSAGING, Source
from linktime_common.postgres import Database, connect
from linktime_common.process import Parts, Role, Service
from linktime_common.supervision import SupervisedTask, supervised
from linktime_gateway.api.errors import STATUSES
from linktime_gateway.api.headers import hardening
from linktime_gateway.api.public import PublicDoor
from linktime_gateway.api.public_server import PublicServer
from linktime_gateway.api.routes import INTERNAL, OWN
from linktime_gateway.api.session_door import SessionDoor
from linktime_gateway.clients.directory import Directory
from linktime_gateway.clients.passwords import Passwords
from linktime_gateway.clients.upstream import Upstream
from linktime_gateway.consumers import HANDLERS
from linktime_gateway.deps import DEPS, Caps, Deps
from linktime_gateway.domain.client_address import ClientAddresses
from linktime_gateway.domain.credentials import ApiKeyGrant, ScimTokenGrant
from linktime_gateway.domain.sessions import SessionGrant
from linktime_gateway.settings import GatewaySettings
from linktime_gateway.store.changes import ChangeListener
from linktime_gateway.store.grant_cache import GrantCache
from linktime_gateway.store.last_uses import LastUses
from linktime_gateway.store.limits import Limits, open_limits
from linktime_gateway.sweeper import sweep

NAME = "gateway"
# Inside the three seconds that most callers wait: signing in has more, for passwords alone.
STATEMENT_SECONDS = 2.0


@contextlib.asynccontextmanager
async def assemble(settings: GatewaySettings, role: Role) -> AsyncIterator[Parts]:
    """Pool, broker link, what use cases reach, the public door and the services behind it."""
    signer = Signer(NAME, settings.issuing_keys())
    async with contextlib.AsyncExitStack() as stack:
        database = await connect(
            settings.postgres_dsn.get_secret_value(),
            application_name=NAME,
            command_seconds=STATEMENT_SECONDS,
        )
        stack.push_async_callback(database.close)
        link = await BrokerLink.open(
            settings.broker_url.get_secret_value(),
            name=NAME,
            topology=Topology(settings.broker_prefix),
        )
        stack.push_async_callback(link.close)
        upstream = await stack.enter_async_context(Upstream(settings.service_urls()))
        deps = await _deps(settings, stack, database, signer)
        standing = hardening(str(settings.public_url))
        door = PublicDoor(
            upstream,
            signer,
            SessionDoor(str(settings.public_url), deps),
            deps,
            clients=ClientAddresses(settings.trusted_proxies),
            standing=standing,
        )
        yield Parts(
            public_routes=OWN,
            public_server=PublicServer(door.answer, standing),
            internal_routes=[*INTERNAL, *parked_routes(database, link)],
            statuses=STATUSES,
            state={DEPS: deps},
            workers=[
                # What ends credentials must not wait for more of its kind.
                Consumer(NAME, database, link, HANDLERS, between=timedelta()).run,
                partial(sweep, deps),
                partial(keep_pruning, database),
            ],
            ready={
                "database": database.is_reachable,
                **({"broker": link.is_ready} if role.works else {}),
            },
        )


async def _deps(
    settings: GatewaySettings,
    stack: contextlib.AsyncExitStack,
    database: Database,
    signer: Signer,
) -> Deps:
    """The caches with their listener, the limits, and the directory."""
    session = await stack.enter_async_context(open_session())
    directory = InternalClient(
        session, base_url=str(settings.scim_internal_url), audience="scim", signer=signer
    )
    key_cache = GrantCache[ApiKeyGrant]()
    session_cache = GrantCache[SessionGrant]()
    token_cache = GrantCache[ScimTokenGrant]()
    listener = ChangeListener(database, key_cache, session_cache, token_cache)
    last_uses = LastUses(database)
    # Not workers: every process that caches keys needs the changes, and records their use.
    in_every_role = supervised(
        SupervisedTask("changes", listener.run), SupervisedTask("last uses", last_uses.run)
    )
    await stack.enter_async_context(in_every_role)
    return Deps(
        database,
        SystemClock(),
        Directory(directory),
        Passwords(),
        await stack.enter_async_context(_limits(settings)),
        Caps(settings.api_keys_per_user, settings.scim_tokens_per_organization),
        key_cache,
        session_cache,
        token_cache,
        last_uses,
    )


def _limits(settings: GatewaySettings) -> contextlib.AbstractAsyncContextManager[Limits]:
    store = settings.limit_store_url
    return open_limits(settings.rates(), store.get_secret_value() if store else None)


SERVICE = Service(
    name=NAME,
    settings=GatewaySettings,
    migrations=(MESSAGING, IDEMPOTENCY, Source("linktime_gateway")),
    assemble=assemble,
)
"""What `python -m linktime_gateway` runs."""
